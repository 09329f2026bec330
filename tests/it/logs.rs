//! Log lines: one for each request, as JSON, without anything that is nobody's business.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::http::{HeaderValue, Method};
use faregate::logging::json_lines;
use faregate_tests::{
    PASSWORD, Record, SIMPLEJWT_KEY, START, TestApp, basic, claim, empty_request, fresh_id, hash_of, imported,
    json_request, simplejwt_refresh,
};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines about requests.
    fn requests(&self) -> Vec<Value> {
        let lines = self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
        lines.into_iter().filter(|line| line["message"] == "answered").collect()
    }
}

/// What this thread logs from now on, at `level` and above.
fn listen(level: LevelFilter) -> (Captured, DefaultGuard) {
    let captured = Captured::default();
    let guard = tracing::subscriber::set_default(json_lines(level, captured.clone()));
    (captured, guard)
}

#[tokio::test]
async fn each_request_is_one_line_with_its_id() {
    let (captured, _guard) = listen(LevelFilter::INFO);
    let app = TestApp::start().await;
    let reply = app.sign_up("ann").await;
    app.send(empty_request(Method::GET, "/secret/path?token=abc")).await.is(404);
    let lines = captured.requests();
    assert_eq!(lines.len(), 2, "{}", captured.text());
    assert_eq!(lines[0]["http.route"], "/api/sign_up");
    assert_eq!((&lines[0]["http.method"], &lines[0]["http.status"]), (&"POST".into(), &201.into()));
    assert_eq!(lines[0]["span"]["request.id"], reply.header("x-request-id").unwrap());
    assert!(lines[0]["duration_ms"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn a_line_says_how_a_request_ended_and_what_it_cost() {
    let (captured, _guard) = listen(LevelFilter::INFO);
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    app.try_log_in("ann", "wrong").await.is(401);
    let mut traced = json_request(Method::GET, "/api/me/", &Value::Null);
    let mut context = lambda_http::Context::default();
    context.xray_trace_id = Some("Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1".to_owned());
    traced.extensions_mut().insert(context);
    app.send(traced).await.is(401);
    app.calls.replace_next_answer("Query", 400, json!({"__type": "com.amazonaws#ThrottlingException"}));
    app.try_log_in("ann", PASSWORD).await.is(200);

    let lines = captured.requests();
    let told = |name: &str| lines.iter().map(|line| line[name].clone()).collect::<Vec<_>>();
    assert_eq!(told("outcome"), ["ok", "bad_credentials", "not_authenticated", "ok"]);
    assert_eq!(told("cold_start"), [true, false, false, false]);
    // The last one was throttled, and asked again.
    assert_eq!(told("dynamodb.calls"), [1, 3, 0, 6]);
    assert_eq!(told("dynamodb.read_units"), [0.0, 2.0, 0.0, 2.0]);
    assert_eq!(told("dynamodb.write_units"), [6.0, 1.0, 0.0, 3.0]);
    assert_eq!(lines[0]["span"]["xray.trace_id"], Value::Null);
    assert_eq!(lines[2]["span"]["xray.trace_id"], "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1");
}

#[tokio::test]
async fn below_its_level_nothing_is_written() {
    let (captured, _guard) = listen(LevelFilter::ERROR);
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    assert_eq!(captured.text(), "");
    assert_eq!(app.metrics.counts(), [json!({"SignUps": 1})]);
}

#[tokio::test]
async fn a_missing_table_or_right_is_our_trouble_and_the_log_says_which() {
    let (captured, _guard) = listen(LevelFilter::INFO);
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    let lost = app.another(&[("FAREGATE_TABLE", "nobody-made-it")]).await;
    lost.try_log_in("ann", PASSWORD).await.is(503);
    let message = "User: arn:aws:sts::1:assumed-role/r/f is not authorized to perform: dynamodb:Query on resource: \
                   arn:aws:dynamodb:eu-central-1:1:table/faregate because no identity-based policy allows it";
    let denial = json!({"__type": "com.amazon.coral.service#AccessDeniedException", "Message": message});
    app.calls.replace_next_answer("Query", 400, denial);
    app.try_log_in("ann", PASSWORD).await.is(503);

    let lines = captured.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let failed = lines.iter().filter(|line| line["message"] == "the service failed");
    let errors = failed.map(|line| line["error"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].contains("there is no table nobody-made-it; see FAREGATE_TABLE"), "{errors:?}");
    assert!(errors[1].contains("on table faregate") && errors[1].contains("lacks dynamodb:Query"), "{errors:?}");
    assert_eq!(lost.metrics.counts(), [json!({"Faults": 1})]);
}

#[tokio::test]
async fn what_counts_is_counted() {
    let app = TestApp::start().await;
    app.user("ann").await;
    app.try_log_in("nobody", PASSWORD).await.is(401);
    app.sign_up("ann").await.is(400);
    let (record, _) = app.log_in_with_ids("ann").await;
    let next = record.after(&app.refresh_with(&record).await);
    app.refresh(&record.refresh).await.is(401);
    app.refresh_with(&next).await.is(401);
    let told = app.metrics.take();
    let directive = &told[0]["_aws"]["CloudWatchMetrics"][0];
    assert_eq!((&directive["Namespace"], &directive["Dimensions"]), (&json!("Faregate/tests"), &json!([[]])));
    assert_eq!(told[0]["_aws"]["Timestamp"], START.milliseconds());
    let mut total = std::collections::BTreeMap::new();
    for document in &told {
        for (name, times) in document.as_object().unwrap().iter().filter(|(name, _)| *name != "_aws") {
            *total.entry(name.as_str()).or_insert(0) += times.as_u64().unwrap();
        }
    }
    let wanted =
        [("LogInFailures", 1), ("LogIns", 2), ("RefreshFailures", 2), ("Refreshes", 1), ("SignUps", 1), ("Thefts", 1)];
    assert_eq!(total.into_iter().collect::<Vec<_>>(), wanted);
}

struct Given {
    access: String,
    ticket: String,
}

/// Shows a token and a ticket to every authorizer, while DynamoDB fails and while it does not.
async fn opens_a_socket(app: &TestApp) -> Given {
    let access = app.log_in("ann@example.com").await.access;
    let mut request = empty_request(Method::POST, "/api/ws_ticket/");
    request.headers_mut().insert("authorization", HeaderValue::from_str(&format!("Bearer {access}")).unwrap());
    let ticket = app.send(request).await.field("ticket");
    let events = app.events().await;
    let headers = json!({"authorization": format!("Bearer {access}")});
    let event = json!({"version": "2.0", "type": "REQUEST", "headers": headers});
    authorizer::handle(Arc::clone(&events.authorizer), event).await.unwrap();
    let connecting = json!({"routeKey": "$connect"});
    let event = json!({"type": "REQUEST", "queryStringParameters": {"ticket": ticket}, "requestContext": connecting});
    for _ in 0..3 {
        app.calls.lose_next_answer("UpdateItem");
    }
    ws_authorizer::handle(Arc::clone(&events.ws_authorizer), event.clone()).await.unwrap_err();
    ws_authorizer::handle(Arc::clone(&events.ws_authorizer), event).await.unwrap();
    Given { access, ticket }
}

#[tokio::test]
async fn a_name_that_was_closed_is_a_line_and_a_lane_of_another_kind_is_none() {
    let (captured, _guard) = listen(LevelFilter::INFO);
    let app = TestApp::builder().with("FAREGATE_ACCOUNT_FAILURE_LIMIT", "2").start().await;
    let id = app.sign_up("ann").await.field("id");
    let access = app.log_in("ann").await.access;
    for _ in 0..2 {
        app.post_as(&access, "/api/account/delete/", &json!({"password": "wrong"})).await.is(400);
    }
    assert!(!captured.text().contains("password_closed"));
    app.try_log_in("ann", "wrong").await.is(401);
    for _ in 0..3 {
        app.try_log_in("nobody", "wrong").await;
        app.try_log_in("ann", "wrong").await.is(429);
    }
    let lines: Vec<Value> = captured.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let closed: Vec<_> = lines.iter().filter(|line| line["audit.event"] == "password_closed").collect();
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0]["user.id"], id.as_str());
}

#[tokio::test]
async fn a_session_that_a_djangos_token_opened_is_a_line_and_the_token_is_in_none() {
    let (captured, _guard) = listen(LevelFilter::INFO);
    let app =
        TestApp::builder().with("FAREGATE_HS256_KEY", SIMPLEJWT_KEY).with("FAREGATE_ACCEPT_SIMPLEJWT_REFRESH", "on");
    let app = app.start().await;
    let rider = imported("rider", "36", "!");
    app.bring(std::slice::from_ref(&rider)).await;
    let token = simplejwt_refresh(&json!("36"), "token-of-a-django", app.clock.now().plus_seconds(60));
    let access = app.refresh(&token).await.field("access");
    let next = app.refresh(&token).await.field("refresh");
    app.refresh(&next).await.is(200);
    // Shown again once the session has moved on, and then to end it.
    app.refresh(&token).await.is(401);
    app.log_out(&token).await.is(200);
    app.refresh(&token).await.is(401);
    let text = captured.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (event, times) in [("session_carried_over", 1), ("carried_token_shown_again", 2)] {
        let told: Vec<_> = lines.iter().filter(|line| line["audit.event"] == event).collect();
        assert_eq!(told.len(), times, "{event}");
        for line in told {
            let whose = (&line["user.id"], &line["session.id"]);
            assert_eq!(whose, (&json!(rider.id.to_string()), &json!(claim(&access, "sid"))), "{event}");
        }
    }
    assert!(!text.contains(&token) && !text.contains("token-of-a-django") && !text.contains("rider"), "{text}");
}

#[tokio::test]
async fn what_somebody_may_have_to_look_into_is_a_line_that_names_nobody() {
    let (captured, _guard) = listen(LevelFilter::INFO);
    let app = TestApp::start().await;
    // A token alone, long ago and now; a copy that went another way; a table that was restored.
    let (old, first_access) = app.user_with_ids("ann@example.com").await;
    let saved = app.session_item(&first_access).await;
    let second = old.after(&app.refresh_with(&old).await);
    let third = second.after(&app.refresh_with(&second).await);
    app.refresh(&old.refresh).await.is(401);
    app.refresh_with(&Record { next_id: fresh_id(), ..second.clone() }).await.is(401);
    app.put(saved).await;
    app.refresh_with(&third).await.is(401);
    app.refresh(&old.refresh).await.is(401);
    let (copy, _) = app.log_in_with_ids("ann@example.com").await;
    let mut ahead = copy.clone();
    for _ in 0..2 {
        ahead = ahead.after(&app.refresh_with(&ahead).await);
    }
    app.log_out(&copy.refresh).await.is(200);
    let access = app.log_in("ann@example.com").await.access;
    app.post_as(&access, "/api/log_out/others/", &json!({})).await.is(200);
    app.change_password(&access, "another-Oak-77").await.is(200);
    app.post_as(&access, "/api/account/delete/", &json!({"password": "another-Oak-77"})).await.is(200);

    let text = captured.text();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let audit: Vec<&Value> = lines.iter().filter(|line| line["message"] == "audit").collect();
    let told: Vec<_> = audit.iter().map(|line| (&line["audit.event"], &line["audit.reason"])).collect();
    assert_eq!(
        told,
        [
            (&json!("stale_token_shown"), &Value::Null),
            (&json!("session_stolen"), &json!("rotation_fork")),
            (&json!("session_behind"), &Value::Null),
            (&json!("session_stolen"), &json!("rotation_id_missing")),
            (&json!("logged_out_from_behind"), &Value::Null),
            (&json!("sessions_ended"), &Value::Null),
            (&json!("password_changed"), &Value::Null),
            (&json!("account_deleted"), &Value::Null),
        ]
    );
    for line in &audit {
        assert_eq!(line["user.id"], claim(&access, "id"));
        assert!(line["span"]["request.id"].is_string());
    }
    assert_eq!(audit[0]["session.id"], claim(&first_access, "sid"));
    assert!(
        !text.contains("example.com") && !text.contains(&old.rotation_id) && !text.contains(&hash_of(&old.next_id))
    );
}

/// A good and a bad log-in on the admin site, forged requests and HTTP Basic; what their cookies and forms held.
async fn enters_the_admin_site(app: &TestApp) -> Vec<String> {
    app.staff("boss@example.com").await;
    let mut browser = app.browser();
    browser.log_in("boss@example.com", "wrong-secret-word").await.is(403);
    let mut held: Vec<String> = browser.cookies.values().cloned().collect();
    browser.log_in("boss@example.com", PASSWORD).await.is(303);
    held.extend(browser.cookies.values().cloned());
    let page = browser.get("/admin/users/?q=someone@example.com").await;
    let token = page.text.split("name=\"csrfmiddlewaretoken\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    held.push(token.to_owned());
    let fields = [("csrfmiddlewaretoken", "in-the-form"), ("username", "boss@example.com"), ("password", PASSWORD)];
    for path in ["/admin/login/", "/admin/users/add/", "/admin/logout/"] {
        browser.post_alone(path, &fields).await.is(403);
        browser.origin = Some("https://boss@example.com-Bearer-in-the-origin");
        browser.post(path, &page, &fields[1..]).await.is(403);
        browser.origin = Some("http://localhost:8000");
    }
    app.send(basic("boss@example.com", PASSWORD)).await.is(200);
    app.send(basic("boss@example.com", "wrong-secret-word")).await.is(401);
    held.push(basic("boss@example.com", PASSWORD).headers()["authorization"].to_str().unwrap()[6..].to_owned());
    held
}

#[tokio::test]
async fn no_line_tells_a_password_a_token_a_hash_or_a_name() {
    let (captured, _guard) = listen(LevelFilter::INFO);
    let app = TestApp::builder().with("FAREGATE_BASIC_AUTH", "on").start().await;
    let held = enters_the_admin_site(&app).await;
    let tokens = app.user("ann@example.com").await;
    app.sign_up("ann@example.com").await.is(400);
    app.try_log_in("ann@example.com", "wrong-secret-word").await.is(401);
    let successor = app.refresh(&tokens.refresh).await.field("refresh");
    app.clock.advance_seconds(60);
    app.refresh(&tokens.refresh).await.is(401);
    app.me(&tokens.access).await.is(401);
    app.verify(&successor).await.is(400);
    app.log_out(&successor).await.is(401);
    for _ in 0..3 {
        app.calls.lose_next_answer("TransactWriteItems");
    }
    app.sign_up("ben@example.com").await.is(503);
    let given = opens_a_socket(&app).await;
    let mut odd = empty_request(Method::GET, "/api/me/?access=in-the-query");
    odd.headers_mut().insert("authorization", HeaderValue::from_static("Bearer in-the-header"));
    app.send(odd).await.is(401);
    for path in ["/api/token/refresh/in-the-path", "/api/reset/someone@example.com", "/in%2Dthe-path"] {
        app.send(empty_request(Method::GET, path)).await.is(404);
    }

    let text = captured.text();
    assert!(text.lines().filter(|line| line.contains("the service failed")).all(|line| line.contains("request.id")));
    assert!(text.contains("the service failed") && text.contains("TransactWriteItems"), "{text}");
    assert!(text.contains("a forged request was refused") && text.contains("wrong_token"), "{text}");
    let id = app.service.users().find_id("ann@example.com").await.unwrap().unwrap();
    let user = app.service.users().find(id).await.unwrap().unwrap();
    let held = held.iter().map(String::as_str);
    for secret in held.chain([
        PASSWORD,
        "wrong-secret-word",
        "example.com",
        "in-the-query",
        "in-the-header",
        "in-the-path",
        "in-the-form",
        "in-the-origin",
        "$argon2id$",
        &tokens.access,
        &tokens.refresh,
        &successor,
        &given.access,
        &given.ticket,
        user.password_hash.as_str(),
    ]) {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
