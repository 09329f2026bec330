//! `authorizer`: the shapes of its events and answers, what it reads, and what it never does: fail on bad input.

use std::sync::Arc;

use faregate::domain::administration::UserChange;
use faregate_tests::TestApp;
use local::functions::EventFunctions;
use serde_json::{Value, json};

use crate::signing_keys::part;

const ARN: &str = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/rides/7";
const STAGE: &str = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/*";

async fn ask(events: &EventFunctions, event: Value) -> Value {
    authorizer::handle(Arc::clone(&events.authorizer), event).await.unwrap()
}

/// Events as API Gateway sends them, with `line` as the value of `Authorization`.
fn http_2(line: &str) -> Value {
    json!({
        "version": "2.0", "type": "REQUEST", "routeArn": ARN, "identitySource": [line], "routeKey": "GET /rides/{id}",
        "rawPath": "/rides/7", "rawQueryString": "", "cookies": [], "headers": {"authorization": line},
        "requestContext": {"accountId": "123456789012", "apiId": "abcdef1234", "stage": "prod",
            "http": {"method": "GET", "path": "/rides/7", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"}},
    })
}

fn http_1(line: &str) -> Value {
    json!({
        "version": "1.0", "type": "REQUEST", "methodArn": ARN, "identitySource": line, "authorizationToken": line,
        "resource": "/rides/{id}", "path": "/rides/7", "httpMethod": "GET", "headers": {"Authorization": line},
        "queryStringParameters": {}, "pathParameters": {"id": "7"}, "stageVariables": {}, "requestContext": {},
    })
}

fn rest_token(line: &str) -> Value {
    json!({"type": "TOKEN", "authorizationToken": line, "methodArn": ARN})
}

fn rest_request(line: &str) -> Value {
    json!({
        "type": "REQUEST", "methodArn": ARN, "resource": "/rides/{id}", "path": "/rides/7", "httpMethod": "GET",
        "headers": {"Authorization": line, "Host": "x"}, "multiValueHeaders": {"Authorization": [line], "Host": ["x"]},
        "queryStringParameters": null, "multiValueQueryStringParameters": null, "requestContext": {"stage": "prod"},
    })
}

fn context(access: &str) -> Value {
    let claims = part(access, 1);
    json!({"id": claims["id"], "username": "ann", "sid": claims["sid"], "expires_at": claims["exp"].to_string()})
}

fn allowed(access: &str) -> Value {
    let statement = json!({"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": STAGE});
    json!({
        "principalId": part(access, 1)["id"],
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context(access),
    })
}

fn refused(resource: &str) -> Value {
    let statement = json!({"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": resource});
    json!({"principalId": "anonymous", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}})
}

#[tokio::test]
async fn each_event_gets_the_answer_that_belongs_to_it() {
    let app = TestApp::start().await;
    let (events, access) = (app.events().await, app.user("ann").await.access);
    let (good, bad) = (format!("Bearer {access}"), format!("Bearer {access}x"));
    let simple = json!({"isAuthorized": true, "context": context(&access)});
    assert_eq!(ask(&events, http_2(&good)).await, simple);
    assert_eq!(ask(&events, http_2(&bad)).await, json!({"isAuthorized": false}));
    for shape in [http_1, rest_token, rest_request] {
        assert_eq!(ask(&events, shape(&good)).await, allowed(&access));
        assert_eq!(ask(&events, shape(&bad)).await, refused(ARN));
    }
}

#[tokio::test]
async fn payload_2_gets_a_policy_where_the_setting_says_so() {
    let app = TestApp::builder().with("FAREGATE_AUTHORIZER_RESPONSE", "policy").start().await;
    let (events, access) = (app.events().await, app.user("ann").await.access);
    assert_eq!(ask(&events, http_2(&format!("Bearer {access}"))).await, allowed(&access));
    assert_eq!(ask(&events, http_2("Bearer x")).await, refused(ARN));
}

#[tokio::test]
async fn it_reads_nothing_unless_it_is_told_to() {
    let app = TestApp::start().await;
    let tokens = app.user("ann").await;
    let events = app.events().await;
    let event = http_2(&format!("Bearer {}", tokens.access));
    app.calls.take();
    assert_eq!(ask(&events, event.clone()).await["isAuthorized"], true);
    assert!(app.calls.take().is_empty());
    app.log_out(&tokens.refresh).await.is(200);
    assert_eq!(ask(&events, event).await["isAuthorized"], true, "the token is good until it expires");
}

#[tokio::test]
async fn in_session_mode_log_out_and_deactivation_count() {
    let app = TestApp::builder().with("FAREGATE_AUTHORIZER_MODE", "session").start().await;
    let (events, tokens) = (app.events().await, app.user("ann").await);
    let other = app.log_in("ann").await;
    let (first, second) = (http_2(&format!("Bearer {}", tokens.access)), http_2(&format!("Bearer {}", other.access)));
    app.calls.take();
    assert_eq!(ask(&events, first.clone()).await, json!({"isAuthorized": true, "context": context(&tokens.access)}));
    assert_eq!(app.calls.take(), ["BatchGetItem"]);
    app.log_out(&tokens.refresh).await.is(200);
    assert_eq!(ask(&events, first).await["isAuthorized"], false);
    assert_eq!(ask(&events, second.clone()).await["isAuthorized"], true);
    let id = app.service.users().find_id("ann").await.unwrap().unwrap();
    app.change(id, UserChange::Deactivate).await;
    assert_eq!(ask(&events, second).await["isAuthorized"], false);
}

#[tokio::test]
async fn a_malformed_event_is_refused_in_the_shape_that_it_seems_to_want() {
    let app = TestApp::start().await;
    let (events, access) = (app.events().await, app.user("ann").await.access);
    let good = format!("Bearer {access}");
    for (odd, wanted) in [
        (json!(null), refused("*")),
        (json!([]), refused("*")),
        (json!("x"), refused("*")),
        (json!({}), refused("*")),
        (json!({"type": "TOKEN"}), refused("*")),
        (json!({"type": "TOKEN", "methodArn": 7, "authorizationToken": good}), refused("*")),
        (json!({"type": "TOKEN", "methodArn": "nonsense", "authorizationToken": good}), refused("*")),
        (
            json!({"type": "TOKEN", "methodArn": "arn:aws:execute-api", "authorizationToken": good}),
            refused("arn:aws:execute-api"),
        ),
        (json!({"type": "TOKEN", "methodArn": ARN, "authorizationToken": access}), refused(ARN)),
        (json!({"type": "TOKEN", "methodArn": ARN, "authorizationToken": [good]}), refused(ARN)),
        (json!({"type": "token", "methodArn": ARN, "authorizationToken": good}), refused(ARN)),
        (json!({"methodArn": ARN, "authorizationToken": good}), refused(ARN)),
        (json!({"type": "REQUEST", "methodArn": ARN, "headers": null}), refused(ARN)),
        (json!({"type": "REQUEST", "methodArn": ARN, "headers": {"Authorization": {"Bearer": access}}}), refused(ARN)),
        (
            json!({"type": "REQUEST", "methodArn": ARN, "multiValueHeaders": {"Authorization": [good, good]}}),
            refused(ARN),
        ),
        (json!({"version": "2.0", "type": "REQUEST"}), json!({"isAuthorized": false})),
        (json!({"version": "2.0", "headers": {"authorization": good}}), json!({"isAuthorized": false})),
        (http_2(&format!("{good},{good}")), json!({"isAuthorized": false})),
        (http_2(&format!("Basic {access}")), json!({"isAuthorized": false})),
        (http_2("Bearer"), json!({"isAuthorized": false})),
        (http_2(""), json!({"isAuthorized": false})),
        (http_2("Bearer a b"), json!({"isAuthorized": false})),
        (
            json!({"version": "3.0", "type": "REQUEST", "routeArn": ARN, "headers": {"authorization": "Bearer x"}}),
            refused(ARN),
        ),
    ] {
        assert_eq!(ask(&events, odd.clone()).await, wanted, "{odd:.200}");
    }
}

#[tokio::test]
async fn what_a_client_asks_for_does_not_decide_what_its_permission_covers() {
    let app = TestApp::start().await;
    let (events, access) = (app.events().await, app.user("ann").await.access);
    for path in ["a*b", "?", "*", "", "%2A", "a/../b"] {
        let mut event = rest_token(&format!("Bearer {access}"));
        event["methodArn"] = json!(format!("{}{path}", ARN.trim_end_matches('7')));
        assert_eq!(ask(&events, event).await, allowed(&access), "{path}");
    }
}

#[tokio::test]
async fn an_expired_token_is_refused_to_the_second() {
    let app = TestApp::builder().with("FAREGATE_TOKEN_JITTER", "off").start().await;
    let (events, access) = (app.events().await, app.user("ann").await.access);
    app.clock.advance_seconds(3599);
    assert_eq!(ask(&events, http_2(&format!("Bearer {access}"))).await["isAuthorized"], true);
    app.clock.advance_seconds(1);
    assert_eq!(ask(&events, http_2(&format!("Bearer {access}"))).await["isAuthorized"], false);
}

#[tokio::test]
async fn trouble_of_our_own_is_an_error_and_no_refusal() {
    let app = TestApp::builder().with("FAREGATE_AUTHORIZER_MODE", "session").start().await;
    let (events, access) = (app.events().await, app.user("ann").await.access);
    for _ in 0..3 {
        app.calls.lose_next_answer("BatchGetItem");
    }
    let event = http_2(&format!("Bearer {access}"));
    let failed = authorizer::handle(Arc::clone(&events.authorizer), event.clone()).await;
    assert!(failed.unwrap_err().to_string().contains("BatchGetItem"));
    assert_eq!(ask(&events, event).await["isAuthorized"], true);
}
