//! The key ring's items, in a table of their own: its own IAM rights and its own encryption key.
//!
//! Public and private parts are separate items, so that only what signs may read private ones. Where a key is in its life
//! stands on the public item of an access key, and on the only item of a refresh secret. How the ring moves on is in
//! `key_steps`.

use super::error::StoreError;
use super::item::{Reader, Unreadable};
use super::{Client, Table, keys};
use crate::domain::signing_key::{KeyState, KeyUse, SigningKeyRecord};
use crate::randomness::Randomness;
use zeroize::Zeroizing;

/// The keys of one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct KeyStore {
    pub(super) table: Table,
    pub(super) randomness: Randomness,
}

/// The public part of an access key.
#[derive(Clone, Debug)]
pub struct PublicKeyItem {
    /// The key's id.
    pub kid: String,
    /// Where it is in its life.
    pub state: KeyState,
    /// The key as a JSON Web Key (RFC 7517).
    pub jwk: String,
}

/// The private part of an access key.
pub struct PrivateKeyItem {
    /// The key's id.
    pub kid: String,
    /// The key as PKCS#8 in PEM.
    pub pem: Zeroizing<String>,
    /// The algorithm, as a JWT header names it.
    pub algorithm: String,
}

/// The secret of refresh tokens.
pub struct RefreshSecretItem {
    /// The secret's id.
    pub kid: String,
    /// Where it is in its life.
    pub state: KeyState,
    /// 64 hexadecimal digits.
    pub secret: Zeroizing<String>,
}

/// The partition in which the state of a key stands.
pub(super) const fn state_partition(key_use: KeyUse) -> &'static str {
    match key_use {
        KeyUse::Access => keys::PUBLIC,
        KeyUse::Refresh => keys::REFRESH,
    }
}

/// The attributes that say where a key is in its life; policies name the same (`dynamodb:Attributes`), so that who moves the
/// ring on reads no key.
const RECORD_ATTRIBUTES: &str = "kid, key_state, since";

impl KeyStore {
    /// The keys in the table `name`.
    #[must_use]
    pub fn new(client: Client, name: &str, randomness: Randomness) -> Self {
        Self { table: Table { client, name: name.to_owned() }, randomness }
    }

    /// The public parts of all access keys that are not retired, oldest first. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn public_keys(&self) -> Result<Vec<PublicKeyItem>, StoreError> {
        let read = |read: Reader<'_>| {
            Ok(PublicKeyItem { kid: read.text("kid")?, state: read.parsed("key_state")?, jwk: read.text("jwk")? })
        };
        self.trusted(keys::PUBLIC, read).await
    }

    /// The private parts of all access keys, oldest first. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn private_keys(&self) -> Result<Vec<PrivateKeyItem>, StoreError> {
        let read = |read: Reader<'_>| {
            Ok(PrivateKeyItem {
                kid: read.text("kid")?,
                pem: Zeroizing::new(read.text("pem")?),
                algorithm: read.text("algorithm")?,
            })
        };
        self.all((keys::PRIVATE, None), read).await
    }

    /// The secrets of refresh tokens that are not retired, oldest first. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn refresh_secrets(&self) -> Result<Vec<RefreshSecretItem>, StoreError> {
        let read = |read: Reader<'_>| {
            Ok(RefreshSecretItem {
                kid: read.text("kid")?,
                state: read.parsed("key_state")?,
                secret: Zeroizing::new(read.text("secret")?),
            })
        };
        self.trusted(keys::REFRESH, read).await
    }

    /// Every key without the key itself, retired ones included, oldest first. Two reads, side by side.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn records(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        let of_use = |key_use| {
            self.all((state_partition(key_use), Some(RECORD_ATTRIBUTES)), move |read| {
                Ok(SigningKeyRecord {
                    kid: read.text("kid")?,
                    key_use,
                    state: read.parsed("key_state")?,
                    since: read.milliseconds("since")?,
                })
            })
        };
        let (mut access, refresh) = tokio::try_join!(of_use(KeyUse::Access), of_use(KeyUse::Refresh))?;
        access.extend(refresh);
        Ok(access)
    }

    /// What `read` makes of the items in `partition` that are not retired.
    async fn trusted<T>(
        &self,
        partition: &'static str,
        read: impl Fn(Reader<'_>) -> Result<T, Unreadable>,
    ) -> Result<Vec<T>, StoreError> {
        let unless_retired = |item: Reader<'_>| {
            let state: KeyState = item.parsed("key_state")?;
            state.is_trusted().then(|| read(item)).transpose()
        };
        // One item that is not as we write it must not keep the other keys from being known.
        let or_nothing = |item: Reader<'_>| {
            Ok(unless_retired(item).unwrap_or_else(|error| {
                tracing::error!(message = "an item of the key ring cannot be read", error = %error);
                None
            }))
        };
        Ok(self.all((partition, None), or_nothing).await?.into_iter().flatten().collect())
    }

    async fn all<T>(
        &self,
        (partition, projection): (&'static str, Option<&str>),
        read: impl Fn(Reader<'_>) -> Result<T, Unreadable>,
    ) -> Result<Vec<T>, StoreError> {
        let items = self.table.query_attributes((partition, "KEY#"), usize::MAX, projection).await?;
        Ok(items.iter().map(|item| read(Reader(item))).collect::<Result<_, _>>()?)
    }
}

macro_rules! debug_shows_only_the_kid {
    ($($item:ident),*) => {$(
        impl std::fmt::Debug for $item {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.debug_struct(stringify!($item)).field("kid", &self.kid).finish_non_exhaustive()
            }
        }
    )*};
}

debug_shows_only_the_kid!(PrivateKeyItem, RefreshSecretItem);
