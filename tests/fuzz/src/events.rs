//! Events of the functions that say who may come in.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::House;

/// An event as JSON, given to each of the authorizers and to the routes of the WebSocket. It is answered, and with a refusal
/// unless it holds what was issued.
pub fn authorizer_event(data: &[u8]) {
    House::with(|house| {
        let Ok(event) = serde_json::from_slice::<Value>(&house.filled(data)) else { return };
        let (http, socket, route) = house.wait(async {
            (
                authorizer::handle(Arc::clone(&house.authorizer), event.clone()).await,
                ws_authorizer::handle(Arc::clone(&house.ws_authorizer), event.clone()).await,
                ws_connect::handle(Arc::clone(&house.ws_connect), event.clone()).await,
            )
        });
        let [http, socket] = [http, socket].map(|answer| answer.expect("an answer"));
        let Ok(route) = route;
        let shows = |name: &[u8]| data.windows(name.len()).any(|window| window == name);
        let (has_token, has_owner) = (shows(b"{access}") || shows(b"{signature}"), shows(b"{id}"));
        for answer in [&http, &socket] {
            assert!(refuses(answer) || has_token, "{answer}");
        }
        let opens = route["statusCode"] == 200 && event["requestContext"]["routeKey"] == "$connect";
        assert!(!opens || has_owner, "{route}");
        let known = [200, 401, 403].iter().any(|status| route["statusCode"] == *status);
        assert!(known, "{route}");
    });
}

/// Whether `answer` is a refusal in one of the two shapes that API Gateway knows.
fn refuses(answer: &Value) -> bool {
    let effect = &answer["policyDocument"]["Statement"][0]["Effect"];
    *answer == json!({"isAuthorized": false}) || effect == "Deny"
}
