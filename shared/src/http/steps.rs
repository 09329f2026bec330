//! The steps that every request to a route takes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::http::{Method, header};
use axum::response::Response;
use axum::routing::any;
use futures_util::FutureExt as _;

use super::answer::{Answer, DEVICE_HEADER};
use super::bearer::{Credentials, credentials};
use super::body::RequestBody;
use super::browsable::{Asked, unfold};
use super::browser::FORM_TOKEN;
use super::classes::{Classes, Shown};
use super::client::Client;
use super::cors;
use super::error::Refusal;
use super::fields::FieldReader;
use super::json::Value;
use super::metadata;
use super::negotiation::{Renderer, negotiate};
use super::outcome::Outcome;
use super::rendering::Rendering;
use super::view::{Authentication, View};
use crate::authentication::{Authenticator, Caller};

/// What the steps need beside the view.
#[derive(Clone, Debug)]
pub struct ViewContext {
    /// Tells who is asking; needed unless the view ignores it.
    pub authenticator: Option<Authenticator>,
    /// The other ways to say who is asking.
    pub classes: Classes,
    /// Whether browsers get pages.
    pub browsable: bool,
    /// The claim `iss`, if it is set; else it is the request's domain.
    pub issuer: Option<String>,
}

/// A request that passed the steps before its handler.
#[derive(Debug)]
pub struct Call {
    /// The other end.
    pub client: Client,
    /// Who sent it, if the view looked and found somebody.
    pub caller: Option<Caller>,
    /// The claim `iss` of tokens made for this request.
    pub issuer: String,
    /// The `User-Agent`, cut to 256 bytes.
    pub user_agent: Option<String>,
    /// The header `Faregate-Device`, if it is text.
    pub device: Option<String>,
    /// The segments that the path leaves open, by name.
    segments: Vec<(String, String)>,
    body: RequestBody,
}

impl Call {
    /// The fields of the body.
    ///
    /// # Errors
    ///
    /// When it is of no type that we read, cannot be parsed, or is no object.
    pub async fn fields(&self) -> Result<FieldReader, Refusal> {
        self.body.members().await.map(FieldReader::new)
    }

    /// The segment of the path that the view calls `{name}`.
    #[must_use]
    pub fn segment(&self, name: &str) -> Option<&str> {
        self.segments.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Which route answered, beside the answer, for the log: a path that no route names could be anything, a token included.
#[derive(Clone, Copy, Debug)]
pub struct Route(pub &'static str);

/// The routes of `view`, with and without the last slash, handled by `handle` with `deps`.
pub fn view_router<D, H, F>(view: &'static View, context: ViewContext, deps: D, handle: H) -> Router
where
    D: Send + Sync + 'static,
    H: Fn(Arc<D>, Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Answer, Refusal>> + Send + 'static,
{
    let (context, deps) = (Arc::new(context), Arc::new(deps));
    let service = any(move |request: Request| {
        let (context, deps, handle) = (Arc::clone(&context), Arc::clone(&deps), handle.clone());
        async move {
            let mut steps = Steps { view, context: &context, cookie_consulted: false, asked: Asked::of(&request) };
            steps.run(request, |call| handle(deps, call).boxed()).await
        }
    });
    let slashed = format!("{}/", view.path);
    Router::new().route(view.path, service.clone()).route(&slashed, service)
}

/// One request on its way through the steps.
struct Steps<'a> {
    view: &'a View,
    context: &'a ViewContext,
    cookie_consulted: bool,
    asked: Asked,
}

impl Steps<'_> {
    async fn run<F>(&mut self, request: Request, handle: impl FnOnce(Call) -> F + Send) -> Response
    where
        F: Future<Output = Result<Answer, Refusal>> + Send,
    {
        if let Some(mut response) = cors::preflight(request.extensions(), self.view.allow()) {
            response.extensions_mut().insert(Route(self.view.path));
            return response;
        }
        let negotiated = negotiate(request.headers(), request.uri().query(), self.context.browsable);
        let (renderer, outcome) = match negotiated {
            Ok(renderer) => (renderer, self.answer(renderer, request, handle).await),
            Err(refusal) => (Renderer::Json { indent: None }, Err(refusal)),
        };
        let Self { view, cookie_consulted, asked, .. } = self;
        let rendering = Rendering { view, renderer, cookie_consulted: *cookie_consulted, asked };
        let ended = Outcome::of(&outcome);
        let mut response = rendering.respond(outcome);
        response.extensions_mut().insert(Route(view.path));
        response.extensions_mut().insert(ended);
        response
    }

    async fn answer<F>(
        &mut self,
        renderer: Renderer,
        request: Request,
        handle: impl FnOnce(Call) -> F + Send,
    ) -> Result<Answer, Refusal>
    where
        F: Future<Output = Result<Answer, Refusal>> + Send,
    {
        let (request, credentials) = match renderer {
            Renderer::Json { .. } => {
                let credentials = credentials(request.headers());
                (request, credentials)
            }
            Renderer::Page => unfold(request, self.view, &mut self.asked).await?,
        };
        self.asked.has_log_in = self.context.classes.session.is_some();
        let form_token = match self.asked.members.get(FORM_TOKEN) {
            Some(Value::Text(token)) => Some(token.as_str()),
            _ => None,
        };
        let shown = Shown::of(&request, &self.context.classes, form_token);
        let caller = self.authenticate(credentials, shown).await?;
        self.asked.caller = caller.as_ref().map(|caller| caller.user.username.to_string());
        if request.method() == Method::OPTIONS {
            return Ok(Answer::ok(metadata::of(self.view, self.context.browsable)));
        }
        if !self.view.handles(request.method()) {
            return Err(Refusal::MethodNotAllowed(request.method().clone()));
        }
        handle(self.call(request, caller).await?).await
    }

    async fn authenticate(&mut self, credentials: Credentials, mut shown: Shown) -> Result<Option<Caller>, Refusal> {
        if self.view.authentication == Authentication::Ignored {
            return Ok(None);
        }
        if let Some(caller) = self.context.classes.remote(&mut shown).await? {
            return Ok(Some(caller));
        }
        match (credentials, &self.context.authenticator) {
            (Credentials::Malformed, _) => Err(Refusal::MalformedAuthorization),
            (Credentials::Bearer(token), Some(authenticator)) => Ok(Some(authenticator.authenticate(&token).await?)),
            _ => {
                self.cookie_consulted = true;
                match self.context.classes.authenticate(shown).await? {
                    None if self.view.needs_user() => Err(Refusal::NotAuthenticated),
                    caller => Ok(caller),
                }
            }
        }
    }

    async fn call(&self, request: Request, caller: Option<Caller>) -> Result<Call, Refusal> {
        let client = Client::of(request.extensions());
        let (mut parts, body) = request.into_parts();
        // Nothing but a path that axum did not match has none.
        let segments = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
        let segments = segments.iter().flatten().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let issuer = self.context.issuer.clone().unwrap_or_else(|| client.issuer());
        let user_agent = parts
            .headers
            .get(header::USER_AGENT)
            .map(|value| String::from_utf8_lossy(value.as_bytes().get(..256).unwrap_or(value.as_bytes())).into_owned());
        let device = parts.headers.get(DEVICE_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let content_type = parts.headers.get(header::CONTENT_TYPE).cloned();
        let body = RequestBody::read(body, content_type).await?;
        Ok(Call { client, caller, issuer, user_agent, device, segments, body })
    }
}
