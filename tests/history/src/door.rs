//! An environment of the service, as a client meets it.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use faregate::domain::administration::{Deed, UserChange};
use faregate::service::Service;
use faregate::store::StoreError;
use faregate_tests::{Document, Reply};
use tower::ServiceExt as _;

use crate::event::{Answer, Asked};
use crate::recorder::Recorder;

/// Where clients ask.
#[derive(Clone, Debug)]
pub struct Door {
    /// All routes.
    pub routes: Router,
    /// What an operator has in hand.
    pub service: Service,
}

impl Door {
    /// Sends `request`; the answer, and what of it the OpenAPI document does not describe.
    pub async fn send(&self, request: Request<Body>) -> (Reply, Option<String>) {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let response = self.routes.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let reply = Reply::of(response).await;
        let difference = Document::served().describes(&method, &uri, &reply).err();
        (reply, difference)
    }

    /// Does what `faregate users activate` and `deactivate` do.
    pub async fn operate(&self, username: &str, is_active: bool) -> Answer {
        let change = if is_active { UserChange::Activate } else { UserChange::Deactivate };
        match self.change(username, &change).await {
            Ok(true) => Answer::Done,
            Ok(false) => Answer::Nobody,
            Err(_) => Answer::Unknown,
        }
    }

    async fn change(&self, username: &str, change: &UserChange) -> Result<bool, StoreError> {
        let Some(id) = self.service.users().find_id(username).await? else { return Ok(false) };
        let deed = Deed::of_operator(self.service.clock.now());
        Ok(self.service.administration().change_now(id, change, &deed).await?.is_some())
    }
}

/// What `reply` says to whoever asked for `asked`; none when nobody expects it.
pub(crate) fn answer_of(asked: &Asked, reply: &Reply, recorder: &Recorder) -> Option<Answer> {
    let action = reply.header("faregate-action").unwrap_or_default();
    let token = || reply.json.get("refresh").and_then(|token| recorder.token(token.as_str()?));
    Some(match (asked, reply.status) {
        (_, 503) => Answer::Unknown,
        (Asked::SignUp { .. }, 201) => Answer::Created,
        (Asked::SignUp { .. }, 400) if reply.text.contains("already exists") => Answer::Taken,
        (Asked::LogIn { .. }, 200) => Answer::Opened(token()?),
        (Asked::LogIn { .. }, 401) => Answer::Refused,
        (Asked::Refresh { .. }, 200) => Answer::Given(token()?),
        (Asked::Refresh { .. }, 409) => Answer::Superseded,
        (Asked::Refresh { .. }, 401) if reply.text.contains("session_behind") => Answer::Behind,
        (Asked::Refresh { .. }, 401) if action == "reload" => Answer::Stale,
        (Asked::LogOut { .. } | Asked::Look { .. } | Asked::EndAll { .. }, 200) => Answer::Done,
        (_, 401) if action == "reauthenticate" => Answer::Over,
        _ => return None,
    })
}
