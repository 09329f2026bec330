//! Users and their identifiers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aws_sdk_dynamodb::types::builders::DeleteBuilder;
use aws_sdk_dynamodb::types::{CancellationReason, Delete, TransactWriteItem};
use tokio::sync::OnceCell;

use super::call::Call as _;
use super::error::{StoreError, condition_failed, unbuildable};
use super::item::{Attributes, Reader, Unreadable, Writer, flag, number, text};
use super::transaction::{Transacted, is_refused};
use super::{Client, Table, keys};
use crate::domain::lane::Lane;
use crate::domain::legacy::LegacyId;
use crate::domain::password::PasswordHash;
use crate::domain::session::SessionId;
use crate::domain::user::{Epochs, User, UserId};
use crate::domain::username::{CaseSensitivity, Username, UsernameKey};
use crate::randomness::Randomness;

/// The users of one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct Users {
    pub(super) table: Table,
    pub(super) case: CaseSensitivity,
    /// Set once the table is known to compare names as we do.
    case_agreed: Arc<OnceCell<()>>,
    pub(super) randomness: Randomness,
}

/// Why a user was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// Somebody has a name with the same key.
    #[error("the username is taken")]
    UsernameTaken,
    /// Who wants it is no administrator any more, or was logged out everywhere.
    #[error("who wants it has no right to")]
    NoRight,
    /// DynamoDB failed; nothing was written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of a write that a user asked for, on the condition that user and session are as they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfUnchanged {
    /// It is done.
    Done,
    /// Nothing was written: they are not.
    Changed,
}

impl Users {
    /// The users in the table `name`, whose names are compared as `case` says.
    #[must_use]
    pub fn new(client: Client, name: &str, case: CaseSensitivity, randomness: Randomness) -> Self {
        let table = Table { client, name: name.to_owned() };
        Self { table, case, case_agreed: Arc::default(), randomness }
    }

    /// Makes sure that the table compares names as we do; asks it once in this process's life.
    ///
    /// # Errors
    ///
    /// When it does not, or does not answer.
    pub async fn agree_on_case(&self) -> Result<(), StoreError> {
        self.case_agreed.get_or_try_init(|| self.table.agree_on_case(self.case)).await.copied()
    }

    /// Makes `user` and takes the name: one transaction, all or nothing.
    ///
    /// # Errors
    ///
    /// When the name is taken or DynamoDB fails.
    pub async fn create(&self, user: &User) -> Result<(), CreateUserError> {
        self.create_with(user, Vec::new()).await
    }

    /// The same, with `more` in the transaction.
    pub(super) async fn create_with(&self, user: &User, more: Vec<TransactWriteItem>) -> Result<(), CreateUserError> {
        self.agree_on_case().await?;
        let mut puts = self.puts_of(user)?;
        puts.extend(more);
        match self.table.transact(puts, &self.randomness).await? {
            Transacted::Done => Ok(()),
            // A repeated call met its own first attempt, later than DynamoDB remembers the token.
            Transacted::Refused(reasons) if is_held_by(reasons.first(), user.id) => Ok(()),
            Transacted::Refused(reasons) if is_refused(reasons.first()) => Err(CreateUserError::UsernameTaken),
            Transacted::Refused(reasons) if is_refused(reasons.get(1)) => {
                Err(StoreError::Inconsistent("the new id is in use").into())
            }
            // Of `more`, nothing but the right of who wants it is a condition.
            Transacted::Refused(_) => Err(CreateUserError::NoRight),
        }
    }

    /// Whether somebody has `username`. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn is_taken(&self, username: &Username) -> Result<bool, StoreError> {
        self.agree_on_case().await?;
        Ok(self.table.get(&keys::identifier(&username.key(self.case))).await?.is_some())
    }

    /// Who has the name that a person typed as `typed`. One read, also for what is no username.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn find_id(&self, typed: &str) -> Result<Option<UserId>, StoreError> {
        self.agree_on_case().await?;
        let found = self.table.get(&self.looked_up(typed)).await?;
        Ok(found.map(|item| Reader(&item).parsed("user_id")).transpose()?)
    }

    /// The same, with the item under `beside`. One batch read.
    pub(super) async fn find_id_beside(
        &self,
        typed: &str,
        beside: Option<keys::Key>,
    ) -> Result<(Option<UserId>, Option<Attributes>), StoreError> {
        self.agree_on_case().await?;
        let wanted: Vec<keys::Key> = [self.looked_up(typed)].into_iter().chain(beside).collect();
        let found = self.table.get_batch(&wanted, None).await?;
        let (identifiers, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|item| item.contains_key("user_id"));
        let id = identifiers.first().map(|item| Reader(item).parsed("user_id")).transpose()?;
        Ok((id, others.into_iter().next()))
    }

    /// Who was called `legacy` in the system that users were imported from. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn find_id_of_legacy(&self, legacy: &LegacyId) -> Result<Option<UserId>, StoreError> {
        let found = self.table.get(&keys::legacy(legacy)).await?;
        Ok(found.map(|item| Reader(&item).parsed("user_id")).transpose()?)
    }

    /// Where the name that a person typed as `typed` is, if it is one.
    fn looked_up(&self, typed: &str) -> keys::Key {
        UsernameKey::for_look_up(typed, self.case).map_or_else(keys::no_identifier, |key| keys::identifier(&key))
    }

    /// Under what attempts to log in as `typed` are counted.
    #[must_use]
    pub fn lane(&self, typed: &str) -> Lane {
        Lane::of_name(typed, self.case)
    }

    /// The user `id`; `None` asks for a user that does not exist, at the same cost. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn find_or_nobody(&self, id: Option<UserId>) -> Result<Option<User>, StoreError> {
        let found = self.table.get(&id.map_or_else(keys::no_profile, keys::profile)).await?;
        Ok(found.map(|item| user_of(&item)).transpose()?)
    }

    /// The user `id`. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.find_or_nobody(Some(id)).await
    }

    /// The names of those of `ids`, at most 100, who are there. One batch read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn names(&self, ids: &HashSet<UserId>) -> Result<HashMap<UserId, Username>, StoreError> {
        let wanted: Vec<keys::Key> = ids.iter().map(|id| keys::profile(*id)).collect();
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.table.get_batch(&wanted, Some("pk, sk, user_id, username")).await?;
        let names = found.iter().map(|item| {
            let read = Reader(item);
            Ok::<_, Unreadable>((read.parsed("user_id")?, Username::from_stored(read.text("username")?)))
        });
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// Ends every session of the user `id`, at the user's own wish; whether there is such a user. One write, which does not
    /// make a user that is gone.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn end_sessions(&self, id: UserId) -> Result<bool, StoreError> {
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(keys::profile(id).attributes()))
            .update_expression("SET revocations = revocations + :one")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":one", number(1));
        match update.call().await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(self.table.failed("UpdateItem", &error)),
        }
    }

    /// Replaces the hash `old` of the user `id` by `new`, of the same password; sessions stay. One write.
    ///
    /// A password that was changed in between stays as it is.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn rehash(&self, id: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<(), StoreError> {
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(keys::profile(id).attributes()))
            .update_expression("SET password_hash = :new")
            .condition_expression("password_hash = :old")
            .expression_attribute_values(":new", text(new.as_str()))
            .expression_attribute_values(":old", text(old.as_str()));
        match update.call().await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(self.table.failed("UpdateItem", &error)),
        }
    }

    /// Removes `user` at the wish of who is logged in with the session `asking`, which goes last: if this fails in between,
    /// it can ask again. Only if the user is active and has the password and the epoch that were read; other sessions are
    /// over either way.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails; the user is still there then, and a second call finishes.
    pub async fn delete_unchanged(&self, user: &User, asking: Option<SessionId>) -> Result<IfUnchanged, StoreError> {
        let profile = Delete::builder()
            .set_key(Some(keys::profile(user.id).attributes()))
            .condition_expression("revocations = :known AND is_active = :active AND password_hash = :hash")
            .expression_attribute_values(":known", number(user.epochs.revocations))
            .expression_attribute_values(":active", flag(true))
            .expression_attribute_values(":hash", text(user.password_hash.as_str()));
        self.delete_with(user, asking, profile, Vec::new()).await
    }

    /// Removes everything that is `user`'s, the session `last` and the user at the end, as `profile` says, with `more` in the
    /// same transaction.
    pub(super) async fn delete_with(
        &self,
        user: &User,
        last: Option<SessionId>,
        profile: DeleteBuilder,
        more: Vec<TransactWriteItem>,
    ) -> Result<IfUnchanged, StoreError> {
        let last = last.map(|id| keys::session(user.id, id));
        let kept = [Some(keys::PROFILE), last.as_ref().map(|key| key.sort.as_str())];
        let kept: Vec<&str> = kept.into_iter().flatten().collect();
        self.table.clear_partition(&keys::user_partition(user.id), &kept).await?;
        let delete = |key: &keys::Key| Delete::builder().set_key(Some(key.attributes()));
        let pointer = |key: &keys::Key| {
            delete(key)
                .condition_expression("attribute_not_exists(pk) OR user_id = :mine")
                .expression_attribute_values(":mine", text(user.id.to_string()))
        };
        let name = pointer(&keys::identifier(&user.username.key(self.case)));
        let legacy = user.legacy_id.as_ref().map(|legacy| pointer(&keys::legacy(legacy)));
        let mut deletes = Vec::new();
        for delete in [name, profile].into_iter().chain(legacy).chain(last.as_ref().map(delete)) {
            let delete = delete.table_name(&self.table.name).build().map_err(|error| unbuildable(&error))?;
            deletes.push(TransactWriteItem::builder().delete(delete).build());
        }
        deletes.extend(more);
        match self.table.transact(deletes, &self.randomness).await? {
            Transacted::Done => Ok(IfUnchanged::Done),
            Transacted::Refused(_) => Ok(IfUnchanged::Changed),
        }
    }

    /// The items of a user who is new: the name, the user and, of one who was imported, what the old system called the user.
    pub(super) fn puts_of(&self, user: &User) -> Result<Vec<TransactWriteItem>, StoreError> {
        let name = keys::identifier(&user.username.key(self.case));
        let pointer = |key: &keys::Key| Writer::new(key).with("user_id", text(user.id.to_string())).finish();
        let mut puts = vec![self.table.put_new(pointer(&name))?, self.table.put_new(profile_item(user, self.case))?];
        if let Some(legacy) = &user.legacy_id {
            puts.push(self.table.put_new(pointer(&keys::legacy(legacy)))?);
        }
        Ok(puts)
    }
}

pub(super) fn is_held_by(reason: Option<&CancellationReason>, id: UserId) -> bool {
    let holder = reason.and_then(CancellationReason::item).and_then(|item| Reader(item).parsed("user_id").ok());
    holder == Some(id)
}

/// All that is kept of `user`, but for the session that the last revocation left open.
pub(super) fn profile_item(user: &User, case: CaseSensitivity) -> Attributes {
    let item = Writer::new(&keys::profile(user.id))
        .with("user_id", text(user.id.to_string()))
        .with("username", text(user.username.as_str()))
        .with("first_name", text(&user.first_name))
        .with("last_name", text(&user.last_name))
        .with("password_hash", text(user.password_hash.as_str()))
        .with("is_active", flag(user.is_active))
        .with("is_staff", flag(user.is_staff))
        .with("revocations", number(user.epochs.revocations))
        .with("deactivations", number(user.epochs.deactivations))
        .with("created_at", number(user.created_at.milliseconds()))
        .with("version", number(user.version))
        .with(keys::LIST_PARTITION, text(keys::list_partition(user)))
        .with(keys::USERNAME_KEY, text(user.username.key(case).as_str()));
    match &user.legacy_id {
        Some(legacy) => item.with(LEGACY_ID, text(legacy.as_str())).finish(),
        None => item.finish(),
    }
}

/// The attribute that says what the user was called where it came from.
const LEGACY_ID: &str = "legacy_id";
/// The attribute that says which session the last revocation left open.
pub(super) const KEPT: &str = "kept_session";

/// The user that a `PROFILE` item holds.
pub(super) fn user_of(item: &Attributes) -> Result<User, Unreadable> {
    let read = Reader(item);
    Ok(User {
        id: read.parsed("user_id")?,
        username: Username::from_stored(read.text("username")?),
        first_name: read.text("first_name")?,
        last_name: read.text("last_name")?,
        password_hash: PasswordHash::from_stored(read.text("password_hash")?),
        is_active: read.flag("is_active")?,
        is_staff: read.flag("is_staff")?,
        epochs: epochs_of(read)?,
        kept: read.optional_parsed(KEPT)?,
        legacy_id: read.optional_parsed(LEGACY_ID)?,
        created_at: read.milliseconds("created_at")?,
        version: read.optional_number("version").unwrap_or_default(),
    })
}

/// The epochs that a `PROFILE` or a `SESSION` item holds.
pub(super) fn epochs_of(read: Reader<'_>) -> Result<Epochs, Unreadable> {
    Ok(Epochs { revocations: read.number("revocations")?, deactivations: read.number("deactivations")? })
}
