//! The key ring: the keys of this moment, read from their table and kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use super::key::{self, KeyError, SigningKey, VerificationKey};
use super::{CLOCKS_DIFFER_SECONDS, TokenType};
use crate::clock::{Clock, Timestamp};
use crate::domain::signing_key::{KeyState, KeyUse, MAX_SIGNING_AGE_SECONDS};
use crate::randomness::Randomness;
use crate::settings::{AccessAlgorithm, SharedKey};
use crate::store::{KeyStore, Moved, StoreError};

/// After this many seconds the ring is read again.
const MAX_AGE_SECONDS: i64 = 300;
/// For an unknown `kid` the ring is read again at most this often, so that garbage cannot cause reads.
const UNKNOWN_KID_SECONDS: i64 = 60;
/// After a failure it is not read again for this long.
const FAILURE_PAUSE_SECONDS: i64 = 10;
/// The same while there is no ring at all: then every request needs one.
const EMPTY_FAILURE_PAUSE_SECONDS: i64 = 1;
/// How long a request waits for a newer ring when it has an older one.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which parts of the ring a function may read; its policy says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAccess {
    /// The public parts: verify access tokens.
    Public,
    /// Also the refresh secrets: verify refresh tokens.
    PublicAndRefresh,
    /// Also the private parts: sign.
    Sign,
}

/// The key ring; clones share what was read.
#[derive(Clone)]
pub struct Keyring(Arc<Source>);

enum Source {
    /// One key for everything, from the settings.
    Shared(Arc<Ring>),
    Stored(Stored),
}

struct Stored {
    store: KeyStore,
    access: KeyAccess,
    first_algorithm: AccessAlgorithm,
    clock: Clock,
    randomness: Randomness,
    known: RwLock<Known>,
    /// Held by the one request that reads the ring; the others go on with the ring they have.
    reading: Mutex<()>,
}

/// What is known of the ring.
#[derive(Clone, Default)]
struct Known {
    ring: Option<Arc<Ring>>,
    /// When reading it failed last.
    failed_at: Option<Timestamp>,
}

/// The keys of one moment.
#[derive(Default)]
pub(super) struct Ring {
    pub(super) access: Option<SigningKey>,
    pub(super) refresh: Option<SigningKey>,
    /// Secrets that signed refresh tokens before, or do so where the ring was read later: a token of theirs that has to be
    /// given again is the same one.
    other_refresh: Vec<SigningKey>,
    by_kid: HashMap<String, VerificationKey>,
    /// Verifies whatever `kid` a token names: the key shared with a Django, which names none.
    any_kid: Option<VerificationKey>,
    published: Vec<PublishedKey>,
    /// When it was read; `None` when it never gets old.
    read_at: Option<Timestamp>,
}

/// A public key that verifiers elsewhere may trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedKey {
    /// The key as a JSON Web Key (RFC 7517).
    pub jwk: String,
    /// Its algorithm, as a JWT header names it.
    pub algorithm: &'static str,
}

/// The ring could not be read, or a key in it.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// DynamoDB failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key could not be made or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It failed a moment ago, and was not tried again yet.
    #[error("the key ring could not be read a moment ago")]
    FailedLately,
    /// A key that may have been made since it was read, not a minute ago.
    #[error("the key may be newer than the key ring that was read")]
    NotReadYet,
    /// It could not be read for an hour: its keys may have been retired since.
    #[error("the key ring could not be read for too long to sign with it")]
    TooOldToSign,
    /// There is no key to sign with, or the token could not be written. A keys table that lost its keys but not the item
    /// `PRIVATE` `FIRST` stays so: remove that item, and the next start makes a key.
    #[error("there is no key to sign with (if the keys table was emptied, remove its item PRIVATE FIRST too)")]
    CannotSign,
}

impl Ring {
    fn can_sign(&self) -> bool {
        self.access.is_some() && self.refresh.is_some()
    }

    /// The secret called `kid`, if it is still there, else the one that signs now.
    pub(super) fn refresh_key(&self, kid: Option<&str>) -> Option<&SigningKey> {
        let named = self.other_refresh.iter().find(|key| key.kid.as_deref() == kid);
        named.or(self.refresh.as_ref())
    }

    /// The key that a token with this `kid` must have been signed with.
    pub(super) fn verification_key(&self, kid: Option<&str>) -> Option<VerificationKey> {
        self.any_kid.as_ref().or_else(|| self.by_kid.get(kid?)).cloned()
    }
}

impl Keyring {
    /// One HS256 key for access and refresh tokens; nothing is read.
    #[must_use]
    pub fn shared(secret: &SharedKey) -> Self {
        let signing = SigningKey::shared(None, secret.expose());
        let any_kid = Some(VerificationKey::shared(secret.expose(), None));
        let ring = Ring { access: Some(signing.clone()), refresh: Some(signing), any_kid, ..Ring::default() };
        Self(Arc::new(Source::Shared(Arc::new(ring))))
    }

    /// The ring in `store`, as far as `access` goes; with [`KeyAccess::Sign`] the first start makes the first key.
    #[must_use]
    pub fn stored(
        store: KeyStore,
        access: KeyAccess,
        first_algorithm: AccessAlgorithm,
        (clock, randomness): (Clock, Randomness),
    ) -> Self {
        let (known, reading) = (RwLock::default(), Mutex::default());
        Self(Arc::new(Source::Stored(Stored { store, access, first_algorithm, clock, randomness, known, reading })))
    }

    /// Whether all tokens are under one key that a Django shares.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(*self.0, Source::Shared(_))
    }

    /// Whether the refresh secret `kid` may have been made since the ring was read: in an emergency one signs without
    /// having been in the ring before. Its id says when it was made.
    pub(super) async fn may_lack(&self, kid: Option<&str>) -> Result<bool, KeyringError> {
        let (ring, made_at) = (self.ring().await?, kid.and_then(key::refresh_secret_made_at));
        let times = ring.read_at.zip(made_at);
        Ok(times.is_some_and(|(read_at, made_at)| read_at < made_at.plus_seconds(CLOCKS_DIFFER_SECONDS)))
    }

    /// Reads the ring if it was not read yet: a function does it while it starts, which also opens the connection.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails; the next use tries again.
    pub async fn warm(&self) -> Result<(), KeyringError> {
        self.ring().await.map(|_ring| ())
    }

    /// The ring, at most [`MAX_AGE_SECONDS`] old. One to three reads side by side when it is older.
    pub(super) async fn ring(&self) -> Result<Arc<Ring>, KeyringError> {
        match &*self.0 {
            Source::Shared(ring) => Ok(Arc::clone(ring)),
            Source::Stored(stored) => stored.not_older_than(MAX_AGE_SECONDS).await,
        }
    }

    /// The ring to sign with. Where reading it keeps failing, an old one serves for an hour: others may have retired its
    /// keys since.
    pub(super) async fn signing_ring(&self) -> Result<Arc<Ring>, KeyringError> {
        let ring = self.ring().await?;
        match (&*self.0, ring.read_at) {
            (Source::Stored(stored), Some(read_at))
                if read_at.plus_seconds(MAX_SIGNING_AGE_SECONDS) <= stored.clock.now() =>
            {
                Err(KeyringError::TooOldToSign)
            }
            _ => Ok(ring),
        }
    }

    /// The public keys that verifiers elsewhere may trust, oldest first: next, active and retiring ones. None under a key
    /// shared with a Django.
    ///
    /// # Errors
    ///
    /// When the ring was never read and cannot be.
    pub async fn published(&self) -> Result<Vec<PublishedKey>, KeyringError> {
        Ok(self.ring().await?.published.clone())
    }

    /// The key that a token with this `kid` must have been signed with; an unknown one may read the ring again.
    pub(super) async fn verification_key(&self, kid: Option<&str>) -> Result<Option<VerificationKey>, KeyringError> {
        let known = self.ring().await?.verification_key(kid);
        match (&*self.0, known, kid) {
            (Source::Stored(stored), None, Some(kid)) => {
                // Before the first key is made, the ring is empty: it may fill at any moment, and only once.
                let empty = stored.not_older_than(MAX_AGE_SECONDS).await?.by_kid.is_empty();
                let seconds = if empty { 1 } else { UNKNOWN_KID_SECONDS };
                Ok(stored.surely_not_older_than(seconds).await?.verification_key(Some(kid)))
            }
            (_, known, _) => Ok(known),
        }
    }
}

impl Stored {
    /// What was read, if it is younger than `seconds`, else what is there now.
    ///
    /// With an older ring in hand nobody waits for another's reading, and a reading that fails or takes long leaves the
    /// older ring in use: its keys are still ours. A failure is remembered, so that an outage of the keys table costs
    /// one request in a while and not every one.
    async fn not_older_than(&self, seconds: i64) -> Result<Arc<Ring>, KeyringError> {
        let known = self.known();
        if let Some(young) = known.younger_than(seconds, self.clock.now()) {
            return Ok(young);
        }
        match known.ring {
            Some(old) => Ok(self.read_unless_busy().await.unwrap_or(old)),
            None => self.read_first(seconds).await,
        }
    }

    /// A newer ring, if nobody else is reading, none failed lately and it comes soon.
    async fn read_unless_busy(&self) -> Option<Arc<Ring>> {
        let _reading = self.reading.try_lock().ok()?;
        if self.known().failed_within(FAILURE_PAUSE_SECONDS, self.clock.now()) {
            return None;
        }
        self.read_soon().await.ok()
    }

    /// The first ring: everybody waits for it, one reads it.
    async fn read_first(&self, seconds: i64) -> Result<Arc<Ring>, KeyringError> {
        let _reading = self.reading.lock().await;
        match self.settled(seconds, EMPTY_FAILURE_PAUSE_SECONDS) {
            Some(settled) => settled,
            None => self.read().await,
        }
    }

    /// What was read, if it is younger than `seconds`, else what is there now; never an older one, from which nobody can
    /// tell whether a key that it lacks is ours.
    async fn surely_not_older_than(&self, seconds: i64) -> Result<Arc<Ring>, KeyringError> {
        if let Some(young) = self.known().younger_than(seconds, self.clock.now()) {
            return Ok(young);
        }
        let waiting = tokio::time::timeout(PATIENCE, self.reading.lock());
        let _reading = waiting.await.map_err(|_elapsed| KeyringError::FailedLately)?;
        match self.settled(seconds, FAILURE_PAUSE_SECONDS) {
            Some(settled) => settled,
            None => self.read_soon().await,
        }
    }

    /// What there is to say without reading, for whoever has waited for another's reading.
    fn settled(&self, seconds: i64, pause_seconds: i64) -> Option<Result<Arc<Ring>, KeyringError>> {
        let (known, now) = (self.known(), self.clock.now());
        match known.younger_than(seconds, now) {
            Some(meanwhile) => Some(Ok(meanwhile)),
            None => known.failed_within(pause_seconds, now).then_some(Err(KeyringError::FailedLately)),
        }
    }

    /// Reads, unless it takes long: that counts as a failure.
    async fn read_soon(&self) -> Result<Arc<Ring>, KeyringError> {
        tokio::time::timeout(PATIENCE, self.read()).await.unwrap_or_else(|_elapsed| {
            self.note_failure(&"no answer in time");
            Err(KeyringError::FailedLately)
        })
    }

    /// Boxed: store/call.rs says why.
    fn read(&self) -> BoxFuture<'_, Result<Arc<Ring>, KeyringError>> {
        Box::pin(async {
            match self.load(self.clock.now()).await {
                Ok(ring) => {
                    let ring = Arc::new(ring);
                    let known = Known { ring: Some(Arc::clone(&ring)), failed_at: None };
                    *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
                    Ok(ring)
                }
                Err(error) => {
                    self.note_failure(&error);
                    Err(error)
                }
            }
        })
    }

    fn note_failure(&self, error: &dyn std::fmt::Display) {
        tracing::warn!(message = "the key ring could not be read", error = %error);
        self.known.write().unwrap_or_else(PoisonError::into_inner).failed_at = Some(self.clock.now());
    }

    fn known(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn load(&self, now: Timestamp) -> Result<Ring, KeyringError> {
        let ring = Box::pin(self.load_stored(now)).await?;
        if self.access != KeyAccess::Sign || ring.can_sign() {
            return Ok(ring);
        }
        // Nothing is made where there was a key once: the readings fell before and behind an emergency, and a second
        // one sees the ring behind it.
        self.make_first_keys(now).await?;
        let ring = Box::pin(self.load_stored(now)).await?;
        // Taken for a failed reading: a ring that still has its keys goes on, and nothing is written for a token that
        // could not be signed.
        if ring.can_sign() { Ok(ring) } else { Err(KeyringError::CannotSign) }
    }

    async fn load_stored(&self, now: Timestamp) -> Result<Ring, KeyringError> {
        let mut ring = Ring { read_at: Some(now), ..Ring::default() };
        let refresh = async {
            if self.access == KeyAccess::Public { Ok(Vec::new()) } else { self.store.refresh_secrets().await }
        };
        let private =
            async { if self.access == KeyAccess::Sign { self.store.private_keys().await } else { Ok(Vec::new()) } };
        let (public, refresh, private) = tokio::try_join!(self.store.public_keys(), refresh, private)?;
        for item in public {
            // One key that cannot be read, of a version to come perhaps, must not keep the others from being known.
            let Ok(key) = VerificationKey::read(&item).inspect_err(|error| {
                tracing::error!(message = "a key of the ring cannot be read", error = %error);
            }) else {
                continue;
            };
            if item.state == KeyState::Active {
                let private = private.iter().find(|private| private.kid == item.kid);
                ring.access = private.map(SigningKey::read).transpose()?;
            }
            ring.published.push(PublishedKey { jwk: item.jwk, algorithm: key.name() });
            ring.by_kid.insert(item.kid, key);
        }
        for item in refresh {
            let key = VerificationKey::shared(item.secret.as_bytes(), Some(TokenType::Refresh));
            let signing = || SigningKey::shared(Some(item.kid.clone()), item.secret.as_bytes());
            match (self.access, item.state) {
                (KeyAccess::Sign, KeyState::Active) => ring.refresh = Some(signing()),
                (KeyAccess::Sign, _) => ring.other_refresh.push(signing()),
                _ => {}
            }
            ring.by_kid.insert(item.kid, key);
        }
        Ok(ring)
    }

    /// Makes the first keys of all. Of several first starts one wins; the others read what it wrote.
    async fn make_first_keys(&self, now: Timestamp) -> Result<(), KeyringError> {
        let mut first = Vec::new();
        for key_use in KeyUse::ALL {
            first.push(key::make(key_use, self.first_algorithm, (&self.randomness, now)).await?);
        }
        if self.store.put_first(&first, now).await? == Moved::Yes {
            tracing::info!(message = "the first keys were made");
        }
        Ok(())
    }
}

impl Known {
    fn younger_than(&self, seconds: i64, now: Timestamp) -> Option<Arc<Ring>> {
        self.ring.clone().filter(|ring| ring.read_at.is_some_and(|at| now < at.plus_seconds(seconds)))
    }

    fn failed_within(&self, seconds: i64, now: Timestamp) -> bool {
        self.failed_at.is_some_and(|at| now < at.plus_seconds(seconds))
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Keyring")
    }
}
