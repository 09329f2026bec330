//! The key ring's items, in a table of their own: its own IAM rights and its own encryption key.
//!
//! Public and private parts are separate items, so that only what signs may read private ones.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use super::error::StoreError;
use super::item::{Attributes, Reader, Unreadable, Writer, number, text};
use super::transaction::Transacted;
use super::{Client, Table, keys};
use crate::clock::Timestamp;
use crate::randomness::Randomness;
use zeroize::Zeroizing;

/// The keys of one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct KeyStore {
    table: Table,
    randomness: Randomness,
}

/// The public part of an access key.
#[derive(Clone, Debug)]
pub struct PublicKeyItem {
    /// The key's id.
    pub kid: String,
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
    /// 64 hexadecimal digits.
    pub secret: Zeroizing<String>,
}

impl KeyStore {
    /// The keys in the table `name`.
    #[must_use]
    pub fn new(client: Client, name: &str, randomness: Randomness) -> Self {
        Self { table: Table { client, name: name.to_owned() }, randomness }
    }

    /// The public parts of all access keys, oldest first. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn public_keys(&self) -> Result<Vec<PublicKeyItem>, StoreError> {
        self.all(keys::PUBLIC, |read| Ok(PublicKeyItem { kid: read.text("kid")?, jwk: read.text("jwk")? })).await
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
        self.all(keys::PRIVATE, read).await
    }

    /// The secrets of refresh tokens, oldest first. One read.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn refresh_secrets(&self) -> Result<Vec<RefreshSecretItem>, StoreError> {
        let read = |read: Reader<'_>| {
            Ok(RefreshSecretItem { kid: read.text("kid")?, secret: Zeroizing::new(read.text("secret")?) })
        };
        self.all(keys::REFRESH, read).await
    }

    /// Stores the first key of all, unless another start was faster: then nothing is written, and that is no error.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn put_first(
        &self,
        (public, private): (&PublicKeyItem, &PrivateKeyItem),
        refresh: &RefreshSecretItem,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let made_at = number(now.milliseconds());
        let items = [
            Writer::new(&keys::first_key()).with("kid", text(&private.kid)),
            Writer::new(&keys::ring_key(keys::PUBLIC, &public.kid))
                .with("kid", text(&public.kid))
                .with("jwk", text(&public.jwk)),
            Writer::new(&keys::ring_key(keys::PRIVATE, &private.kid))
                .with("kid", text(&private.kid))
                .with("algorithm", text(&private.algorithm))
                .with("pem", text(private.pem.as_str())),
            Writer::new(&keys::ring_key(keys::REFRESH, &refresh.kid))
                .with("kid", text(&refresh.kid))
                .with("secret", text(refresh.secret.as_str())),
        ];
        let mut puts = Vec::new();
        for writer in items {
            puts.push(self.put_new(writer.with("made_at", made_at.clone()).finish())?);
        }
        match self.table.transact(puts, &self.randomness).await? {
            Transacted::Done | Transacted::Refused(_) => Ok(()),
        }
    }

    fn put_new(&self, item: Attributes) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(|error| StoreError::Unavailable { operation: "TransactWriteItems", reason: error.to_string() })?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    async fn all<T>(
        &self,
        partition: &'static str,
        read: impl Fn(Reader<'_>) -> Result<T, Unreadable>,
    ) -> Result<Vec<T>, StoreError> {
        let items = self.table.query_from(partition, "KEY#", usize::MAX).await?;
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
