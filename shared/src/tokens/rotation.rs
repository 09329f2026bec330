//! Rotation: moves the key ring on by one step, on a schedule, by an operator, or in an emergency.

use super::key::{self, KeyError};
use crate::clock::Clock;
use crate::domain::signing_key::{
    Emergency, EmergencyError, KeyState, KeyUse, Occasion, SigningKeyRecord, Step, emergency, next_step,
};
use crate::randomness::Randomness;
use crate::settings::AccessAlgorithm;
use crate::store::{KeyStore, Moved, StoreError};

/// Moves a key ring on.
#[derive(Clone, Debug)]
pub struct Rotation {
    store: KeyStore,
    algorithm: AccessAlgorithm,
    clock: Clock,
    randomness: Randomness,
}

/// What was done for the keys of one use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepTaken {
    /// Which keys.
    pub key_use: KeyUse,
    /// What there was to do.
    pub step: Step,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Done,
    /// It was taken, and this `kid` is the key that was made.
    Made(String),
    /// Somebody else moved the ring at the same time: nothing was written.
    Crossed,
}

/// What an emergency did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenOut {
    /// The key as it was.
    pub key: SigningKeyRecord,
    /// The `kid` of the key that signs instead, if the one that went was signing.
    pub signs_instead: Option<String>,
}

/// The ring did not move.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// DynamoDB failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There is no such key to take out.
    #[error(transparent)]
    Emergency(#[from] EmergencyError),
    /// Somebody else moved the ring at the same time.
    #[error("the key ring was moved by somebody else at the same time; look again")]
    Crossed,
}

impl Rotation {
    /// Moves the ring in `store` on; new access keys are of `algorithm`.
    #[must_use]
    pub fn new(store: KeyStore, algorithm: AccessAlgorithm, (clock, randomness): (Clock, Randomness)) -> Self {
        Self { store, algorithm, clock, randomness }
    }

    /// Every key, retired ones included, oldest first. Two reads.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        self.store.records().await
    }

    /// Takes the one next step for access keys and the one for refresh secrets. Two reads, and a transaction for each
    /// step that is not to wait.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails or a key cannot be made; the other step may have been taken.
    pub async fn step(&self, occasion: Occasion) -> Result<Vec<StepTaken>, RotationError> {
        let ring = self.store.records().await?;
        let mut taken = Vec::new();
        for key_use in KeyUse::ALL {
            let step = next_step(&ring, key_use, occasion, self.clock.now());
            let outcome = self.carry_out(key_use, &step).await?;
            taken.push(StepTaken { key_use, step, outcome });
        }
        Ok(taken)
    }

    async fn carry_out(&self, key_use: KeyUse, step: &Step) -> Result<Outcome, RotationError> {
        let now = self.clock.now();
        let (moved, made) = match step {
            Step::Wait { .. } | Step::NoActiveKey => (Moved::Yes, None),
            Step::Publish { active } => {
                let new = key::make(key_use, self.algorithm, (&self.randomness, now)).await?;
                (self.store.publish(&new, active, now).await?, Some(new.kid().to_owned()))
            }
            Step::Activate { next, active } => (self.store.activate(key_use, (next, active), now).await?, None),
            Step::Retire { kid } => (self.store.retire(key_use, (kid, KeyState::Retiring), None, now).await?, None),
        };
        Ok(match (moved, made) {
            (Moved::No, _) => Outcome::Crossed,
            (Moved::Yes, Some(kid)) => Outcome::Made(kid),
            (Moved::Yes, None) => Outcome::Done,
        })
    }

    /// Takes the key `kid` out now, whatever it signed. If it is the one that signs, the next one takes over at once, or
    /// a new one.
    ///
    /// Our own functions refuse its tokens within five minutes, when they read the ring again. API Gateway may take them
    /// for two hours more, and refuse those of a successor that it has not read yet for as long.
    ///
    /// # Errors
    ///
    /// When there is no such key, it is out already, DynamoDB fails, or somebody else moved the ring at the same time.
    pub async fn take_out(&self, kid: &str) -> Result<TakenOut, RotationError> {
        let ring = self.store.records().await?;
        let (key, how) = emergency(&ring, kid)?;
        let now = self.clock.now();
        let (moved, signs_instead) = match how {
            Emergency::Remove { successor_of } => {
                let from = (kid, key.state);
                (self.store.retire(key.key_use, from, successor_of.as_deref(), now).await?, None)
            }
            Emergency::Replace { next: Some(next) } => {
                (self.store.replace_by_next(key.key_use, (kid, &next), now).await?, Some(next))
            }
            Emergency::Replace { next: None } => {
                let new = key::make(key.key_use, self.algorithm, (&self.randomness, now)).await?;
                (self.store.replace_by_new(kid, &new, now).await?, Some(new.kid().to_owned()))
            }
        };
        if moved == Moved::No {
            return Err(RotationError::Crossed);
        }
        Ok(TakenOut { key, signs_instead })
    }
}
