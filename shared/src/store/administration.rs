//! What administrators and operators do to users: each a transaction of the change and what the trail says of it, so that
//! nothing is done that nobody is told of.
//!
//! A change is made to the user as it was read: of two who edit one user, the later is told, and nothing is lost.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};

use super::admin_sessions::session_item;
use super::error::{StoreError, unbuildable};
use super::item::{flag, number, text};
use super::keys::{self, Key, LIST_PARTITION};
use super::transaction::Transacted;
use super::users::{CreateUserError, IfUnchanged, Users};
use crate::domain::admin_session::{AdminSession, AdminSessionPolicy};
use crate::domain::administration::{Action, Actor, Deed, UserChange};
use crate::domain::session::{EndReason, SessionId};
use crate::domain::user::{User, UserId};

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
    /// When the name is taken or DynamoDB fails.
    pub async fn create(&self, user: &User, deed: &Deed) -> Result<(), CreateUserError> {
        let entries = self.remember(Action::Created, user.id, deed)?;
        self.users.create_with(user, entries).await
    }

    /// Applies `change` to `user` as it was read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn change(&self, user: &User, change: &UserChange, deed: &Deed) -> Result<IfUnchanged, StoreError> {
        let update = self.update_of(user, change).build().map_err(|error| unbuildable(&error))?;
        let update = TransactWriteItem::builder().update(update).build();
        let entries = self.remember(change.action(), user.id, deed)?;
        self.transact(std::iter::once(update).chain(entries)).await
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
            if self.change(&user, change, deed).await? == IfUnchanged::Done {
                return self.users.find(id).await;
            }
        }
        Err(StoreError::Inconsistent("the user is being changed too often"))
    }

    /// Removes `user` as it was read: deactivates it, which ends its sessions and lets in no new ones; clears away what is
    /// the user's, one call each; then the user and the name in one transaction.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails: the user is there still, if only inactive, and a second call finishes.
    pub async fn delete(&self, user: &User, deed: &Deed) -> Result<IfUnchanged, StoreError> {
        let closing = self.update_of(user, &UserChange::Deactivate).build().map_err(|error| unbuildable(&error))?;
        let closing = TransactWriteItem::builder().update(closing).build();
        if self.transact(std::iter::once(closing)).await? == IfUnchanged::Changed {
            return Ok(IfUnchanged::Changed);
        }
        let profile = Delete::builder()
            .set_key(Some(keys::profile(user.id).attributes()))
            .condition_expression("version = :seen")
            .expression_attribute_values(":seen", number(user.version + 1));
        self.users.delete_with(user, None, profile, self.remember(Action::Deleted, user.id, deed)?).await
    }

    /// Ends the session `session_id` of the user `user_id`; [`IfUnchanged::Changed`] when it is over already or not there.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn end_session(
        &self,
        user_id: UserId,
        session_id: SessionId,
        deed: &Deed,
    ) -> Result<IfUnchanged, StoreError> {
        let update = self
            .update(&keys::session(user_id, session_id))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(ended_at)")
            .update_expression("SET ended_at = :now, ended_reason = :reason")
            .expression_attribute_values(":now", number(deed.at.milliseconds()))
            .expression_attribute_values(":reason", text(EndReason::EndedByAdministrator.as_str()));
        let update = update.build().map_err(|error| unbuildable(&error))?;
        let update = TransactWriteItem::builder().update(update).build();
        let entries = self.remember(Action::SessionEnded, user_id, deed)?;
        self.transact(std::iter::once(update).chain(entries)).await
    }

    /// Opens `session`: its user enters the admin site.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn enter(
        &self,
        session: &AdminSession,
        policy: &AdminSessionPolicy,
        source_ip: Option<String>,
    ) -> Result<(), StoreError> {
        let put = Put::builder().table_name(&self.users.table.name).set_item(Some(session_item(session, policy)));
        let put = put.build().map_err(|error| unbuildable(&error))?;
        let put = TransactWriteItem::builder().put(put).build();
        let deed = Deed { actor: Actor::Administrator(session.user_id), at: session.created_at, source_ip };
        let entries = self.remember(Action::Entered, session.user_id, &deed)?;
        self.transact(std::iter::once(put).chain(entries)).await.map(drop)
    }

    /// Removes `session`: its user leaves the admin site.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails; the session goes on then.
    pub async fn leave(&self, session: &AdminSession, deed: &Deed) -> Result<(), StoreError> {
        let key = keys::admin_session(&session.hash).attributes();
        let delete = Delete::builder().table_name(&self.users.table.name).set_key(Some(key));
        let delete = delete.build().map_err(|error| unbuildable(&error))?;
        let delete = TransactWriteItem::builder().delete(delete).build();
        let entries = self.remember(Action::Left, session.user_id, deed)?;
        self.transact(std::iter::once(delete).chain(entries)).await.map(drop)
    }

    fn remember(&self, action: Action, user_id: UserId, deed: &Deed) -> Result<[TransactWriteItem; 2], StoreError> {
        self.users.table.remember(action, user_id, deed, &self.users.randomness)
    }

    async fn transact(&self, parts: impl Iterator<Item = TransactWriteItem>) -> Result<IfUnchanged, StoreError> {
        match self.users.table.transact(parts.collect(), &self.users.randomness).await? {
            Transacted::Done => Ok(IfUnchanged::Done),
            Transacted::Refused(_) => Ok(IfUnchanged::Changed),
        }
    }

    fn update(&self, key: &Key) -> UpdateBuilder {
        Update::builder().table_name(&self.users.table.name).set_key(Some(key.attributes()))
    }

    /// The change of the item, if the user is as it was read.
    fn update_of(&self, user: &User, change: &UserChange) -> UpdateBuilder {
        const VERSION: &str = "SET version = :next";
        let update = self
            .update(&keys::profile(user.id))
            .condition_expression("version = :seen")
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
