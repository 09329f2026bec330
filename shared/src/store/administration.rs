//! What administrators and operators do to users: each a transaction of the change and what the trail says of it, so that
//! nothing is done that nobody is told of.
//!
//! A change is made to the user as it was read: of two who edit one user, the later is told, and nothing is lost.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};

use super::admin_sessions::session_item;
use super::error::{StoreError, unbuildable};
use super::item::{flag, number, text};
use super::keys::{self, Key, LIST_PARTITION};
use super::transaction::{Transacted, is_refused};
use super::users::{CreateUserError, IfUnchanged, Users};
use crate::domain::admin_session::{AdminSession, AdminSessionPolicy};
use crate::domain::administration::{Action, Actor, Deed, UserChange};
use crate::domain::session::{EndReason, SessionId};
use crate::domain::throttle::RisingDelay;
use crate::domain::user::{User, UserId};

/// What came of a deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// Nothing was written: what it is done to is not as it was read.
    Changed,
    /// Nothing was written: who wanted it is no administrator any more, or was logged out everywhere.
    NoRight,
    /// Of a deletion: the user is inactive and every session is over, but somebody changed the user meanwhile.
    HalfDone,
}

/// How often a change is tried for an operator, who has no page before the eyes that could be out of date.
const ATTEMPTS: usize = 4;

/// What administrators and operators do in one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct Administration {
    users: Users,
}

impl Administration {
    /// The administration of `users`.
    #[must_use]
    pub const fn new(users: Users) -> Self {
        Self { users }
    }

    /// Makes `user` and takes the name.
    ///
    /// # Errors
    ///
    /// When the name is taken, who wants it has no right to any more, or DynamoDB fails.
    pub async fn create(&self, user: &User, deed: &Deed) -> Result<(), CreateUserError> {
        let mut more = self.remember_making(user, deed)?;
        more.extend(self.right_of(deed, user.id)?);
        self.users.create_with(user, more).await
    }

    /// Applies `change` to `user` as it was read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn change(&self, user: &User, change: &UserChange, deed: &Deed) -> Result<Outcome, StoreError> {
        let update = self.update_of(user, change).build().map_err(|error| unbuildable(&error))?;
        self.do_to(update, (change.action(), user.id), deed).await
    }

    /// Applies `change` to the user `id` as it is now, for an operator. One read and one transaction; again, a few times, when
    /// the user is being changed.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails, or the user changes each time.
    pub async fn change_now(&self, id: UserId, change: &UserChange, deed: &Deed) -> Result<Option<User>, StoreError> {
        for _attempt in 0..ATTEMPTS {
            let Some(user) = self.users.find(id).await? else { return Ok(None) };
            if self.change(&user, change, deed).await? == Outcome::Done {
                return self.users.find(id).await;
            }
        }
        Err(StoreError::Inconsistent("the user is being changed too often"))
    }

    /// Removes `user` as it was read: deactivates it, which ends its sessions and lets in no new ones; clears away what is
    /// the user's, a call for each; then the user and the name in one transaction.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails: the user is there still, if only inactive, and a second call finishes.
    pub async fn delete(&self, user: &User, deed: &Deed) -> Result<Outcome, StoreError> {
        let closing = self.update_of(user, &UserChange::Deactivate).build().map_err(|error| unbuildable(&error))?;
        match self.do_to(closing, (Action::Deactivated, user.id), deed).await? {
            Outcome::Done => {}
            refused => return Ok(refused),
        }
        let profile = Delete::builder()
            .set_key(Some(keys::profile(user.id).attributes()))
            .condition_expression("version = :seen")
            .expression_attribute_values(":seen", number(user.version + 1));
        let entries = self.remember(Action::Deleted, user.id, deed)?;
        Ok(match self.users.delete_with(user, None, profile, entries).await? {
            IfUnchanged::Done => Outcome::Done,
            IfUnchanged::Changed => Outcome::HalfDone,
        })
    }

    /// Ends the session `session_id` of the user `user_id`; [`Outcome::Changed`] when it is over already or not there.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn end_session(
        &self,
        user_id: UserId,
        session_id: SessionId,
        deed: &Deed,
    ) -> Result<Outcome, StoreError> {
        let update = self
            .update(&keys::session(user_id, session_id))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(ended_at)")
            .update_expression("SET ended_at = :now, ended_reason = :reason")
            .expression_attribute_values(":now", number(deed.at.milliseconds()))
            .expression_attribute_values(":reason", text(EndReason::EndedByAdministrator.as_str()));
        let update = update.build().map_err(|error| unbuildable(&error))?;
        self.do_to(update, (Action::SessionEnded, user_id), deed).await
    }

    /// Forgets today's failed attempts at the name of `user`, and opens it to unknown devices if it was closed.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn unlock(&self, user: &User, deed: &Deed) -> Result<(), StoreError> {
        let lane = self.users.lane(user.username.as_str());
        let mut parts = vec![self.removal(&keys::throttle(lane.scope, &lane.key, RisingDelay::day(deed.at)))?];
        parts.extend(self.remember(Action::Unlocked, user.id, deed)?);
        self.users.table.transact(parts, &self.users.randomness).await.map(drop)
    }

    /// Opens `session`: its user enters the admin site, and the session with the hash `before`, which the browser had, is over.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn enter(
        &self,
        session: &AdminSession,
        before: Option<&str>,
        policy: &AdminSessionPolicy,
        source_ip: Option<String>,
    ) -> Result<(), StoreError> {
        let put = Put::builder().table_name(&self.users.table.name).set_item(Some(session_item(session, policy)));
        let put = put.build().map_err(|error| unbuildable(&error))?;
        let mut parts = vec![TransactWriteItem::builder().put(put).build()];
        if let Some(hash) = before {
            parts.push(self.removal(&keys::admin_session(hash))?);
        }
        let actor = Actor::Administrator(session.user_id);
        let deed = Deed { actor, at: session.created_at, source_ip, epochs: Some(session.epochs) };
        parts.extend(self.remember(Action::Entered, session.user_id, &deed)?);
        self.users.table.transact(parts, &self.users.randomness).await.map(drop)
    }

    /// Removes `session`: its user leaves the admin site.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails; the session goes on then.
    pub async fn leave(&self, session: &AdminSession, deed: &Deed) -> Result<(), StoreError> {
        let mut parts = vec![self.removal(&keys::admin_session(&session.hash))?];
        parts.extend(self.remember(Action::Left, session.user_id, deed)?);
        self.users.table.transact(parts, &self.users.randomness).await.map(drop)
    }

    fn removal(&self, key: &Key) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder().table_name(&self.users.table.name).set_key(Some(key.attributes())).build();
        Ok(TransactWriteItem::builder().delete(delete.map_err(|error| unbuildable(&error))?).build())
    }

    /// One transaction: `update`, what the trail says of it, and that who does it has the right to.
    async fn do_to(
        &self,
        update: Update,
        (action, user_id): (Action, UserId),
        deed: &Deed,
    ) -> Result<Outcome, StoreError> {
        let mut parts = vec![TransactWriteItem::builder().update(update).build()];
        parts.extend(self.remember(action, user_id, deed)?);
        parts.extend(self.right_of(deed, user_id)?);
        match self.users.table.transact(parts, &self.users.randomness).await? {
            Transacted::Done => Ok(Outcome::Done),
            Transacted::Refused(reasons) if is_refused(reasons.first()) => Ok(Outcome::Changed),
            Transacted::Refused(_) => Ok(Outcome::NoRight),
        }
    }

    /// The entries of a user who is made.
    pub(super) fn remember_making(&self, user: &User, deed: &Deed) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut entries = self.remember(Action::Created, user.id, deed)?;
        if user.is_staff {
            entries.extend(self.remember(Action::StaffGranted, user.id, deed)?);
        }
        Ok(entries)
    }

    fn remember(&self, action: Action, user_id: UserId, deed: &Deed) -> Result<Vec<TransactWriteItem>, StoreError> {
        Ok(self.users.table.remember(action, user_id, deed, &self.users.randomness)?.into())
    }

    /// The condition that the administrator of `deed` still is one: of two who act on each other, one is too late. Who acts on
    /// the own account is in the transaction already, with the version that was read.
    fn right_of(&self, deed: &Deed, target: UserId) -> Result<Option<TransactWriteItem>, StoreError> {
        let (Actor::Administrator(id), Some(epochs)) = (deed.actor, deed.epochs) else { return Ok(None) };
        if id == target {
            return Ok(None);
        }
        let check = ConditionCheck::builder()
            .table_name(&self.users.table.name)
            .set_key(Some(keys::profile(id).attributes()))
            .condition_expression(
                "is_active = :yes AND is_staff = :yes AND revocations = :revocations AND deactivations = :deactivations",
            )
            .expression_attribute_values(":yes", flag(true))
            .expression_attribute_values(":revocations", number(epochs.revocations))
            .expression_attribute_values(":deactivations", number(epochs.deactivations))
            .build();
        let check = check.map_err(|error| unbuildable(&error))?;
        Ok(Some(TransactWriteItem::builder().condition_check(check).build()))
    }

    fn update(&self, key: &Key) -> UpdateBuilder {
        Update::builder().table_name(&self.users.table.name).set_key(Some(key.attributes()))
    }

    /// The change of the item, if the user is as it was read.
    fn update_of(&self, user: &User, change: &UserChange) -> UpdateBuilder {
        const VERSION: &str = "SET version = :next";
        // A user from before there were versions has none.
        let condition = if user.version == 0 {
            "attribute_exists(pk) AND (attribute_not_exists(version) OR version = :seen)"
        } else {
            "version = :seen"
        };
        let update = self
            .update(&keys::profile(user.id))
            .condition_expression(condition)
            .expression_attribute_values(":seen", number(user.version))
            .expression_attribute_values(":next", number(user.version + 1));
        let moved = |update: UpdateBuilder, user: User| {
            update.expression_attribute_values(":partition", text(keys::list_partition(&user)))
        };
        match change {
            UserChange::Activate => moved(update, User { is_active: true, ..user.clone() })
                .update_expression(format!("{VERSION}, is_active = :value, {LIST_PARTITION} = :partition"))
                .expression_attribute_values(":value", flag(true)),
            UserChange::Deactivate => moved(update, User { is_active: false, ..user.clone() })
                .update_expression(format!(
                    "{VERSION}, is_active = :value, {LIST_PARTITION} = :partition, deactivations = deactivations + :one"
                ))
                .expression_attribute_values(":value", flag(false))
                .expression_attribute_values(":one", number(1)),
            UserChange::Staff(staff) => moved(update, User { is_staff: *staff, ..user.clone() })
                .update_expression(format!("{VERSION}, is_staff = :value, {LIST_PARTITION} = :partition"))
                .expression_attribute_values(":value", flag(*staff)),
            UserChange::Password(hash) => update
                .update_expression(format!("{VERSION}, password_hash = :value, revocations = revocations + :one"))
                .expression_attribute_values(":value", text(hash.as_str()))
                .expression_attribute_values(":one", number(1)),
            UserChange::EndSessions => update
                .update_expression(format!("{VERSION}, revocations = revocations + :one"))
                .expression_attribute_values(":one", number(1)),
            UserChange::Names { first_name, last_name } => update
                .update_expression(format!("{VERSION}, first_name = :first, last_name = :last"))
                .expression_attribute_values(":first", text(first_name))
                .expression_attribute_values(":last", text(last_name)),
        }
    }
}
