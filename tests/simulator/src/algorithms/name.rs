//! The algorithms that the table compares.

use std::fmt;
use std::str::FromStr;

use super::ModelKind;
use crate::message::SECOND;

/// An algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// A model of what others do.
    Model(ModelKind),
    /// Ours, with a client that sends no ids.
    WithoutIds,
    /// Ours, with a client that sends ids.
    Ours,
}

impl Name {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 8] = [
        Self::Model(ModelKind::NoRotation),
        Self::Model(ModelKind::SingleUse),
        Self::Model(ModelKind::ReEmit(10 * SECOND)),
        Self::Model(ModelKind::ReEmit(30 * SECOND)),
        Self::Model(ModelKind::ReRotate(30 * SECOND)),
        Self::Model(ModelKind::ParentHonoured),
        Self::WithoutIds,
        Self::Ours,
    ];

    /// What the table calls it.
    #[must_use]
    pub fn title(self) -> String {
        match self {
            Self::Model(ModelKind::NoRotation) => "no rotation".to_owned(),
            Self::Model(ModelKind::SingleUse) => "single use".to_owned(),
            Self::Model(ModelKind::ReEmit(window)) => format!("re-emit within {} s", window / SECOND),
            Self::Model(ModelKind::ReRotate(window)) => format!("re-rotate within {} s", window / SECOND),
            Self::Model(ModelKind::ParentHonoured) => "parent always honoured".to_owned(),
            Self::WithoutIds => "Faregate without ids, 30 s".to_owned(),
            Self::Ours => "Faregate with rotation ids".to_owned(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(ModelKind::NoRotation) => formatter.write_str("no-rotation"),
            Self::Model(ModelKind::SingleUse) => formatter.write_str("single-use"),
            Self::Model(ModelKind::ReEmit(window)) => write!(formatter, "re-emit-{}", window / SECOND),
            Self::Model(ModelKind::ReRotate(window)) => write!(formatter, "re-rotate-{}", window / SECOND),
            Self::Model(ModelKind::ParentHonoured) => formatter.write_str("parent-honoured"),
            Self::WithoutIds => formatter.write_str("ours-without-ids"),
            Self::Ours => formatter.write_str("ours"),
        }
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|name| name.to_string() == text)
            .ok_or_else(|| format!("no algorithm is called {text}"))
    }
}
