//! A case: which algorithm, in which weather, who holds copies, and which of the many schedules of that kind.

use std::fmt;
use std::str::FromStr;

use crate::algorithms::Name;
use crate::thief::Theft;

/// How the network behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weather {
    /// A third to a half of all messages lost, some late by hours or days, workers suspended and crashing.
    Rough,
    /// Few messages lost, answers within seconds.
    Mild,
}

/// Who holds what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The client and nobody else.
    Honest,
    /// The client, to which old copies of its storage are restored.
    Restore,
    /// The client and a thief.
    Theft(Theft),
}

/// All weathers.
pub const WEATHERS: [Weather; 2] = [Weather::Rough, Weather::Mild];

/// All kinds.
pub const KINDS: [Kind; 6] = [
    Kind::Honest,
    Kind::Restore,
    Kind::Theft(Theft::Token),
    Kind::Theft(Theft::Request),
    Kind::Theft(Theft::Answer),
    Kind::Theft(Theft::Storage),
];

/// A case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Case {
    /// The algorithm.
    pub algorithm: Name,
    /// The network.
    pub weather: Weather,
    /// Who holds what.
    pub kind: Kind,
    /// Which one.
    pub ordinal: u64,
}

/// How many cases there are of each ordinal.
pub const CASES: u64 = (Name::ALL.len() * WEATHERS.len() * KINDS.len()) as u64;

impl Case {
    /// The case `index` of all: every algorithm, weather and kind in turn.
    #[must_use]
    pub fn of(index: u64) -> Option<Self> {
        let place = usize::try_from(index % CASES).ok()?;
        let (rest, algorithm) = (place / Name::ALL.len(), place % Name::ALL.len());
        Some(Self {
            algorithm: *Name::ALL.get(algorithm)?,
            weather: *WEATHERS.get(rest % WEATHERS.len())?,
            kind: *KINDS.get(rest / WEATHERS.len())?,
            ordinal: index / CASES,
        })
    }

    /// The seed of its schedule under the seed of the whole run. It does not depend on the algorithm: all face the
    /// same.
    #[must_use]
    pub fn seed(&self, seed: u64) -> u64 {
        let weather = WEATHERS.iter().position(|weather| *weather == self.weather).unwrap_or(0);
        let kind = KINDS.iter().position(|kind| *kind == self.kind).unwrap_or(0);
        let place = (kind * WEATHERS.len() + weather) as u64;
        mixed(mixed(mixed(seed).wrapping_add(place)).wrapping_add(self.ordinal))
    }
}

/// One step of `SplitMix64` (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
const fn mixed(seed: u64) -> u64 {
    let sum = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl fmt::Display for Weather {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Rough => "rough",
            Self::Mild => "mild",
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Honest => "honest",
            Self::Restore => "restore",
            Self::Theft(theft) => theft.name(),
        })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}/{}", self.algorithm, self.weather, self.kind, self.ordinal)
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('/').collect();
        let [algorithm, weather, kind, ordinal] = parts.as_slice() else {
            return Err("a case is algorithm/network/kind/number, such as ours/rough/storage/7".to_owned());
        };
        let weather = WEATHERS.into_iter().find(|known| known.to_string() == *weather);
        let kind = KINDS.into_iter().find(|known| known.to_string() == *kind);
        Ok(Self {
            algorithm: algorithm.parse()?,
            weather: weather.ok_or("the network is rough or mild")?,
            kind: kind.ok_or("the kind is honest, restore, token, request, answer or storage")?,
            ordinal: ordinal.parse().map_err(|_| "the number is a whole number")?,
        })
    }
}
