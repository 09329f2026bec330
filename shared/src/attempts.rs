//! Attempts at passwords, counted before anything is hashed.
//!
//! An attempt takes its turn by one conditional write beside the first read, in the lane of the name that is asked for: a name
//! that nobody has is counted and costs the same. A device on which the user has logged in before has a lane of its own, so
//! that nobody who guesses can keep the owner out; it is not held to what others do from its address either.

use crate::audit::{self, AccountEvent};
use crate::clock::{Clock, Timestamp};
use crate::domain::device::KnownDevice;
use crate::domain::lane::Lane;
use crate::domain::session::SessionId;
use crate::domain::throttle::{AddressBlock, Limit, RisingDelay, Wait};
use crate::domain::user::UserId;
use crate::settings::ThrottleSettings;
use crate::store::{Slot, StoreError, Throttles, Turn, Users};
use crate::telemetry::{Metric, count};

/// Counts attempts; clones share the connection.
#[derive(Clone, Debug)]
pub struct Attempts {
    users: Users,
    throttles: Throttles,
    settings: ThrottleSettings,
    clock: Clock,
}

/// Somebody who shows a password for a name.
#[derive(Clone, Copy, Debug)]
pub struct Claimant<'a> {
    /// The name as it was typed.
    pub username: &'a str,
    /// From where.
    pub source_ip: Option<&'a str>,
    /// The device, if the user has logged in on it before.
    pub device: Option<KnownDevice>,
}

/// An attempt that was counted and may be made. It ends as [`Attempts::failed`] or [`Attempts::succeeded`].
#[derive(Debug)]
#[must_use]
pub struct Attempt {
    /// Who has the name, if anybody has.
    pub user_id: Option<UserId>,
    /// The device, if it is known and has a lane of its own still.
    pub device: Option<KnownDevice>,
    lane: Lane,
    /// As the last of how many in its lane it is counted.
    turn: u32,
    /// Where a failure is counted too.
    block: Option<AddressBlock>,
    at: Timestamp,
}

/// Why no attempt may be made.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// There were too many.
    #[error("too many attempts")]
    Throttled {
        /// Seconds until one is taken again; at least one.
        retry_after_seconds: u32,
    },
    /// DynamoDB failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Attempts {
    /// A count of these parts.
    #[must_use]
    pub const fn new(users: Users, throttles: Throttles, settings: ThrottleSettings, clock: Clock) -> Self {
        Self { users, throttles, settings, clock }
    }

    /// Whether anything is counted, so that it makes a difference which device an attempt comes from.
    #[must_use]
    pub const fn is_counting(&self) -> bool {
        self.throttles.is_enabled()
    }

    /// Takes a turn for `claimant`, and finds whose name it is: one write and one batch read, side by side. Both once more for
    /// a device whose own lane is no use: it has failed there too often today, or its user is gone and the name is
    /// another's. Whether the device is of the user's epoch still ([`KnownDevice::is_of`]) shows when the user is read; if
    /// not, the attempt begins again without it.
    ///
    /// # Errors
    ///
    /// When it is too soon or there were too many.
    pub async fn begin(&self, claimant: Claimant<'_>) -> Result<Attempt, AttemptError> {
        if let Some(device) = claimant.device {
            let lane = Lane::of_device(device.id);
            match self.begin_in(lane, claimant).await {
                Ok(attempt) if attempt.user_id == Some(device.user_id) => return Ok(attempt),
                // The lane is another's, who has not tried.
                Ok(attempt) => self.throttles.give_back(&attempt.lane, 1, attempt.at).await?,
                Err(Refused::Turn(Wait::Closed { .. })) => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        let unknown = Claimant { device: None, ..claimant };
        Ok(self.begin_in(self.users.lane(claimant.username), unknown).await?)
    }

    async fn begin_in(&self, lane: Lane, claimant: Claimant<'_>) -> Result<Attempt, Refused> {
        let at = self.clock.now();
        let block = claimant.source_ip.and_then(AddressBlock::of).filter(|_| claimant.device.is_none());
        let (turn, found) = tokio::join!(
            self.throttles.take_turn(&self.settings.password, &lane, at),
            self.throttles.find_id(&self.users, claimant.username, (self.settings.address_failures(), block, at)),
        );
        let (turn, (user_id, room)) = (turn?, found?);
        match (turn, room) {
            (Turn::Taken(turn), Slot::Taken) => Ok(Attempt { user_id, device: claimant.device, lane, turn, block, at }),
            (Turn::Taken(_), Slot::Full { retry_after_seconds }) => {
                // An address that may not try at all uses up nobody's attempts.
                self.throttles.give_back(&lane, 1, at).await?;
                Err(Refused::Address { retry_after_seconds })
            }
            (Turn::Refused(wait), _) => Err(Refused::Turn(wait)),
        }
    }

    /// Takes a turn for a user who is logged in and is asked for the password again, in the lane of that session: who stole one
    /// of the user's keeps nobody waiting in another. One write.
    ///
    /// # Errors
    ///
    /// When it is too soon or there were too many.
    pub async fn begin_again(&self, user_id: UserId, session_id: Option<SessionId>) -> Result<Attempt, AttemptError> {
        let (lane, at) = (Lane::of_caller(user_id, session_id), self.clock.now());
        match self.throttles.take_turn(&self.settings.password, &lane, at).await? {
            Turn::Taken(turn) => Ok(Attempt { user_id: Some(user_id), device: None, lane, turn, block: None, at }),
            Turn::Refused(wait) => Err(Refused::Turn(wait).into()),
        }
    }

    /// The password was wrong, or nobody has it: the turn stays counted, and the address has failed once more. One write where
    /// addresses are counted.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn failed(&self, attempt: &Attempt) -> Result<(), StoreError> {
        let Attempt { user_id, turn, block, at, .. } = *attempt;
        let closed = attempt.lane.is_of_a_name() && turn > 0 && turn == self.settings.password.most_a_day;
        if let (Some(user_id), true) = (user_id, closed) {
            audit::account(user_id, AccountEvent::PasswordClosed);
        }
        if let Some(block) = block {
            // That the address is full by now is told to whoever asks next.
            self.throttles.take(&self.settings.address_failures(), &block.to_string(), at).await?;
        }
        Ok(())
    }

    /// The password was right: the failures before it in its lane are forgotten. One write if there were any; the turn of
    /// a success without one stays, until the next success gives both back, unless that alone would keep somebody waiting.
    /// What can as well be done the next time never fails.
    pub async fn succeeded(&self, attempt: &Attempt) {
        let RisingDelay { free, most_a_day, .. } = self.settings.password;
        let keeps_waiting = free == 1 || most_a_day == 1;
        if attempt.turn == 0 || (attempt.turn == 1 && !keeps_waiting) {
            return;
        }
        if let Err(error) = self.throttles.give_back(&attempt.lane, attempt.turn, attempt.at).await {
            tracing::warn!(message = "attempts could not be given back", error = %error);
        }
    }
}

/// Why a turn is not taken.
enum Refused {
    Turn(Wait),
    Address { retry_after_seconds: u32 },
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refused> for AttemptError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Turn(
                Wait::Delay { seconds: retry_after_seconds } | Wait::Closed { seconds: retry_after_seconds },
            )
            | Refused::Address { retry_after_seconds } => Self::throttled(retry_after_seconds),
            Refused::Store(error) => Self::Store(error),
        }
    }
}

impl AttemptError {
    fn throttled(retry_after_seconds: u32) -> Self {
        count(Metric::Throttled);
        Self::Throttled { retry_after_seconds }
    }
}

/// How often something may be tried from one address; clones share the connection.
#[derive(Clone, Debug)]
pub struct AddressLimit {
    throttles: Throttles,
    limit: Limit,
    clock: Clock,
}

impl AddressLimit {
    /// The limit `limit`.
    #[must_use]
    pub const fn new(throttles: Throttles, limit: Limit, clock: Clock) -> Self {
        Self { throttles, limit, clock }
    }

    /// Counts one more from `source_ip`. One write; none where the address is not known.
    ///
    /// # Errors
    ///
    /// When there were too many.
    pub async fn take(&self, source_ip: Option<&str>) -> Result<(), AttemptError> {
        let Some(block) = source_ip.and_then(AddressBlock::of) else { return Ok(()) };
        match self.throttles.take(&self.limit, &block.to_string(), self.clock.now()).await? {
            Slot::Taken => Ok(()),
            Slot::Full { retry_after_seconds } => Err(AttemptError::throttled(retry_after_seconds)),
        }
    }
}
