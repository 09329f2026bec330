//! Each function's policy allows what the function does, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{HeaderValue, Method};
use faregate::domain::signing_key::PUBLICATION_SECONDS;
use faregate::settings::AuthorizerMode;
use faregate_tests::{Deeds, Rights, TableName, Template, TestApp, bearer, claim, empty_request, statements, texts};
use serde_json::{Value, json};

use super::{packages, source};

const DAY: i64 = 86_400;

/// Has every function do everything that it can.
async fn everything(deeds: &Deeds) {
    let app = TestApp::builder().noting(deeds).listening().start().await;
    sign_ups_and_log_ins(&app, deeds).await;
    refreshes(&app).await;
    sessions_and_account(&app).await;
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

async fn refreshes(app: &TestApp) {
    let (record, _) = app.log_in_with_ids("ann").await;
    let next = record.after(&app.refresh_with(&record).await);
    app.verify(&next.refresh).await.is(200);
    app.log_out(&next.refresh).await.is(200);
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
    for seconds in [91 * DAY, PUBLICATION_SECONDS, 2 * DAY] {
        app.clock.advance_seconds(seconds);
        rotate_keys::handle(Arc::clone(&events.rotate_keys), json!({"source": "aws.events"})).await.unwrap();
    }
}

/// What only the first start of all does. `log-in` did it when the service started.
async fn first_starts(app: &TestApp) {
    empty(app).await;
    sign_up::Deps::start(&app.function("sign-up")).await.unwrap();
    token_refresh::Deps::start(&app.function("token-refresh")).await.unwrap();
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
    everything(&deeds).await;
    let template = Template::load().with("AuthorizerMode", "session");
    for package in packages() {
        let (allowed, done) = (Rights::of(&template, &package), deeds.of(&package));
        assert_eq!(allowed, done, "{package} may:\n{allowed}\nand does:\n{done}");
    }
}

#[test]
fn a_stateless_authorizer_reads_no_users() {
    let rights = Rights::of(&Template::load(), "authorizer");
    assert!(rights.is_nothing_on(TableName::Users) && !rights.is_nothing_on(TableName::Keys));
}

/// The rights at other services than DynamoDB, each with what it is for.
fn elsewhere(template: &Template, package: &str) -> BTreeMap<String, Value> {
    let others = statements(template, package).into_iter().flat_map(|statement| {
        let actions = texts(&statement["Action"]);
        actions.into_iter().map(move |action| (action, statement["Resource"].clone()))
    });
    others.filter(|(action, _)| !action.starts_with("dynamodb:")).collect()
}

#[test]
fn a_function_tells_ws_reaper_or_closes_sockets_only_if_its_code_does() {
    let template = Template::load();
    for package in packages() {
        let code = if package == "not-found" { String::new() } else { source(&package, "lib.rs") };
        let mut wanted = BTreeMap::new();
        if code.contains("service.reaper()") {
            wanted.insert("lambda:InvokeFunction".to_owned(), json!({"Fn::GetAtt": "WsReaper.Arn"}));
        }
        if code.contains("management: Management") {
            let sockets = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${WebSocketApi}/live/DELETE/@connections/*";
            wanted.insert("execute-api:ManageConnections".to_owned(), json!(sockets));
        }
        assert_eq!(elsewhere(&template, &package), wanted, "{package}");
    }
}

#[test]
fn a_table_under_a_key_of_ones_own_is_decrypted_by_those_who_use_it() {
    let template = Template::load().with("AuthorizerMode", "session");
    let key = "arn:aws:kms:eu-central-1:111122223333:key/its";
    let through_dynamodb = json!({"StringEquals": {"kms:ViaService": "dynamodb.${AWS::Region}.${AWS::URLSuffix}"}});
    for (parameter, table) in [("UsersKmsKeyArn", TableName::Users), ("KeysKmsKeyArn", TableName::Keys)] {
        let encrypted = template.clone().with(parameter, key);
        for package in packages() {
            let decrypts = statements(&encrypted, &package).into_iter().find(|one| one["Action"] == "kms:Decrypt");
            let uses = !Rights::of(&template, &package).is_nothing_on(table);
            assert_eq!(decrypts.is_some(), uses, "{package}, {parameter}");
            if let Some(statement) = decrypts {
                assert_eq!((&statement["Resource"], &statement["Condition"]), (&json!(key), &through_dynamodb));
            }
        }
    }
}

#[test]
fn a_widened_or_narrowed_policy_is_another_one() {
    let document = |statement: Value| {
        let metadata = json!({"BuildProperties": {"Binary": "one"}});
        let properties = json!({"Policies": [{"Statement": [statement]}]});
        let function = json!({"Type": "AWS::Serverless::Function", "Metadata": metadata, "Properties": properties});
        Rights::of(&Template::of(json!({"Resources": {"One": function}})), "one")
    };
    let statement = |actions: Value, conditions: Value| {
        let users = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${AWS::StackName}-users";
        let resource = json!({"Fn::Sub": users});
        document(json!({"Effect": "Allow", "Action": actions, "Resource": resource, "Condition": conditions}))
    };
    let all = "ForAllValues:StringLike";
    let names = json!({"dynamodb:LeadingKeys": ["USERNAME#*"]});
    let transacted = json!({"dynamodb:EnclosingOperation": ["TransactWriteItems"]});
    let good = statement(json!("dynamodb:PutItem"), json!({all: names, "ForAnyValue:StringEquals": transacted}));
    for other in [
        statement(
            json!(["dynamodb:PutItem", "dynamodb:GetItem"]),
            json!({all: names, "ForAnyValue:StringEquals": transacted}),
        ),
        statement(json!("dynamodb:PutItem"), json!({all: names})),
        statement(
            json!("dynamodb:PutItem"),
            json!({all: {"dynamodb:LeadingKeys": ["*"]}, "ForAnyValue:StringEquals": transacted}),
        ),
        statement(json!("dynamodb:GetItem"), json!({all: names, "ForAnyValue:StringEquals": transacted})),
    ] {
        assert_ne!(other, good, "{other}");
    }
}
