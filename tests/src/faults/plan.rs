//! Which calls a fault meets.

use faregate::randomness::Randomness;

use super::Fault;

/// Which calls meet a fault, and which. Calls are counted from the moment that the plan is made known.
#[derive(Clone, Debug)]
pub struct Plan {
    when: When,
    /// The operations that are counted and met; all when it is empty.
    operations: Vec<&'static str>,
    counted: usize,
}

#[derive(Clone, Debug)]
enum When {
    Never,
    Once { nth: usize, fault: Fault },
    From { nth: usize, fault: Fault },
    Sometimes { faults: Vec<Fault>, per_thousand: u32, draws: Randomness },
}

impl Plan {
    /// No fault.
    #[must_use]
    pub fn none() -> Self {
        Self::of(When::Never)
    }

    /// The `nth` call, from 0, meets `fault`.
    #[must_use]
    pub fn once(nth: usize, fault: Fault) -> Self {
        Self::of(When::Once { nth, fault })
    }

    /// The `nth` call, from 0, and all after it meet `fault`.
    #[must_use]
    pub fn from(nth: usize, fault: Fault) -> Self {
        Self::of(When::From { nth, fault })
    }

    /// Of a thousand calls about `per_thousand` meet one of `faults`. What the n-th call meets follows from `seed`.
    #[must_use]
    pub fn sometimes(per_thousand: u32, faults: &[Fault], seed: u64) -> Self {
        let (faults, draws) = (faults.to_vec(), Randomness::from_seed(seed));
        Self::of(When::Sometimes { faults, per_thousand, draws })
    }

    /// The same for calls of `operations` alone; no others are counted.
    #[must_use]
    pub fn among(mut self, operations: &[&'static str]) -> Self {
        self.operations = operations.to_vec();
        self
    }

    fn of(when: When) -> Self {
        Self { when, operations: Vec::new(), counted: 0 }
    }

    /// What a call of `operation`, which comes now, meets.
    pub(super) fn meets(&mut self, operation: &str) -> Option<Fault> {
        if !self.operations.is_empty() && !self.operations.contains(&operation) {
            return None;
        }
        let index = self.counted;
        self.counted += 1;
        match &self.when {
            When::Never => None,
            When::Once { nth, fault } => (index == *nth).then_some(*fault),
            When::From { nth, fault } => (index >= *nth).then_some(*fault),
            When::Sometimes { faults, per_thousand, draws } => {
                // Both are drawn for each call, so that the n-th call has the n-th draw.
                let (draw, choice) =
                    (draws.up_to(999), draws.up_to(u32::try_from(faults.len()).unwrap_or(1).max(1) - 1));
                let chosen = faults.get(usize::try_from(choice).unwrap_or(0)).copied();
                (draw < *per_thousand).then_some(chosen).flatten()
            }
        }
    }
}
