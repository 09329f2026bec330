//! Each function's policy allows what the function does, and nothing else.

use std::sync::Arc;

use axum::http::{HeaderValue, Method, header};
use faregate::domain::administration::UserChange;
use faregate::domain::signing_key::PUBLICATION_SECONDS;
use faregate::service::Service;
use faregate::settings::AuthorizerMode;
use faregate_tests::{
    DJANGO_HASH, DJANGO_PASSWORD, Deeds, Rights, SIMPLEJWT_KEY, TableName, Template, TestApp, basic, bearer, claim,
    empty_request, fresh_id, hash_of, imported, json_request, simplejwt_refresh, statements, texts,
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{packages, source};

const DAY: i64 = 86_400;

/// Has every function do everything that it can.
async fn everything(deeds: &Deeds) {
    let app = TestApp::builder().noting(deeds).listening().start().await;
    sign_ups_and_log_ins(&app, deeds).await;
    attempts(&app, deeds).await;
    imported_users(&app).await;
    carried_over(&app, deeds).await;
    refreshes(&app).await;
    sessions_and_account(&app).await;
    admin_site(&app, deeds).await;
    classes(&app, deeds).await;
    sockets(&app).await;
    keys(&app).await;
    first_starts(&app).await;
}

async fn sign_ups_and_log_ins(app: &TestApp, deeds: &Deeds) {
    let tokens = app.user("ann").await;
    app.post("/api/sign_up/", &json!({"username": "ben"})).await.is(400);
    app.post_as(&tokens.access, "/api/sign_up/", &json!({})).await.is(400);
    app.me(&tokens.access).await.is(200);
    app.send(empty_request(Method::GET, "/.well-known/jwks.json")).await.is(200);
    // A hash of other parameters is made anew; the oldest session gives way.
    let stricter = TestApp::builder()
        .endpoint(&app.endpoint_url())
        .clock(app.clock.clone())
        .noting(deeds)
        .with("FAREGATE_ARGON2_ITERATIONS", "2")
        .with("FAREGATE_SESSIONS_PER_USER", "1");
    stricter.start().await.log_in("ann").await;
}

/// What is counted, and what is given back once somebody succeeds.
async fn attempts(app: &TestApp, deeds: &Deeds) {
    let mut phone = app.owners_phone("amy", "203.0.113.7").await;
    let amy = app.service.users().find_id("amy").await.unwrap().unwrap();
    app.change(amy, UserChange::Staff(true)).await;
    let mut known = app.browser_at([203, 0, 113, 7]);
    known.log_in("amy", faregate_tests::PASSWORD).await.is(303);
    known.cookies.remove("__Host-faregate_admin");
    for password in ["wrong", faregate_tests::PASSWORD] {
        app.phone("203.0.113.7").log_in("amy", password).await;
        phone.log_in("amy", password).await;
        app.browser_at([203, 0, 113, 7]).log_in("amy", password).await;
        known.log_in("amy", password).await;
    }
    phone.refresh("garbage").await.is(401);
    let access = app.log_in("amy").await.access;
    for old in ["wrong", faregate_tests::PASSWORD] {
        let body = json!({"old_password": old, "new_password1": "another-Oak-77", "new_password2": "another-Oak-77"});
        app.post_as(&access, "/api/password/change/", &body).await;
    }
    let scripted = TestApp::builder().endpoint(&app.endpoint_url()).clock(app.clock.clone()).noting(deeds);
    let scripted = scripted.with("FAREGATE_BASIC_AUTH", "on").start().await;
    for password in ["wrong", "another-Oak-77"] {
        scripted.send(scripted.phone("203.0.113.7").request(basic("amy", password))).await;
    }
}

async fn refreshes(app: &TestApp) {
    let (mut record, _) = app.log_in_with_ids("ann").await;
    // Each of the four slots remembers a rotation.
    for _ in 0..4 {
        record = record.after(&app.refresh_with(&record).await);
    }
    app.verify(&record.refresh).await.is(200);
    // A thief, without the id.
    app.refresh(&record.refresh).await.is(401);
    app.log_out(&app.log_in("ann").await.refresh).await.is(200);
    // An expired token that its id proves may show a fork: user and session are read.
    let (record, _) = app.log_in_with_ids("ann").await;
    app.clock.advance_seconds(2 * DAY);
    app.refresh_with(&record).await.is(401);
}

async fn sessions_and_account(app: &TestApp) {
    let other = app.log_in("ann").await;
    let access = app.log_in("ann").await.access;
    app.sessions(&access).await.is(200);
    app.end_session(&access, &claim(&other.access, "sid")).await.is(204);
    app.post_as(&access, "/api/log_out/others/", &json!({})).await.is(200);
    app.change_password(&access, "another-Oak-77").await.is(200);
    app.post_as(&access, "/api/log_out/all/", &json!({})).await.is(200);
    let log_in = json!({"username": "ann", "password": "another-Oak-77"});
    let access = app.post("/api/log_in/", &log_in).await.field("access");
    app.post_as(&access, "/api/account/delete/", &json!({"password": "another-Oak-77"})).await.is(200);
}

/// Those who were imported have one item more.
async fn imported_users(app: &TestApp) {
    let [iris, ivan] = [imported("iris", "1", DJANGO_HASH), imported("ivan", "2", DJANGO_HASH)];
    app.bring(&[iris, ivan.clone()]).await;
    let access = app.try_log_in("iris", DJANGO_PASSWORD).await.field("access");
    app.post_as(&access, "/api/account/delete/", &json!({"password": DJANGO_PASSWORD})).await.is(200);
    let mut browser = app.administrator("alva").await;
    browser.submit(&format!("/admin/users/{}/delete/", ivan.id), &[("username", "ivan")]).await.is(303);
}

/// A Django's refresh token, and the same again; a log-out with it, and with another.
async fn carried_over(app: &TestApp, deeds: &Deeds) {
    let beside_django = TestApp::builder().endpoint(&app.endpoint_url()).clock(app.clock.clone()).noting(deeds);
    let beside_django =
        beside_django.with("FAREGATE_HS256_KEY", SIMPLEJWT_KEY).with("FAREGATE_ACCEPT_SIMPLEJWT_REFRESH", "on");
    let beside_django = beside_django.start().await;
    beside_django.bring(&[imported("jack", "3", "!")]).await;
    let token = simplejwt_refresh(&json!("3"), "a", app.clock.now().plus_seconds(DAY));
    // The session has all that one can have.
    let body = json!({"refresh": token, "rotation_next": hash_of(&fresh_id())});
    for _ in 0..2 {
        let mut request = json_request(Method::POST, "/api/token/refresh/", &body);
        let agent = HeaderValue::from_static("Mozilla/5.0 (Linux; Android 16) Chrome/143.0 Mobile Safari/537.36");
        request.headers_mut().insert(header::USER_AGENT, agent);
        beside_django.send(request).await.is(200);
    }
    let other = simplejwt_refresh(&json!("3"), "b", app.clock.now().plus_seconds(DAY));
    for token in [token, other] {
        beside_django.log_out(&token).await.is(200);
    }
}

async fn admin_site(app: &TestApp, deeds: &Deeds) {
    let mut browser = app.administrator("ada").await;
    // A visit is noted once a minute.
    app.clock.advance_seconds(60);
    browser.get("/admin/users/?q=a").await.is(200);
    let new = [("username", "ben"), ("password1", "another-Oak-77"), ("password2", "another-Oak-77")];
    let address = browser.submit("/admin/users/add/", &new).await.header("location").unwrap();
    let address = address.split('?').next().unwrap().to_owned();
    let log_in = json!({"username": "ben", "password": "another-Oak-77"});
    let sid = claim(&app.post("/api/log_in/", &log_in).await.field("access"), "sid");
    for fields in [
        vec![("action", "names"), ("first_name", "B")],
        vec![("action", "end_session"), ("session", &sid)],
        vec![("action", "grant_staff")],
        vec![("action", "deactivate")],
    ] {
        let page = browser.get(&address).await;
        browser.post(&address, &page, &fields).await.is(303);
    }
    browser.submit(&format!("{address}password/"), &new[1..]).await.is(303);
    app.post("/api/log_in/", &log_in).await.is(401);
    browser.submit(&format!("{address}delete/"), &new[..1]).await.is(303);
    let trail = browser.get("/admin/trail/").await;
    browser.post("/admin/logout/", &trail, &[]).await.is(303);
    // A hash of other parameters is made anew here too.
    let stricter = TestApp::builder().endpoint(&app.endpoint_url()).clock(app.clock.clone()).noting(deeds);
    let stricter = stricter.with("FAREGATE_ARGON2_ITERATIONS", "2").start().await;
    stricter.browser().log_in("ada", faregate_tests::PASSWORD).await.is(303);
}

/// `me` with a session and with HTTP Basic, which makes a hash of other parameters anew.
async fn classes(app: &TestApp, deeds: &Deeds) {
    let mut browser = app.administrator("cleo").await;
    app.clock.advance_seconds(60);
    browser.get("/api/me/").await.is(200);
    let scripted = TestApp::builder().endpoint(&app.endpoint_url()).clock(app.clock.clone()).noting(deeds);
    let scripted = scripted.with("FAREGATE_BASIC_AUTH", "on").with("FAREGATE_ARGON2_ITERATIONS", "2").start().await;
    scripted.send(basic("cleo", faregate_tests::PASSWORD)).await.is(200);
}

async fn sockets(app: &TestApp) {
    let tokens = app.user("cora").await;
    let mut request = empty_request(Method::POST, "/api/ws_ticket/");
    let authorization = format!("Bearer {}", tokens.access);
    request.headers_mut().insert("authorization", HeaderValue::from_str(&authorization).unwrap());
    let ticket = app.send(request).await.field("ticket");
    app.connect(&format!("?ticket={ticket}"), &[]).await.unwrap().close().await;
    let _open = app.connect("", &[bearer(&tokens.access)]).await.unwrap();
    let events = app.events().await;
    let event = json!({"version": "2.0", "type": "REQUEST", "headers": {"authorization": authorization}});
    let mut session_mode = app.function("authorizer");
    session_mode.settings.authorizer.mode = AuthorizerMode::Session;
    let deps = authorizer::Deps::start(&session_mode).await.unwrap();
    assert_eq!(authorizer::handle(Arc::new(deps), event).await.unwrap()["isAuthorized"], true);
    // The one that closed and the one whose token has run out are forgotten.
    app.clock.advance_seconds(DAY);
    ws_reaper::handle(Arc::clone(&events.ws_reaper), json!({"source": "aws.events"})).await.unwrap();
}

async fn keys(app: &TestApp) {
    let events = app.events().await;
    // The next key comes, signs; the old one goes: after a day an access key, after two years a secret of refresh tokens.
    for seconds in [91 * DAY, PUBLICATION_SECONDS, 2 * DAY, 750 * DAY, PUBLICATION_SECONDS, DAY] {
        app.clock.advance_seconds(seconds);
        rotate_keys::handle(Arc::clone(&events.rotate_keys), json!({"source": "aws.events"})).await.unwrap();
    }
}

/// The first request with HTTP Basic records how names are compared.
async fn me_for_scripts(service: &Service) {
    let router = me::router(me::Deps::start(service).await.unwrap());
    router.oneshot(basic("nobody", "x")).await.unwrap();
}

/// What only the first start of all does. `log-in` did it when the service started.
async fn first_starts(app: &TestApp) {
    empty(app).await;
    sign_up::Deps::start(&app.function("sign-up")).await.unwrap();
    token_refresh::Deps::start(&app.function("token-refresh")).await.unwrap();
    empty(app).await;
    admin::Deps::start(&app.function("admin")).await.unwrap();
    empty(app).await;
    let mut scripted = app.function("me");
    scripted.settings.classes.basic = true;
    me_for_scripts(&scripted).await;
}

async fn empty(app: &TestApp) {
    for table in ["faregate", "faregate-keys"] {
        let items = app.client.scan().table_name(table).send().await.unwrap().items.unwrap();
        for item in items {
            let delete = app.client.delete_item().table_name(table);
            delete.key("pk", item["pk"].clone()).key("sk", item["sk"].clone()).send().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_may_do_what_it_does_and_nothing_else() {
    let deeds = Deeds::default();
    // Boxed: it holds whole services.
    Box::pin(everything(&deeds)).await;
    let template =
        Template::load().with("AuthorizerMode", "session").with("BasicAuth", "on").with("AcceptSimplejwtRefresh", "on");
    for package in packages() {
        let (allowed, done) = (Rights::of(&template, &package), deeds.of(&package));
        assert_eq!(allowed, done, "{package} may:\n{allowed}\nand does:\n{done}");
    }
}

#[test]
fn me_may_do_no_more_than_the_classes_that_are_switched_on() {
    let plain = Template::load().with("AdminSite", "off");
    let rights = |template: Template| Rights::of(&template, "me").to_string();
    let least = rights(plain.clone());
    assert!(
        !["ADMIN_SESSION", "THROTTLE", "USERNAME", "SETTINGS", "UpdateItem"].iter().any(|word| least.contains(word))
    );
    assert!(rights(plain.clone().with("AdminSite", "on")).contains("ADMIN_SESSION"));
    assert!(rights(plain.clone().with("BasicAuth", "on")).contains("THROTTLE"));
    let remote = rights(plain.with("RemoteUserClaim", "email"));
    assert!(remote.contains("USERNAME") && !remote.contains("THROTTLE"));
}

#[test]
fn a_stateless_authorizer_reads_no_users() {
    let rights = Rights::of(&Template::load(), "authorizer");
    assert!(rights.is_nothing_on(TableName::Users) && !rights.is_nothing_on(TableName::Keys));
}

/// The rights at other services than DynamoDB: each action, what it is for and on which condition.
fn elsewhere(template: &Template, package: &str) -> Vec<(String, Value, Value)> {
    let others = statements(template, package).into_iter().flat_map(|statement| {
        let actions = texts(&statement["Action"]);
        actions.into_iter().map(move |action| (action, statement["Resource"].clone(), statement["Condition"].clone()))
    });
    let mut found: Vec<_> = others.filter(|(action, ..)| !action.starts_with("dynamodb:")).collect();
    found.sort_by(|left, right| left.0.cmp(&right.0));
    found
}

const USERS_KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/users";
const KEYS_KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/keys";

#[test]
fn elsewhere_a_function_may_do_what_its_code_does() {
    let template = Template::load().with("AuthorizerMode", "session");
    let encrypted = template.clone().with("UsersKmsKeyArn", USERS_KEY).with("KeysKmsKeyArn", KEYS_KEY);
    let through_dynamodb = json!({"StringEquals": {"kms:ViaService": "dynamodb.${AWS::Region}.${AWS::URLSuffix}"}});
    for package in packages() {
        let code = if package == "not-found" { String::new() } else { source(&package, "lib.rs") };
        let mut wanted = Vec::new();
        if code.contains("management: Management") {
            let sockets = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${WebSocketApi}/live/DELETE/@connections/*";
            wanted.push(("execute-api:ManageConnections".to_owned(), json!(sockets), Value::Null));
        }
        if code.contains("service.reaper()") {
            let reaper = json!({"Fn::GetAtt": "WsReaper.Arn"});
            wanted.push(("lambda:InvokeFunction".to_owned(), reaper, Value::Null));
        }
        assert_eq!(elsewhere(&template, &package), wanted, "{package}");
        for (table, key) in [(TableName::Users, USERS_KEY), (TableName::Keys, KEYS_KEY)] {
            if !Rights::of(&template, &package).is_nothing_on(table) {
                wanted.push(("kms:Decrypt".to_owned(), json!(key), through_dynamodb.clone()));
            }
        }
        wanted.sort_by(|left, right| left.0.cmp(&right.0));
        assert_eq!(elsewhere(&encrypted, &package), wanted, "{package} with keys of one's own");
        assert_eq!(Rights::of(&encrypted, &package), Rights::of(&template, &package), "{package}");
    }
}

#[test]
fn nothing_but_a_functions_policies_gives_rights() {
    let template = Template::load();
    for (id, resource) in template.part("Resources").as_object().unwrap() {
        let (kind, properties) = (resource["Type"].as_str().unwrap(), &resource["Properties"]);
        assert!(KINDS.contains(&kind), "{id} is a {kind}: does it give anybody rights?");
        for member in ["ResourcePolicy", "FunctionUrlConfig", "Connectors", "Roles", "Users", "Groups"] {
            assert!(properties[member].is_null() && resource[member].is_null(), "{id} has {member}");
        }
    }
}

/// What the template is made of. The roles and the permissions to call functions are what SAM makes of functions and their
/// events.
const KINDS: [&str; 11] = [
    "AWS::Serverless::Function",
    "AWS::Serverless::HttpApi",
    "AWS::Serverless::WebSocketApi",
    "AWS::ApiGatewayV2::RouteResponse",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::Route53::RecordSet",
    "AWS::DynamoDB::Table",
    "AWS::IAM::ManagedPolicy",
    "AWS::Logs::LogGroup",
    "AWS::CloudWatch::Alarm",
];

/// The rights that a statement on the users table gives.
fn rights(actions: &Value, conditions: &Value) -> Rights {
    let metadata = json!({"BuildProperties": {"Binary": "one"}});
    let users = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${AWS::StackName}-users${UsersTableSuffix}";
    let resource = json!({"Fn::Sub": users});
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": resource, "Condition": conditions});
    let properties = json!({"Policies": [{"Statement": [statement]}]});
    let function = json!({"Type": "AWS::Serverless::Function", "Metadata": metadata, "Properties": properties});
    let suffixes = json!({"UsersTableSuffix": {"Default": ""}, "KeysTableSuffix": {"Default": ""}});
    Rights::of(&Template::of(json!({"Parameters": suffixes, "Resources": {"One": function}})), "one")
}

const LIKE: &str = "ForAllValues:StringLike";
const ANY: &str = "ForAnyValue:StringEquals";

#[test]
fn a_widened_or_narrowed_policy_is_another_one() {
    let names = json!({"dynamodb:LeadingKeys": ["USERNAME#*"]});
    let transacted = json!({"dynamodb:EnclosingOperation": ["TransactWriteItems"]});
    let good = rights(&json!("dynamodb:PutItem"), &json!({LIKE: names, ANY: transacted}));
    for (actions, conditions) in [
        (json!(["dynamodb:PutItem", "dynamodb:GetItem"]), json!({LIKE: names, ANY: transacted})),
        (json!("dynamodb:GetItem"), json!({LIKE: names, ANY: transacted})),
        (json!("dynamodb:PutItem"), json!({LIKE: names})),
        (json!("dynamodb:PutItem"), json!({LIKE: {"dynamodb:LeadingKeys": ["*"]}, ANY: transacted})),
    ] {
        assert_ne!(rights(&actions, &conditions), good, "{conditions}");
    }
}

#[test]
fn a_condition_with_another_operator_is_not_taken_for_the_right_one() {
    let names = json!({"dynamodb:LeadingKeys": ["USERNAME#*"]});
    let transacted = json!({"dynamodb:EnclosingOperation": ["TransactWriteItems"]});
    let all = json!({"dynamodb:Attributes": ["pk"]});
    for conditions in [
        json!({"ForAnyValue:StringLike": names}),
        json!({"ForAllValues:StringNotLike": names}),
        json!({"ForAllValues:StringEquals": names}),
        json!({LIKE: {"dynamodb:LeadingKeys": ["SETTINGS"]}}),
        json!({LIKE: names, "ForAllValues:StringEquals": transacted}),
        json!({LIKE: names, ANY: all}),
        json!({LIKE: names, "ForAllValues:StringEquals": all, "StringEqualsIfExists": {"dynamodb:Select": "ALL_ATTRIBUTES"}}),
        json!({LIKE: names, "ForAllValues:StringEquals": all}),
        json!({LIKE: names, "Bool": {"aws:SecureTransport": "false"}}),
    ] {
        let compared = std::panic::catch_unwind(|| rights(&json!("dynamodb:GetItem"), &conditions));
        assert!(compared.is_err(), "{conditions}");
    }
}
