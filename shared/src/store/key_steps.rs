//! How the key ring moves on: each step one transaction, on the condition that the keys stand where the step expects
//! them. Of two steps at once one is done, and the other finds that it is not wanted any more.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};

use super::error::{StoreError, unbuildable};
use super::item::{Attributes, Writer, number, text};
use super::keyring::{KeyStore, PrivateKeyItem, PublicKeyItem, RefreshSecretItem, state_partition};
use super::keys;
use super::transaction::Transacted;
use crate::clock::Timestamp;
use crate::domain::signing_key::{KeyState, KeyUse};

/// A key that was just made.
#[derive(Debug)]
pub enum NewKey {
    /// Of access tokens: both parts.
    Access(PublicKeyItem, PrivateKeyItem),
    /// Of refresh tokens.
    Refresh(RefreshSecretItem),
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It was done.
    Yes,
    /// The ring had moved in the meantime: nothing was written.
    No,
}

/// The key is where the step expects it.
const STANDS: &str = "key_state = :from";
/// How long the record of a retired key is kept, for `faregate keys list`: 90 days.
const RECORD_SECONDS: i64 = 90 * 86_400;

impl NewKey {
    /// Its id.
    #[must_use]
    pub fn kid(&self) -> &str {
        match self {
            Self::Access(public, _) => &public.kid,
            Self::Refresh(secret) => &secret.kid,
        }
    }

    const fn key_use(&self) -> KeyUse {
        match self {
            Self::Access(..) => KeyUse::Access,
            Self::Refresh(_) => KeyUse::Refresh,
        }
    }

    /// Its items, in `state` since `now`.
    fn items(&self, state: KeyState, now: Timestamp) -> Vec<Attributes> {
        let item = |partition, kid: &str| {
            let writer = Writer::new(&keys::ring_key(partition, kid)).with("kid", text(kid));
            writer.with("made_at", number(now.milliseconds()))
        };
        let with_state = |writer: Writer| {
            writer.with("key_state", text(state.as_str())).with("since", number(now.milliseconds())).finish()
        };
        match self {
            Self::Access(public, private) => vec![
                with_state(item(keys::PUBLIC, &public.kid).with("jwk", text(&public.jwk))),
                item(keys::PRIVATE, &private.kid)
                    .with("algorithm", text(&private.algorithm))
                    .with("pem", text(private.pem.as_str()))
                    .finish(),
            ],
            Self::Refresh(secret) => {
                vec![with_state(item(keys::REFRESH, &secret.kid).with("secret", text(secret.secret.as_str())))]
            }
        }
    }
}

impl KeyStore {
    /// Stores the first keys of all, active at once, unless another start was faster: then nothing is written.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn put_first(&self, first: &[NewKey], now: Timestamp) -> Result<Moved, StoreError> {
        let mut writes = vec![self.put_new(Writer::new(&keys::first_key()).finish())?];
        for key in first {
            writes.extend(self.put_key(key, KeyState::Active, now)?);
        }
        self.step(writes).await
    }

    /// Publishes `key`, which will come after the key `active`. Only one can.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn publish(&self, key: &NewKey, active: &str, now: Timestamp) -> Result<Moved, StoreError> {
        let lot = self
            .update(key.key_use(), active)
            .update_expression("SET successor = :kid")
            .condition_expression("key_state = :active AND attribute_not_exists(successor)")
            .expression_attribute_values(":active", text(KeyState::Active.as_str()))
            .expression_attribute_values(":kid", text(key.kid()));
        let mut writes = vec![update_item(lot)?];
        writes.extend(self.put_key(key, KeyState::Next, now)?);
        self.step(writes).await
    }

    /// Lets the key `next` sign instead of the key `active`.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn activate(
        &self,
        key_use: KeyUse,
        (next, active): (&str, &str),
        now: Timestamp,
    ) -> Result<Moved, StoreError> {
        self.step(vec![
            self.enter(key_use, (next, KeyState::Next), KeyState::Active, now)?,
            self.enter(key_use, (active, KeyState::Active), KeyState::Retiring, now)?,
        ])
        .await
    }

    /// Takes the key `kid` out, which is in the state `from` and signs nothing. One that was to come next leaves its
    /// place after the key `successor_of`.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn retire(
        &self,
        key_use: KeyUse,
        (kid, from): (&str, KeyState),
        successor_of: Option<&str>,
        now: Timestamp,
    ) -> Result<Moved, StoreError> {
        let mut writes = self.take_out(key_use, (kid, from), STANDS, now)?;
        if let Some(active) = successor_of {
            let cleared = self
                .update(key_use, active)
                .update_expression("REMOVE successor")
                .condition_expression("successor = :kid")
                .expression_attribute_values(":kid", text(kid));
            writes.push(update_item(cleared)?);
        }
        self.step(writes).await
    }

    /// Takes the key `kid` out, which signs; from now on `next` signs.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn replace_by_next(
        &self,
        key_use: KeyUse,
        (kid, next): (&str, &str),
        now: Timestamp,
    ) -> Result<Moved, StoreError> {
        let mut writes = self.take_out(key_use, (kid, KeyState::Active), STANDS, now)?;
        writes.push(self.enter(key_use, (next, KeyState::Next), KeyState::Active, now)?);
        self.step(writes).await
    }

    /// Takes the key `kid` out, which signs; from now on `new` signs.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn replace_by_new(&self, kid: &str, new: &NewKey, now: Timestamp) -> Result<Moved, StoreError> {
        // One that was published in the meantime takes over instead: else it would come after a key that is gone.
        let nothing_published = "key_state = :from AND attribute_not_exists(successor)";
        let mut writes = self.take_out(new.key_use(), (kid, KeyState::Active), nothing_published, now)?;
        writes.extend(self.put_key(new, KeyState::Active, now)?);
        self.step(writes).await
    }

    /// What takes a key out: its record stays for a while, what signs goes.
    fn take_out(
        &self,
        key_use: KeyUse,
        (kid, from): (&str, KeyState),
        condition: &str,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let record = self
            .update(key_use, kid)
            .update_expression("SET key_state = :to, since = :now, expires_at = :expires REMOVE secret, jwk, successor")
            .condition_expression(condition)
            .expression_attribute_values(":from", text(from.as_str()))
            .expression_attribute_values(":to", text(KeyState::Retired.as_str()))
            .expression_attribute_values(":now", number(now.milliseconds()))
            .expression_attribute_values(":expires", number(now.plus_seconds(RECORD_SECONDS).seconds()));
        let mut writes = vec![update_item(record)?];
        if key_use == KeyUse::Access {
            let key = keys::ring_key(keys::PRIVATE, kid).attributes();
            let delete = Delete::builder().table_name(&self.table.name).set_key(Some(key)).build();
            writes.push(TransactWriteItem::builder().delete(delete.map_err(|error| unbuildable(&error))?).build());
        }
        Ok(writes)
    }

    /// What moves the key `kid` from one state to another.
    fn enter(
        &self,
        key_use: KeyUse,
        (kid, from): (&str, KeyState),
        to: KeyState,
        now: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = self
            .update(key_use, kid)
            .update_expression("SET key_state = :to, since = :now REMOVE successor")
            .condition_expression(STANDS)
            .expression_attribute_values(":from", text(from.as_str()))
            .expression_attribute_values(":to", text(to.as_str()))
            .expression_attribute_values(":now", number(now.milliseconds()));
        update_item(update)
    }

    fn update(&self, key_use: KeyUse, kid: &str) -> UpdateBuilder {
        let key = keys::ring_key(state_partition(key_use), kid).attributes();
        Update::builder().table_name(&self.table.name).set_key(Some(key))
    }

    fn put_key(&self, key: &NewKey, state: KeyState, now: Timestamp) -> Result<Vec<TransactWriteItem>, StoreError> {
        key.items(state, now).into_iter().map(|item| self.put_new(item)).collect()
    }

    fn put_new(&self, item: Attributes) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(|error| unbuildable(&error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    async fn step(&self, writes: Vec<TransactWriteItem>) -> Result<Moved, StoreError> {
        match self.table.transact(writes, &self.randomness).await? {
            Transacted::Done => Ok(Moved::Yes),
            Transacted::Refused(_) => Ok(Moved::No),
        }
    }
}

fn update_item(update: UpdateBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().update(update.build().map_err(|error| unbuildable(&error))?).build())
}
