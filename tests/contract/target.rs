//! Where the requests go.

use axum::body::Body;
use axum::http::Request;
use faregate::store::Users;
use faregate_tests::{Document, Reply, TestApp};

use crate::SIGNING_KEY;
use crate::deployment::Deployment;

/// The service under test.
pub(crate) enum Target {
    /// In this process, with [`SIGNING_KEY`].
    InProcess(Box<TestApp>),
    /// Deployed by somebody, reached over HTTP.
    Deployed(Deployment),
}

impl Target {
    /// The answer to `request`, or why there is none.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Reply, String> {
        match self {
            Self::InProcess(app) => Ok(app.send(request).await),
            Self::Deployed(deployment) => {
                let (method, uri) = (request.method().clone(), request.uri().clone());
                let reply = deployment.send(request).await?;
                Document::served().describes(&method, &uri, &reply).map(|()| reply)
            }
        }
    }

    /// Its users.
    pub(crate) fn users(&self) -> Users {
        match self {
            Self::InProcess(app) => app.service.users(),
            Self::Deployed(deployment) => deployment.users(),
        }
    }

    /// The HS256 key of its tokens.
    pub(crate) fn signing_key(&self) -> &str {
        match self {
            Self::InProcess(_) => SIGNING_KEY,
            Self::Deployed(deployment) => deployment.signing_key(),
        }
    }
}
