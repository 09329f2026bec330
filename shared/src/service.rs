//! Wiring: everything that a function can be made of, built once from the settings.

use std::sync::{Arc, Mutex, PoisonError};

use crate::administrator::AdminAuthenticator;
use crate::attempts::{AddressLimit, Attempts};
use crate::authentication::Authenticator;
use crate::aws::{HttpClient, http_client};
use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::http::{Classes, Cors, Edge, RemoteUsers, ViewContext};
use crate::passwords::{Cost, PasswordError, Passwords};
use crate::randomness::{NoEntropy, Randomness};
use crate::reaper::Reaper;
use crate::settings::{Settings, SettingsError, dynamodb_endpoint, is_on_lambda};
use crate::store::{
    AdminBrowsers, AdminSessions, Administration, Bulk, Client, Connections, KeyStore, Listing, Sessions, StoreError,
    Throttles, Tickets, Trail, Users, connect,
};
use crate::telemetry::Telemetry;
use crate::tokens::{KeyAccess, Keyring, Rotation, Signer, Verifier};

/// The parts of the service. A function's `Deps` takes from it exactly what that function may touch.
#[derive(Clone, Debug)]
pub struct Service {
    /// Everything that can be set.
    pub settings: Settings,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub randomness: Randomness,
    client: Client,
    /// Where all functions run in one process: the way to `ws-reaper` in it.
    local_reaper: Option<Reaper>,
    /// Made at its first use: functions that hash nothing never have it.
    passwords: Arc<Mutex<Option<Passwords>>>,
    users: Users,
    telemetry: Telemetry,
}

/// The service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The machine gives no random bytes.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The password engine does not work here.
    #[error(transparent)]
    Passwords(#[from] PasswordError),
    /// The table was started with other settings.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A Lambda function was started by hand.
    #[error("this is a Lambda function: start it with `cargo lambda watch`, or the whole service with `cargo run`")]
    NotOnLambda,
}

impl Service {
    /// The service of a Lambda function, as the environment describes it.
    ///
    /// # Errors
    ///
    /// When a setting is wrong, the process was not started by Lambda, whose runtime would panic, or the machine gives no
    /// random bytes.
    pub async fn from_environment() -> Result<Self, StartError> {
        let settings = Settings::from_environment(&[])?;
        if !is_on_lambda() {
            return Err(StartError::NotOnLambda);
        }
        let client = connect(dynamodb_endpoint().as_deref()).await;
        Ok(Self::new(settings, client, Clock::system(), Randomness::from_system()?))
    }

    /// The service of these parts.
    #[must_use]
    pub fn new(settings: Settings, client: Client, clock: Clock, randomness: Randomness) -> Self {
        let users = Users::new(client.clone(), &settings.table, settings.username_case, randomness.clone());
        let telemetry = Telemetry::new(settings.metrics_namespace.clone(), clock.clone());
        Self { settings, clock, randomness, client, local_reaper: None, passwords: Arc::default(), users, telemetry }
    }

    /// The connection to DynamoDB.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// This service, with `client` in place of its own: a function in a process with others, whose calls are watched apart.
    #[must_use]
    pub fn with_client(self, client: Client) -> Self {
        let users =
            Users::new(client.clone(), &self.settings.table, self.settings.username_case, self.randomness.clone());
        Self { client, users, ..self }
    }

    /// This service, which tells `telemetry` what it does.
    #[must_use]
    pub fn with_telemetry(self, telemetry: Telemetry) -> Self {
        Self { telemetry, ..self }
    }

    /// Where it is told what invocations do.
    #[must_use]
    pub fn telemetry(&self) -> Telemetry {
        self.telemetry.clone()
    }

    /// What the edge of an HTTP function needs.
    #[must_use]
    pub fn edge(&self) -> Edge {
        let cors = Cors::new(&self.settings.cors_origins);
        Edge { randomness: self.randomness.clone(), telemetry: self.telemetry(), cors }
    }

    /// This service, in a process where `ws-reaper` is reached through `reaper`.
    #[must_use]
    pub fn with_local_reaper(self, reaper: Reaper) -> Self {
        Self { local_reaper: Some(reaper), ..self }
    }

    /// The way to `ws-reaper`, if the settings name one.
    #[must_use]
    pub fn reaper(&self) -> Reaper {
        match (&self.local_reaper, &self.settings.sockets.reaper_function) {
            (Some(local), _) => local.clone(),
            (None, Some(function)) => Reaper::lambda(function.clone(), self.http_client()),
            (None, None) => Reaper::none(),
        }
    }

    /// What DynamoDB is reached through, for the clients of AWS's other services.
    #[must_use]
    pub fn http_client(&self) -> HttpClient {
        self.client.config().http_client().unwrap_or_else(http_client)
    }

    /// The users.
    #[must_use]
    pub fn users(&self) -> Users {
        self.users.clone()
    }

    /// The sessions.
    #[must_use]
    pub fn sessions(&self) -> Sessions {
        Sessions::new(self.client.clone(), &self.settings.table, self.randomness.clone())
    }

    /// What administrators and operators do to users.
    #[must_use]
    pub fn administration(&self) -> Administration {
        Administration::new(self.users())
    }

    /// The list of all users.
    #[must_use]
    pub fn listing(&self) -> Listing {
        Listing::new(self.client.clone(), self.settings.table.clone(), self.settings.username_case)
    }

    /// What administrators and operators did.
    #[must_use]
    pub fn trail(&self) -> Trail {
        Trail::new(self.client.clone(), self.settings.table.clone())
    }

    /// Tells administrators by the cookie of the admin site.
    #[must_use]
    pub fn admin_authenticator(&self) -> AdminAuthenticator {
        let sessions = AdminSessions::new(self.client.clone(), self.settings.table.clone());
        AdminAuthenticator::new(sessions, self.users(), self.settings.admin.sessions, self.clock.clone())
    }

    /// Counts attempts at passwords.
    #[must_use]
    pub fn attempts(&self) -> Attempts {
        Attempts::new(self.users(), self.throttles(), self.settings.throttle, self.clock.clone())
    }

    /// How often somebody may sign up from one address.
    #[must_use]
    pub fn sign_up_limit(&self) -> AddressLimit {
        AddressLimit::new(self.throttles(), self.settings.throttle.address_sign_ups(), self.clock.clone())
    }

    /// How often an address may send refresh tokens that are none of ours.
    #[must_use]
    pub fn refresh_failure_limit(&self) -> AddressLimit {
        AddressLimit::new(self.throttles(), self.settings.throttle.address_refresh_failures(), self.clock.clone())
    }

    /// The counted attempts.
    #[must_use]
    pub fn throttles(&self) -> Throttles {
        let enabled = self.settings.throttle.enabled;
        Throttles::new(self.client.clone(), self.settings.table.clone(), self.randomness.clone(), enabled)
    }

    /// The browsers in which administrators have logged in; nothing where attempts are not counted.
    #[must_use]
    pub fn admin_browsers(&self) -> Option<AdminBrowsers> {
        let browsers = || AdminBrowsers::new(self.client.clone(), self.settings.table.clone());
        self.settings.throttle.enabled.then(browsers)
    }

    /// Checks usernames and passwords where no app logs in.
    ///
    /// # Errors
    ///
    /// When the password engine does not work on this machine.
    pub fn credentials(&self) -> Result<Credentials, StartError> {
        let parts = (self.clock.clone(), self.randomness.clone());
        Ok(Credentials::new(self.users(), self.attempts(), self.passwords()?, parts))
    }

    /// The authentication classes beside the token, as far as they are switched on.
    ///
    /// # Errors
    ///
    /// When the password engine does not work on this machine.
    pub fn classes(&self) -> Result<Classes, StartError> {
        Ok(Classes {
            session: self.settings.admin.is_served.then(|| self.admin_authenticator()),
            basic: self.settings.classes.basic.then(|| self.credentials()).transpose()?,
            remote_user: self.settings.classes.remote_user.clone().map(|settings| RemoteUsers {
                settings,
                users: self.users(),
                clock: self.clock.clone(),
            }),
        })
    }

    /// The users, many at a time.
    #[must_use]
    pub fn bulk(&self) -> Bulk {
        Bulk::new(self.users())
    }

    /// The tickets.
    #[must_use]
    pub fn tickets(&self) -> Tickets {
        Tickets::new(self.client.clone(), self.settings.table.clone(), self.randomness.clone())
    }

    /// The open WebSockets.
    #[must_use]
    pub fn connections(&self) -> Connections {
        Connections::new(self.client.clone(), self.settings.table.clone())
    }

    /// The management endpoint of the WebSocket API.
    ///
    /// # Errors
    ///
    /// When `FAREGATE_WS_ENDPOINT` is not set.
    pub fn socket_endpoint(&self) -> Result<String, StartError> {
        let endpoint = self.settings.sockets.management_endpoint.clone();
        endpoint.ok_or(SettingsError::Missing { name: "FAREGATE_WS_ENDPOINT" }.into())
    }

    /// The password hasher; one for all who ask, so that they share its bound.
    ///
    /// # Errors
    ///
    /// When the engine does not work on this machine.
    pub fn passwords(&self) -> Result<Passwords, StartError> {
        let mut made = self.passwords.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(passwords) = &*made {
            return Ok(passwords.clone());
        }
        let Settings { argon2, argon2_engine, dummy_hash, .. } = &self.settings;
        let passwords =
            Passwords::new(*argon2, *argon2_engine)?.with_dummy(dummy_hash.unwrap_or(Cost::argon2id(*argon2)));
        Ok(made.insert(passwords).clone())
    }

    /// [`Service::keyring`], read: what can be done before the first request, which also opens the connection.
    ///
    /// A DynamoDB that does not answer is no reason not to start: requests get 503 until it does.
    pub async fn warm_keyring(&self, access: KeyAccess) -> Keyring {
        let keyring = self.keyring(access);
        if let Err(error) = keyring.warm().await {
            tracing::warn!(message = "the key ring could not be read at start", error = %error);
        }
        keyring
    }

    /// The key ring, as far as `access` goes.
    #[must_use]
    pub fn keyring(&self, access: KeyAccess) -> Keyring {
        let tokens = &self.settings.tokens;
        if let Some(secret) = &tokens.hs256_key {
            return Keyring::shared(secret);
        }
        Keyring::stored(self.key_store(), access, tokens.algorithm, (self.clock.clone(), self.randomness.clone()))
    }

    /// Moves the key ring on.
    #[must_use]
    pub fn rotation(&self) -> Rotation {
        let parts = (self.clock.clone(), self.randomness.clone());
        Rotation::new(self.key_store(), self.settings.tokens.algorithm, parts)
    }

    fn key_store(&self) -> KeyStore {
        KeyStore::new(self.client.clone(), &self.settings.keys_table, self.randomness.clone())
    }

    /// Signs with the keys of `keyring`.
    #[must_use]
    pub fn signer(&self, keyring: Keyring) -> Signer {
        Signer::new(keyring, self.settings.tokens.clone(), self.randomness.clone())
    }

    /// Verifies with the keys of `keyring`.
    #[must_use]
    pub fn verifier(&self, keyring: Keyring) -> Verifier {
        Verifier::new(keyring, &self.settings.tokens)
    }

    /// Tells users by their access tokens, with the keys of `keyring`.
    #[must_use]
    pub fn authenticator(&self, keyring: Keyring) -> Authenticator {
        let reactivation = self.settings.sessions.reactivation;
        Authenticator::new(self.verifier(keyring), self.sessions(), reactivation, self.clock.clone())
    }

    /// What a view needs that does not look who is asking.
    #[must_use]
    pub fn view_context(&self) -> ViewContext {
        ViewContext {
            authenticator: None,
            classes: Classes::default(),
            browsable: self.settings.browsable_api,
            issuer: self.settings.tokens.issuer.clone(),
        }
    }
}

/// Makes sure that the table compares usernames as the settings say.
///
/// # Errors
///
/// When it does not. A DynamoDB that does not answer is asked again at the first request.
pub async fn check_case(users: &Users) -> Result<(), StartError> {
    match users.agree_on_case().await {
        Err(error @ StoreError::CaseSettingDiffers { .. }) => Err(error.into()),
        Err(error) => {
            tracing::warn!(message = "the table could not be asked at start", error = %error);
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
