//! Lambda's Runtime API on loopback, for one function: it is handed events, and noted when it asks and when it answers
//! ("Using the Lambda runtime API for custom runtimes" in Lambda's developer guide).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

/// The function's ARN, as each invocation names it.
const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:bench";
/// 2100-01-01: no invocation of a benchmark is late.
const DEADLINE_MILLISECONDS: &str = "4102444800000";

/// A Runtime API that listens until it is dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    /// Where it listens: the value of `AWS_LAMBDA_RUNTIME_API`.
    pub address: SocketAddr,
    steps: UnboundedReceiver<Step>,
    handed: u32,
    serving: AbortHandle,
}

/// A function that waits for an event.
#[derive(Debug)]
pub struct Asked {
    /// When it asked.
    pub at: Instant,
    hand: oneshot::Sender<Invocation>,
}

/// What a function made of an event.
#[derive(Debug)]
pub struct Answer {
    /// When the event was handed over.
    pub handed_at: Instant,
    /// When the answer was there.
    pub at: Instant,
    /// The answer.
    pub body: Value,
}

/// The function did not do what was to be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble(pub String);

#[derive(Debug)]
struct Invocation {
    id: String,
    event: String,
}

#[derive(Debug)]
enum Step {
    Asked(Asked),
    Answered { at: Instant, body: Bytes },
    Failed(String),
}

/// What the handlers share.
struct Desk {
    steps: UnboundedSender<Step>,
    /// The invocation that is not answered yet.
    open: Mutex<Option<String>>,
}

impl RuntimeApi {
    /// Listens on a port of its own.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (told, steps) = unbounded_channel();
        let router = router(Arc::new(Desk { steps: told, open: Mutex::default() }));
        let serving = async move { axum::serve(listener, router).await.expect("a server that ends well") };
        #[expect(clippy::disallowed_methods, reason = "a server of a benchmark, which ends it")]
        let serving = tokio::spawn(serving).abort_handle();
        Self { address, steps, handed: 0, serving }
    }

    /// Waits until the function asks for an event.
    ///
    /// # Errors
    ///
    /// When it says instead that it cannot start or that an invocation failed.
    pub async fn asked(&mut self) -> Result<Asked, Trouble> {
        match self.step().await {
            Step::Asked(asked) => Ok(asked),
            Step::Answered { .. } => Err(Trouble("an answer to nothing".to_owned())),
            Step::Failed(text) => Err(Trouble(text)),
        }
    }

    /// Hands `event` to the function that asked, and waits for its answer.
    ///
    /// # Errors
    ///
    /// When it reports an error, asks for another event first, or answers with what is no JSON.
    pub async fn invoke(&mut self, asked: Asked, event: &Value) -> Result<Answer, Trouble> {
        self.handed += 1;
        let invocation = Invocation { id: format!("invocation-{}", self.handed), event: event.to_string() };
        let handed_at = Instant::now();
        asked.hand.send(invocation).map_err(|_gone| Trouble("the function is gone".to_owned()))?;
        match self.step().await {
            Step::Asked(_) => Err(Trouble("it asked for the next event without an answer to this one".to_owned())),
            Step::Failed(text) => Err(Trouble(text)),
            Step::Answered { at, body } => {
                let body = serde_json::from_slice(&body).map_err(|error| Trouble(format!("no JSON: {error}")))?;
                Ok(Answer { handed_at, at, body })
            }
        }
    }

    async fn step(&mut self) -> Step {
        self.steps.recv().await.expect("the server holds the other end")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
        .route("/2018-06-01/runtime/init/error", post(not_started))
        .with_state(desk)
}

async fn next(State(desk): State<Arc<Desk>>) -> Response {
    let (hand, handed) = oneshot::channel();
    desk.tell(Step::Asked(Asked { at: Instant::now(), hand }));
    let Ok(Invocation { id, event }) = handed.await else { return StatusCode::GONE.into_response() };
    desk.open(&id);
    let headers = [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", &id),
        ("lambda-runtime-deadline-ms", DEADLINE_MILLISECONDS),
        ("lambda-runtime-invoked-function-arn", ARN),
        ("lambda-runtime-trace-id", "Root=1-6925f1a0-0a1b2c3d4e5f60718293a4b5;Sampled=0"),
    ];
    (headers, event).into_response()
}

async fn answered(State(desk): State<Arc<Desk>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    desk.close(&id, Step::Answered { at: Instant::now(), body })
}

async fn failed(State(desk): State<Arc<Desk>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    desk.close(&id, Step::Failed(String::from_utf8_lossy(&body).into_owned()))
}

async fn not_started(State(desk): State<Arc<Desk>>, body: Bytes) -> StatusCode {
    desk.tell(Step::Failed(String::from_utf8_lossy(&body).into_owned()));
    StatusCode::ACCEPTED
}

impl Desk {
    fn tell(&self, step: Step) {
        // Nobody is left to tell once the measurement is over.
        let _over = self.steps.send(step);
    }

    fn open(&self, id: &str) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.to_owned());
    }

    /// Ends the invocation `id`; 400, as Lambda says it, when it is not the one that is open.
    fn close(&self, id: &str, step: Step) -> StatusCode {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.as_deref() != Some(id) {
            return StatusCode::BAD_REQUEST;
        }
        *open = None;
        self.tell(step);
        StatusCode::ACCEPTED
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt as _;
    use serde_json::json;
    use tower::ServiceExt as _;

    use super::*;

    /// A Runtime API whose function is the test.
    fn played() -> (RuntimeApi, Router) {
        let (told, steps) = unbounded_channel();
        let router = router(Arc::new(Desk { steps: told, open: Mutex::default() }));
        #[expect(clippy::disallowed_methods, reason = "nothing is served: the test calls the routes itself")]
        let serving = tokio::spawn(async {}).abort_handle();
        (RuntimeApi { address: ([127, 0, 0, 1], 0).into(), steps, handed: 0, serving }, router)
    }

    async fn asks(router: &Router) -> (String, String) {
        let request = Request::get("/2018-06-01/runtime/invocation/next").body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let id = response.headers()["lambda-runtime-aws-request-id"].to_str().unwrap().to_owned();
        let event = response.into_body().collect().await.unwrap().to_bytes();
        (id, String::from_utf8(event.to_vec()).unwrap())
    }

    async fn says(router: &Router, path: &str, body: &str) -> StatusCode {
        let request = Request::post(format!("/2018-06-01/runtime/{path}")).body(Body::from(body.to_owned())).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn an_event_goes_out_and_its_answer_comes_back_with_both_times() {
        let (mut api, router) = played();
        let function = async {
            for number in 1..=2 {
                let (id, event) = asks(&router).await;
                assert_eq!((id.as_str(), event.as_str()), (format!("invocation-{number}").as_str(), r#"{"a":1}"#));
                assert_eq!(says(&router, &format!("invocation/{id}/response"), "[1]").await, StatusCode::ACCEPTED);
            }
        };
        let lambda = async {
            for _ in 0..2 {
                let asked = api.asked().await.unwrap();
                let asked_at = asked.at;
                let answer = api.invoke(asked, &json!({"a": 1})).await.unwrap();
                assert_eq!(answer.body, json!([1]));
                assert!(asked_at <= answer.handed_at && answer.handed_at <= answer.at);
            }
        };
        tokio::join!(function, lambda);
    }

    #[tokio::test]
    async fn an_answer_counts_once_and_only_for_the_open_invocation() {
        let (mut api, router) = played();
        let function = async {
            assert_eq!(says(&router, "invocation/invocation-1/response", "1").await, StatusCode::BAD_REQUEST);
            let (id, _event) = asks(&router).await;
            assert_eq!(says(&router, "invocation/another/response", "1").await, StatusCode::BAD_REQUEST);
            assert_eq!(says(&router, &format!("invocation/{id}/response"), "2").await, StatusCode::ACCEPTED);
            assert_eq!(says(&router, &format!("invocation/{id}/response"), "3").await, StatusCode::BAD_REQUEST);
            assert_eq!(says(&router, &format!("invocation/{id}/error"), "4").await, StatusCode::BAD_REQUEST);
        };
        let lambda = async {
            let asked = api.asked().await.unwrap();
            assert_eq!(api.invoke(asked, &json!({})).await.unwrap().body, json!(2));
        };
        tokio::join!(function, lambda);
        assert!(api.steps.try_recv().is_err(), "more was taken for an answer");
    }

    #[tokio::test]
    async fn what_the_function_cannot_do_is_trouble_in_its_words() {
        let (mut api, router) = played();
        assert_eq!(says(&router, "init/error", "no settings").await, StatusCode::ACCEPTED);
        assert_eq!(api.asked().await.unwrap_err(), Trouble("no settings".to_owned()));
        let function = async {
            let (id, _event) = asks(&router).await;
            says(&router, &format!("invocation/{id}/error"), "a panic").await;
        };
        let lambda = async {
            let asked = api.asked().await.unwrap();
            assert_eq!(api.invoke(asked, &json!({})).await.unwrap_err(), Trouble("a panic".to_owned()));
        };
        tokio::join!(function, lambda);
    }

    #[tokio::test]
    async fn an_invocation_that_is_passed_over_is_trouble() {
        let (mut api, router) = played();
        let function = async {
            asks(&router).await;
            asks(&router).await;
        };
        let lambda = async {
            let asked = api.asked().await.unwrap();
            assert!(api.invoke(asked, &json!({})).await.unwrap_err().0.contains("without an answer"));
        };
        tokio::select! {
            () = function => {}
            () = lambda => {}
        }
    }
}
