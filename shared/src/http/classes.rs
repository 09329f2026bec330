//! The reference's authentication classes beside the token: session, basic, remote user. A view has those that its function
//! gives it; most have none.

use axum::extract::Request;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use lambda_http::request::RequestContext;

use super::browser::{ADMIN_COOKIE, Forged, cookie, refuse_forged};
use super::client::Client;
use super::error::Refusal;
use crate::administrator::AdminAuthenticator;
use crate::authentication::Caller;
use crate::clock::Clock;
use crate::credentials::{Credentials, CredentialsError, Presented};
use crate::domain::admin_session::CookieSecret;
use crate::domain::password::Password;
use crate::settings::RemoteUserSettings;
use crate::store::Users;

/// The classes that a view has beside the token. What API Gateway has verified is asked for before the token, the others behind.
#[derive(Clone, Debug, Default)]
pub struct Classes {
    /// A session on the admin site.
    pub session: Option<AdminAuthenticator>,
    /// HTTP Basic (RFC 7617).
    pub basic: Option<Credentials>,
    /// A user whom API Gateway's own JWT authorizer names.
    pub remote_user: Option<RemoteUsers>,
}

/// Tells users by a claim of a token of another issuer that API Gateway's JWT authorizer has verified: never by anything that
/// a client says of itself. The settings see to it that the other issuer is not ours, whose tokens are judged with sessions.
#[derive(Clone, Debug)]
pub struct RemoteUsers {
    /// Whose tokens, and which claim.
    pub settings: RemoteUserSettings,
    /// The users.
    pub users: Users,
    /// The time.
    pub clock: Clock,
}

/// What a request shows to these classes. Read before anything is waited for.
pub(super) struct Shown {
    session: Option<(CookieSecret, Result<(), Forged>)>,
    basic: Option<Result<Presented, Refusal>>,
    remote_user: Option<String>,
}

impl Shown {
    /// What `request` shows. `form_token` is what its form says against forged requests.
    pub(super) fn of(request: &Request, classes: &Classes, form_token: Option<&str>) -> Self {
        let (headers, client) = (request.headers(), Client::of(request.extensions()));
        let session = classes.session.as_ref().and_then(|_| cookie(headers, ADMIN_COOKIE));
        let session = session.map(|secret| {
            let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
            let genuine = if reads { Ok(()) } else { refuse_forged(headers, form_token, &secret, &client) };
            (secret, genuine)
        });
        let remote_user = classes.remote_user.as_ref().and_then(|users| verified_name(request, &users.settings));
        let basic = classes.basic.as_ref().and_then(|_| basic_header(headers)).map(|value| attempt(&value, client));
        Self { session, basic, remote_user }
    }
}

impl Classes {
    /// Who is shown by a token that API Gateway has verified. Asked before our own tokens: this one may stand in the same
    /// header.
    ///
    /// Boxed: store/call.rs says why.
    pub(super) fn remote<'a>(&'a self, shown: &'a mut Shown) -> BoxFuture<'a, Result<Option<Caller>, Refusal>> {
        Box::pin(async {
            match (&self.remote_user, shown.remote_user.take()) {
                (Some(users), Some(name)) => users.caller(&name).await.map(Some),
                _ => Ok(None),
            }
        })
    }

    /// Who is shown, by the first class that finds something to go by. Boxed as [`Self::remote`] is.
    pub(super) fn authenticate(&self, shown: Shown) -> BoxFuture<'_, Result<Option<Caller>, Refusal>> {
        Box::pin(async {
            if let (Some(authenticator), Some((secret, genuine))) = (&self.session, shown.session)
                && let Some(administrator) = authenticator.administrator(secret).await?
            {
                // Only where there is a session to abuse: without one the request is nobody's.
                genuine.map_err(Refusal::Forged)?;
                let token_expires_at = administrator.expires_at;
                return Ok(Some(Caller { user: administrator.user, session_id: None, token_expires_at }));
            }
            if let (Some(credentials), Some(attempt)) = (&self.basic, shown.basic) {
                return Ok(Some(credentials.caller(attempt?).await?));
            }
            Ok(None)
        })
    }
}

impl Credentials {
    async fn caller(&self, presented: Presented) -> Result<Caller, Refusal> {
        let user = self.check(presented, |_user| true).await?;
        // Good for this request.
        Ok(Caller { user, session_id: None, token_expires_at: self.now() })
    }
}

impl RemoteUsers {
    /// The active user called `name`. Two reads.
    async fn caller(&self, name: &str) -> Result<Caller, Refusal> {
        let id = self.users.find_id(name).await?;
        match self.users.find_or_nobody(id).await? {
            None => Err(Refusal::UserNotFound),
            Some(user) if !user.is_active => Err(Refusal::UserInactive),
            Some(user) => Ok(Caller { user, session_id: None, token_expires_at: self.clock.now() }),
        }
    }
}

/// The value behind `Authorization: Basic`, if that is the scheme, whose name is case-insensitive (RFC 9110, 11.1).
fn basic_header(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(AUTHORIZATION)?.as_bytes()).into_owned();
    let (scheme, rest) = value.split_once(' ').unwrap_or((&value, ""));
    scheme.eq_ignore_ascii_case("basic").then(|| rest.trim().to_owned())
}

/// The username and password in `value`, in the reference's wordings.
fn attempt(value: &str, client: Client) -> Result<Presented, Refusal> {
    let malformed = |reason: &str| Refusal::BadBasic(format!("Invalid basic header. {reason}"));
    if value.is_empty() {
        return Err(malformed("No credentials provided."));
    }
    if value.contains(' ') {
        return Err(malformed("Credentials string should not contain spaces."));
    }
    let decoded = STANDARD.decode(value).map_err(|_| malformed("Credentials not correctly base64 encoded."))?;
    // The reference falls back to Latin-1 for what is no UTF-8.
    let text = String::from_utf8(decoded)
        .unwrap_or_else(|error| encoding_rs::mem::decode_latin1(error.as_bytes()).into_owned());
    let (username, password) =
        text.split_once(':').ok_or_else(|| malformed("Credentials not correctly base64 encoded."))?;
    let password = Password::parse(password.to_owned()).map_err(|_| Refusal::BadBasic(WRONG.to_owned()))?;
    Ok(Presented { username: username.to_owned(), password, source_ip: client.source_ip, browser: None })
}

/// What somebody is told whose username and password are nobody's.
const WRONG: &str = "Invalid username/password.";

/// The username in the token that API Gateway's JWT authorizer has verified, if it is of the issuer that `settings` name.
fn verified_name(request: &Request, settings: &RemoteUserSettings) -> Option<String> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.extensions().get::<RequestContext>() else { return None };
    let claims = &context.authorizer.as_ref()?.jwt.as_ref()?.claims;
    (claims.get("iss") == Some(&settings.issuer)).then(|| claims.get(&settings.claim).cloned()).flatten()
}

impl From<CredentialsError> for Refusal {
    fn from(error: CredentialsError) -> Self {
        match error {
            CredentialsError::Bad => Self::BadBasic(WRONG.to_owned()),
            CredentialsError::Attempt(error) => error.into(),
            CredentialsError::Password(error) => error.into(),
            CredentialsError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(line: &str) -> Option<Result<(String, String), Refusal>> {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(line).unwrap())]);
        let read = basic_header(&headers)?;
        Some(attempt(&read, Client::default()).map(|read| (read.username, read.password.expose().to_owned())))
    }

    #[test]
    fn a_username_ends_at_the_first_colon() {
        let value = STANDARD.encode("ann:pass:word");
        for scheme in ["Basic", "basic", "BASIC"] {
            let read = read(&format!("{scheme} {value}")).unwrap().unwrap();
            assert_eq!(read, ("ann".to_owned(), "pass:word".to_owned()));
        }
        let latin = STANDARD.encode(b"ann:p\xe4ss");
        assert_eq!(read(&format!("Basic {latin}")).unwrap().unwrap().1, "päss");
    }

    #[test]
    fn what_is_no_pair_is_told_so() {
        for (line, reason) in [
            ("Basic", "No credentials provided."),
            ("Basic a b", "Credentials string should not contain spaces."),
            ("Basic %%%", "Credentials not correctly base64 encoded."),
            ("Basic YW5u", "Credentials not correctly base64 encoded."),
        ] {
            let found = read(line).unwrap().unwrap_err();
            assert!(matches!(&found, Refusal::BadBasic(text) if text.ends_with(reason)), "{line}: {found:?}");
        }
        for other in ["Bearer abc", "Basically abc", ""] {
            assert!(read(other).is_none(), "{other}");
        }
    }
}
