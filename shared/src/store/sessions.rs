//! Sessions.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::error::StoreError;
use super::item::{Attributes, REQUEST_ID, Reader, Unreadable, Writer, number, text};
use super::users::{epochs_of, user_of};
use super::{Client, Table, keys};
use crate::clock::Timestamp;
use crate::domain::principal::Principal;
use crate::domain::session::{EndReason, Session, SessionId, SessionPolicy, SessionState};
use crate::domain::user::{User, UserId, UserState};
use crate::randomness::Randomness;

/// The sessions of one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct Sessions {
    table: Table,
    randomness: Randomness,
}

/// Which session a refresh token wants to move on, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Advance {
    /// Whose session.
    pub user_id: UserId,
    /// Which session.
    pub session_id: SessionId,
    /// The counter that the token carries.
    pub counter: u64,
}

/// What came of it.
#[derive(Debug)]
pub enum Advanced {
    /// The session as it is now.
    Yes(Box<Session>),
    /// The condition did not hold; the session as it stands, if it is still there.
    No(Option<Box<Session>>),
}

/// The attributes that decide whether a principal may act; policies name the same (`dynamodb:Attributes`).
const STATE_ATTRIBUTES: &str = "pk, sk, user_id, session_id, is_active, revocations, deactivations, ended_at";

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// The session is over now.
    Ended,
    /// It was over before.
    AlreadyEnded,
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
                let state = UserState { is_active: read.flag("is_active")?, epochs };
                states.users.insert(read.parsed("user_id")?, state);
            } else {
                let has_ended = read.optional_number::<i64>("ended_at").is_some();
                states.sessions.insert(read.parsed("session_id")?, SessionState { epochs, has_ended });
            }
        }
        Ok(states)
    }

    /// Stores a new session. One write.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn open(&self, session: &Session) -> Result<(), StoreError> {
        let put = self.table.client.put_item().table_name(&self.table.name).set_item(Some(session_item(session)));
        // The id is new: a repeated call finds its own first attempt and writes the same again.
        put.send().await.map(|_| ()).map_err(|error| StoreError::of("PutItem", &error))
    }

    /// Moves a session on if `from` carries its counter and it is open: with rotation to the next counter and a new
    /// expiry, else only its last use. One conditional write.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn advance(&self, from: Advance, now: Timestamp, policy: &SessionPolicy) -> Result<Advanced, StoreError> {
        let mut update = self
            .conditional_update(from.user_id, from.session_id)
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(ended_at) AND #counter = :counter \
                 AND expires_at_ms > :now AND absolute_expires_at_ms > :now",
            )
            .expression_attribute_names("#counter", "counter")
            .expression_attribute_values(":counter", number(from.counter))
            .expression_attribute_values(":now", number(now.milliseconds()));
        update = if policy.rotate {
            let expires_at = now.plus_seconds(policy.refresh_lifetime_seconds);
            update
                .update_expression(
                    "SET #counter = :next, rotated_at = :now, last_used_at = :now, expires_at_ms = :expires_ms, \
                     expires_at = :expires, request_id = :request",
                )
                .expression_attribute_values(":next", number(from.counter + 1))
                .expression_attribute_values(":expires_ms", number(expires_at.milliseconds()))
                .expression_attribute_values(":expires", number(ttl_of(expires_at)))
        } else {
            update.update_expression("SET last_used_at = :now, request_id = :request")
        };
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
    pub async fn end(
        &self,
        user_id: UserId,
        session_id: SessionId,
        (now, reason): (Timestamp, EndReason),
    ) -> Result<SessionEnd, StoreError> {
        let update = self
            .conditional_update(user_id, session_id)
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(ended_at)")
            .update_expression("SET ended_at = :now, ended_reason = :reason, request_id = :request")
            .expression_attribute_values(":now", number(now.milliseconds()))
            .expression_attribute_values(":reason", text(reason.as_str()));
        Ok(match self.send(update).await? {
            Written::Now(_) | Written::Before(_) => SessionEnd::Ended,
            Written::Refused(Some(_)) => SessionEnd::AlreadyEnded,
            Written::Refused(None) => SessionEnd::Missing,
        })
    }

    /// Removes a session that gave way to a newer one. One write.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn remove(&self, user_id: UserId, session_id: SessionId) -> Result<(), StoreError> {
        let key = keys::session(user_id, session_id).attributes();
        let delete = self.table.client.delete_item().table_name(&self.table.name).set_key(Some(key));
        delete.send().await.map(|_| ()).map_err(|error| StoreError::of("DeleteItem", &error))
    }

    fn conditional_update(&self, user_id: UserId, session_id: SessionId) -> UpdateItemFluentBuilder {
        let key = keys::session(user_id, session_id);
        self.table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    async fn send(&self, update: UpdateItemFluentBuilder) -> Result<Written, StoreError> {
        let request_id = self.randomness.hex_128();
        let error = match update.expression_attribute_values(":request", text(&request_id)).send().await {
            Ok(output) => return Ok(Written::Now(boxed(&output.attributes.unwrap_or_default())?)),
            Err(error) => error,
        };
        let Some(aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(refused)) =
            error.as_service_error()
        else {
            return Err(StoreError::of("UpdateItem", &error));
        };
        match refused.item() {
            None => Ok(Written::Refused(None)),
            // The SDK repeated a call whose answer was lost: what stands is what the first attempt wrote.
            Some(item) if Reader(item).is_written_by(&request_id) => Ok(Written::Before(boxed(item)?)),
            Some(item) => Ok(Written::Refused(Some(boxed(item)?))),
        }
    }
}

/// What came of a conditional write.
enum Written {
    Now(Box<Session>),
    Before(Box<Session>),
    Refused(Option<Box<Session>>),
}

/// When DynamoDB may remove a session: a day after its refresh token, when no access token of it can be left either
/// (`FAREGATE_ACCESS_TOKEN_LIFETIME_SECONDS` is a day at most).
const fn ttl_of(expires_at: Timestamp) -> i64 {
    expires_at.plus_seconds(86_400).seconds()
}

fn boxed(item: &Attributes) -> Result<Box<Session>, Unreadable> {
    session_of(item).map(Box::new)
}

fn session_item(session: &Session) -> Attributes {
    let mut writer = Writer::new(&keys::session(session.user_id, session.id))
        .with("session_id", text(session.id.to_string()))
        .with("user_id", text(session.user_id.to_string()))
        .with("revocations", number(session.epochs.revocations))
        .with("deactivations", number(session.epochs.deactivations))
        .with("counter", number(session.counter))
        .with("rotated_at", number(session.rotated_at.milliseconds()))
        .with("created_at", number(session.created_at.milliseconds()))
        .with("last_used_at", number(session.last_used_at.milliseconds()))
        .with("expires_at_ms", number(session.expires_at.milliseconds()))
        .with(keys::TTL, number(ttl_of(session.expires_at)))
        .with("absolute_expires_at_ms", number(session.absolute_expires_at.milliseconds()));
    if let Some(device) = &session.device {
        writer = writer.with("device", text(device));
    }
    writer.with(REQUEST_ID, text(session.id.to_string())).finish()
}

fn session_of(item: &Attributes) -> Result<Session, Unreadable> {
    let read = Reader(item);
    Ok(Session {
        id: read.parsed("session_id")?,
        user_id: read.parsed("user_id")?,
        epochs: epochs_of(read)?,
        counter: read.number("counter")?,
        rotated_at: read.milliseconds("rotated_at")?,
        created_at: read.milliseconds("created_at")?,
        last_used_at: read.milliseconds("last_used_at")?,
        expires_at: read.milliseconds("expires_at_ms")?,
        absolute_expires_at: read.milliseconds("absolute_expires_at_ms")?,
        ended_at: read.optional_number("ended_at").map(Timestamp::from_milliseconds),
        device: read.optional_text("device"),
    })
}
