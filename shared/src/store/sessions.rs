//! Sessions.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::call::Call as _;
use super::error::{StoreError, condition_failed};
use super::item::{Attributes, Reader, Unreadable, number, text};
use super::session_item::{if_good, rotate, session_item, session_of};
use super::transaction::{ATTEMPTS, BACKOFF};
use super::users::{KEPT, epochs_of, user_of};
use super::{Client, Table, keys};
use crate::clock::Timestamp;
use crate::domain::principal::Principal;
use crate::domain::rotation::{Rotation, TokenPlace};
use crate::domain::session::{EndReason, Session, SessionId, SessionState};
use crate::domain::user::{User, UserId, UserState};
use crate::randomness::Randomness;

/// The sessions of one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct Sessions {
    pub(super) table: Table,
    pub(super) randomness: Randomness,
}

/// One session of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionKey {
    /// Whose.
    pub user_id: UserId,
    /// Which.
    pub session_id: SessionId,
}

/// What came of moving a session on.
#[derive(Debug)]
pub enum Advanced {
    /// The session as it is now.
    Yes(Box<Session>),
    /// The token was not the good one; the session as it stands, if it is still there.
    No(Option<Box<Session>>),
}

/// The attributes that decide whether a principal may act; policies name the same (`dynamodb:Attributes`).
const STATE_ATTRIBUTES: &str =
    "pk, sk, user_id, session_id, is_active, revocations, deactivations, kept_session, ended_at";

/// How many pages of a user's sessions are read at most: twenty thousand sessions or so.
const MAX_PAGES: usize = 8;

/// What decides whether principals may act.
#[derive(Debug, Default)]
pub struct PrincipalStates {
    users: HashMap<UserId, UserState>,
    sessions: HashMap<SessionId, SessionState>,
}

impl PrincipalStates {
    /// The states of the user and the session of `principal`, where these are there.
    #[must_use]
    pub fn of(&self, principal: &Principal) -> (Option<UserState>, Option<SessionState>) {
        let session = principal.session_id.and_then(|id| self.sessions.get(&id));
        (self.users.get(&principal.user_id).copied(), session.copied())
    }
}

/// What came of ending a session.
#[derive(Debug)]
pub enum SessionEnd {
    /// The session is over now.
    Ended(Box<Session>),
    /// It was over before, or had moved on too far: the session as it stands.
    Refused(Box<Session>),
    /// There is no such session: its user was deleted, or it ran out long ago.
    Missing,
}

impl Sessions {
    /// The sessions in the table `name`.
    #[must_use]
    pub fn new(client: Client, name: &str, randomness: Randomness) -> Self {
        Self { table: Table { client, name: name.to_owned() }, randomness }
    }

    /// The user `id` and the oldest `most` sessions, open and ended. One read, whatever the user has piled up.
    ///
    /// `None` asks for a user that does not exist, at the same cost.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn of_user(&self, id: Option<UserId>, most: usize) -> Result<Option<(User, Vec<Session>)>, StoreError> {
        let partition = id.map_or_else(|| "USER#".to_owned(), keys::user_partition);
        let items = self.table.query_from(&partition, keys::PROFILE, most.saturating_add(1)).await?;
        let mut user = None;
        let mut sessions = Vec::new();
        for item in &items {
            let sort = Reader(item).text(keys::SORT)?;
            if sort == keys::PROFILE {
                user = Some(user_of(item)?);
            } else if sort.starts_with(keys::SESSION_PREFIX) {
                sessions.push(session_of(item)?);
            }
        }
        Ok(user.map(|user| (user, sessions)))
    }

    /// The sessions of `user_id` that were opened after `opened_after`, or all of them, and neither ended nor ran out before
    /// `now`. One read for each megabyte of what is stored (some two thousand sessions), eight at most.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn open_ones(
        &self,
        user_id: UserId,
        opened_after: Option<SessionId>,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        let after = opened_after.map_or_else(|| keys::SESSION_PREFIX.to_owned(), |id| keys::session(user_id, id).sort);
        let open = "attribute_not_exists(ended_at) AND expires_at_ms > :now AND absolute_expires_at_ms > :now";
        let query = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .consistent_read(true)
            // The newest first: where there are more than can be read, the oldest are left out.
            .scan_index_forward(false)
            .key_condition_expression("pk = :partition AND sk > :after")
            .filter_expression(open)
            .expression_attribute_values(":partition", text(keys::user_partition(user_id)))
            .expression_attribute_values(":after", text(after))
            .expression_attribute_values(":now", number(now.milliseconds()));
        let (mut sessions, mut start) = (Vec::new(), None);
        for _page in 0..MAX_PAGES {
            let page = query.clone().set_exclusive_start_key(start.take()).call().await;
            let page = page.map_err(|error| self.table.failed("Query", &error))?;
            for item in &page.items.unwrap_or_default() {
                sessions.push(session_of(item)?);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(sessions)
    }

    /// The user `user_id` and, if asked for, one session. One batch read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn with_user(
        &self,
        user_id: UserId,
        session_id: Option<SessionId>,
    ) -> Result<(Option<User>, Option<Session>), StoreError> {
        let mut wanted = vec![keys::profile(user_id)];
        wanted.extend(session_id.map(|id| keys::session(user_id, id)));
        let (mut user, mut session) = (None, None);
        for item in self.table.get_batch(&wanted, None).await? {
            if Reader(&item).text(keys::SORT)? == keys::PROFILE {
                user = Some(user_of(&item)?);
            } else {
                session = Some(session_of(&item)?);
            }
        }
        Ok((user, session))
    }

    /// What decides whether each of `wanted`, at most 50, may act: no more is read of their users and sessions than that.
    /// One batch read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn states(&self, wanted: &[Principal]) -> Result<PrincipalStates, StoreError> {
        let users = wanted.iter().map(|principal| keys::profile(principal.user_id));
        let sessions = wanted.iter().filter_map(|who| Some(keys::session(who.user_id, who.session_id?)));
        // A batch that names a key twice is refused.
        let keys: Vec<keys::Key> = users.chain(sessions).collect::<HashSet<_>>().into_iter().collect();
        let mut states = PrincipalStates::default();
        for item in self.table.get_batch(&keys, Some(STATE_ATTRIBUTES)).await? {
            let read = Reader(&item);
            let epochs = epochs_of(read)?;
            if read.text(keys::SORT)? == keys::PROFILE {
                let kept = read.optional_parsed(KEPT)?;
                let state = UserState { is_active: read.flag("is_active")?, epochs, kept };
                states.users.insert(read.parsed("user_id")?, state);
            } else {
                let has_ended = read.optional_number::<i64>("ended_at").is_some();
                let id = read.parsed("session_id")?;
                states.sessions.insert(id, SessionState { id, epochs, has_ended });
            }
        }
        Ok(states)
    }

    /// Stores a new session. One conditional write.
    ///
    /// The id is new: what is there already was written by an earlier attempt of this call, and may have moved on since.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn open(&self, session: &Session) -> Result<(), StoreError> {
        let put = self.table.client.put_item().table_name(&self.table.name).set_item(Some(session_item(session)));
        match put.condition_expression("attribute_not_exists(pk)").call().await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(self.table.failed("PutItem", &error)),
        }
    }

    /// Carries out `rotation` if the token that it spends, in `place`, is the good one. One conditional write,
    /// which is atomic: of requests that cross, one moves the session and the others learn what it became.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn rotate(
        &self,
        key: SessionKey,
        place: TokenPlace,
        rotation: &Rotation,
    ) -> Result<Advanced, StoreError> {
        let update = if_good(self.conditional_update(key), place, rotation.now);
        self.advance(rotate(update, rotation)).await
    }

    /// Remembers that the token in `place` was used at `now`, if it is the good one: what a refresh does where refresh tokens
    /// do not rotate. One conditional write.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn touch(&self, key: SessionKey, place: TokenPlace, now: Timestamp) -> Result<Advanced, StoreError> {
        let update = if_good(self.conditional_update(key), place, now);
        self.advance(update.update_expression("SET last_used_at = :now, request_id = :request")).await
    }

    async fn advance(&self, update: UpdateItemFluentBuilder) -> Result<Advanced, StoreError> {
        match self.send(update).await? {
            Written::Now(session) | Written::Before(session) => Ok(Advanced::Yes(session)),
            Written::Refused(session) => Ok(Advanced::No(session)),
        }
    }

    /// Ends a session for `reason`, if it is there and open. One conditional write.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn end(&self, key: SessionKey, ending: (Timestamp, EndReason)) -> Result<SessionEnd, StoreError> {
        self.end_at_most(key, ending, u64::MAX).await
    }

    /// The same, unless it has rotated more than `most` times.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn end_at_most(
        &self,
        key: SessionKey,
        (now, reason): (Timestamp, EndReason),
        most: u64,
    ) -> Result<SessionEnd, StoreError> {
        let update = self
            .conditional_update(key)
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(ended_at) AND #counter <= :most")
            .update_expression("SET ended_at = :now, ended_reason = :reason, request_id = :request")
            .expression_attribute_names("#counter", "counter")
            .expression_attribute_values(":most", number(most))
            .expression_attribute_values(":now", number(now.milliseconds()))
            .expression_attribute_values(":reason", text(reason.as_str()));
        Ok(match self.send(update).await? {
            Written::Now(session) | Written::Before(session) => SessionEnd::Ended(session),
            Written::Refused(Some(session)) => SessionEnd::Refused(session),
            Written::Refused(None) => SessionEnd::Missing,
        })
    }

    /// Removes a session that gives way to a newer one, unless it was used since it was read as `session`. One conditional
    /// write.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn remove_unused(&self, session: &Session) -> Result<(), StoreError> {
        let key = keys::session(session.user_id, session.id).attributes();
        let delete = self.table.client.delete_item().table_name(&self.table.name).set_key(Some(key));
        let delete = delete
            .condition_expression("last_used_at = :seen")
            .expression_attribute_values(":seen", number(session.last_used_at.milliseconds()));
        match delete.call().await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(self.table.failed("DeleteItem", &error)),
        }
    }

    fn conditional_update(&self, key: SessionKey) -> UpdateItemFluentBuilder {
        self.table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key.item().attributes()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Sends `update`; when a transaction holds the item (a password is being changed), again a moment later.
    async fn send(&self, update: UpdateItemFluentBuilder) -> Result<Written, StoreError> {
        let request_id = self.randomness.hex_128();
        let update = update.expression_attribute_values(":request", text(&request_id));
        for attempt in 0..ATTEMPTS {
            let error = match update.clone().call().await {
                Ok(output) => return Ok(Written::Now(boxed(&output.attributes.unwrap_or_default())?)),
                Err(error) => error,
            };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    return refusal(refused.item(), &request_id);
                }
                Some(UpdateItemError::TransactionConflictException(_)) => {
                    BACKOFF.pause(attempt, &self.randomness).await;
                }
                _ => return Err(self.table.failed("UpdateItem", &error)),
            }
        }
        Err(StoreError::Unavailable { operation: "UpdateItem", reason: "TransactionConflict".to_owned() })
    }
}

/// What the item says of a write whose condition did not hold.
fn refusal(item: Option<&Attributes>, request_id: &str) -> Result<Written, StoreError> {
    Ok(match item {
        None => Written::Refused(None),
        // The SDK repeated a call whose answer was lost: what stands is what the first attempt wrote.
        Some(item) if Reader(item).is_written_by(request_id) => Written::Before(boxed(item)?),
        Some(item) => Written::Refused(Some(boxed(item)?)),
    })
}

impl SessionKey {
    fn item(self) -> keys::Key {
        keys::session(self.user_id, self.session_id)
    }
}

/// What came of a conditional write.
enum Written {
    Now(Box<Session>),
    Before(Box<Session>),
    Refused(Option<Box<Session>>),
}

fn boxed(item: &Attributes) -> Result<Box<Session>, Unreadable> {
    session_of(item).map(Box::new)
}
