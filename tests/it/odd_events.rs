//! Events that no gateway sends: whatever they hold, each function answers them, and nobody comes in who should not.

use std::sync::Arc;

use faregate_tests::TestApp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

const ARN: &str = "arn:aws:execute-api:local:000000000000:local/local/$connect";

/// An event with everything that any function looks at.
fn full(token: &str) -> Value {
    json!({
        "version": "2.0", "type": "REQUEST", "methodArn": ARN, "routeArn": ARN, "authorizationToken": token,
        "headers": {"authorization": token, "Sec-WebSocket-Protocol": "bearer, x"},
        "multiValueHeaders": {"Authorization": [token]},
        "queryStringParameters": {"ticket": "x"}, "multiValueQueryStringParameters": {"ticket": ["x"]},
        "requestContext": {
            "routeKey": "$connect", "connectionId": "c",
            "authorizer": {"id": "x", "username": "ann", "sid": "", "expires_at": "7"},
        },
        "user_id": "x",
    })
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("Bearer x")),
        Just(json!("TOKEN")),
        Just(json!("$disconnect")),
        Just(json!(ARN)),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let object = vec((".{0,12}", inner.clone()), 0..4).prop_map(|members| Value::Object(Map::from_iter(members)));
        prop_oneof![vec(inner, 0..4).prop_map(Value::from), object]
    })
}

/// Puts `odd` in place of the `index`-th value of `event`, counted from the outside in.
fn put(event: &mut Value, index: &mut usize, odd: &Value) {
    if *index == 0 {
        *event = odd.clone();
    }
    *index = index.wrapping_sub(1);
    match event {
        Value::Object(members) => members.values_mut().for_each(|value| put(value, index, odd)),
        Value::Array(values) => values.iter_mut().for_each(|value| put(value, index, odd)),
        _ => {}
    }
}

#[test]
fn every_function_answers_whatever_comes() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::start());
    let functions = runtime.block_on(app.events());
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let changes = vec((0_usize..30, any_value()), 0..4);
    let answered = runner.run(&changes, |changes| {
        let mut event = full("Bearer x.y.z");
        for (mut index, odd) in changes {
            put(&mut event, &mut index, &odd);
        }
        let answers = runtime.block_on(async {
            (
                authorizer::handle(Arc::clone(&functions.authorizer), event.clone()).await,
                ws_authorizer::handle(Arc::clone(&functions.ws_authorizer), event.clone()).await,
                ws_connect::handle(Arc::clone(&functions.ws_connect), event.clone()).await,
                ws_reaper::handle(Arc::clone(&functions.ws_reaper), event.clone()).await,
            )
        });
        let (http, socket, route, reaped) =
            (answers.0.unwrap(), answers.1.unwrap(), answers.2.unwrap(), answers.3.unwrap());
        let refused = json!({"isAuthorized": false});
        let effect = |policy: &Value| policy["policyDocument"]["Statement"][0]["Effect"].clone();
        prop_assert!(http == refused || effect(&http) == "Deny", "{}: {}", event, http);
        prop_assert_eq!(effect(&socket), "Deny", "{}", event);
        // No id in these events is one of a user's.
        prop_assert_eq!(&route["statusCode"], 403, "{}", event);
        prop_assert_eq!(reaped, json!({"closed": 0, "failed": 0}));
        Ok(())
    });
    answered.unwrap();
}
