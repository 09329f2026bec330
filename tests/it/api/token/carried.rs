//! Refresh tokens of the Django that users were imported from.

use faregate::domain::administration::UserChange;
use faregate_tests::{
    Builder, Fault, FaultProxy, Plan, SIMPLEJWT_KEY, TestApp, broken_references, claim, fresh_id, hash_of, imported,
    simplejwt, simplejwt_refresh,
};
use serde_json::{Value, json};

use super::says_over;

const DAY: i64 = 86_400;

/// A service that takes a Django's refresh tokens.
fn beside_django() -> Builder {
    TestApp::builder().with("FAREGATE_HS256_KEY", SIMPLEJWT_KEY).with("FAREGATE_ACCEPT_SIMPLEJWT_REFRESH", "on")
}

/// The service that goes on after a Django, whose user 36 is `rider`.
async fn service(settings: &[(&'static str, &str)]) -> TestApp {
    let mut builder = beside_django();
    for (name, value) in settings {
        builder = builder.with(name, value);
    }
    let app = builder.start().await;
    app.bring(&[imported("rider", "36", "!")]).await;
    app
}

fn token(app: &TestApp, id: &Value, token_id: &str) -> String {
    simplejwt_refresh(id, token_id, app.clock.now().plus_seconds(DAY))
}

#[tokio::test]
async fn a_token_opens_one_session_and_no_other() {
    let app = service(&[]).await;
    let django = token(&app, &json!("36"), "a");
    app.calls.take();
    let reply = app.refresh(&django).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(app.calls.take(), ["GetItem", "GetItem", "TransactWriteItems"]);
    let (access, refresh) = (reply.field("access"), reply.field("refresh"));
    assert_eq!(app.me(&access).await.json["username"], "rider");
    let next = app.refresh(&refresh).await;
    next.is(200);
    // Once its answer is used, it is spent, and says so; the session lives.
    says_over(&app.refresh(&django).await);
    app.refresh(&next.field("refresh")).await.is(200);
    assert_eq!(app.sessions(&access).await.json.as_array().unwrap().len(), 1);
    // Another one of the same user opens another session.
    let other = app.refresh(&token(&app, &json!("36"), "b")).await;
    assert_ne!(claim(&other.field("access"), "sid"), claim(&access, "sid"));
    assert_eq!(broken_references(&app.items().await), [""; 0]);
}

#[tokio::test]
async fn an_answer_that_was_lost_comes_again_within_the_grace() {
    let app = service(&[]).await;
    let django = token(&app, &json!("36"), "a");
    let first = app.refresh(&django).await.field("refresh");
    app.clock.advance_seconds(30);
    assert_eq!(app.refresh(&django).await.field("refresh"), first);
    app.clock.advance_seconds(1);
    says_over(&app.refresh(&django).await);
}

#[tokio::test]
async fn a_client_with_rotation_ids_gets_its_answer_however_late_and_nobody_else_does() {
    let app = service(&[]).await;
    let django = token(&app, &json!("36"), "a");
    let [mine, other] = [(), ()].map(|()| hash_of(&fresh_id()));
    let ask = |next: Option<&str>| {
        let mut body = json!({"refresh": django});
        if let Some(next) = next {
            body["rotation_next"] = next.into();
        }
        body
    };
    let first = app.post("/api/token/refresh/", &ask(Some(&mine))).await.field("refresh");
    app.clock.advance_seconds(3600);
    assert_eq!(app.post("/api/token/refresh/", &ask(Some(&mine))).await.field("refresh"), first);
    says_over(&app.post("/api/token/refresh/", &ask(Some(&other))).await);
    says_over(&app.post("/api/token/refresh/", &ask(None)).await);
}

#[tokio::test]
async fn the_user_may_be_a_number_and_the_claim_may_have_simplejwts_own_name() {
    let app = service(&[]).await;
    app.refresh(&token(&app, &json!(36), "a")).await.is(200);
    let exp = app.clock.now().plus_seconds(DAY).seconds();
    let claims = json!({"token_type": "refresh", "exp": exp, "jti": "b", "user_id": 36});
    app.refresh(&simplejwt(&claims)).await.is(200);
}

#[tokio::test]
async fn without_rotation_the_answer_has_a_refresh_token_all_the_same() {
    let app = service(&[("FAREGATE_ROTATE_REFRESH_TOKENS", "false")]).await;
    let refresh = app.refresh(&token(&app, &json!("36"), "a")).await.field("refresh");
    assert!(app.refresh(&refresh).await.json.get("refresh").is_none());
}

#[tokio::test]
async fn what_is_no_good_token_of_a_user_who_may_opens_nothing() {
    let app = service(&[]).await;
    let now = app.clock.now();
    let with = |changes: Value| {
        let mut claims =
            json!({"token_type": "refresh", "exp": now.plus_seconds(DAY).seconds(), "jti": "a", "id": "36"});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        simplejwt(&claims)
    };
    for (changes, code) in [
        (json!({"exp": now.seconds()}), "token_not_valid"),
        (json!({"token_type": "access"}), "token_not_valid"),
        (json!({"jti": ""}), "token_not_valid"),
        (json!({"id": "36x"}), "token_not_valid"),
        (json!({"id": -36}), "token_not_valid"),
        (json!({"id": 36.5}), "token_not_valid"),
        (json!({"id": null}), "token_not_valid"),
        (json!({"id": "36", "user_id": "37"}), "token_not_valid"),
        // Half of ours.
        (json!({"ctr": 0}), "token_not_valid"),
        (json!({"sid": "01968c4e-7a00-7000-8000-000000000001"}), "token_not_valid"),
        (json!({"id": "37"}), "no such user"),
    ] {
        let reply = app.refresh(&with(changes.clone())).await;
        let told = reply.json["code"].as_str().unwrap_or("no such user");
        assert_eq!((reply.status, told), (401, code), "{changes}: {}", reply.text);
    }
    let forged = with(json!({})).rsplit_once('.').unwrap().0.to_owned() + ".AAAA";
    app.refresh(&forged).await.is(401);
    let sessions = app.items().await.into_iter().filter(|item| item["pk"].as_s().unwrap().starts_with("CARRIED#"));
    assert_eq!(sessions.count(), 0);
}

#[tokio::test]
async fn whoever_ended_all_sessions_meant_those_of_the_django_too() {
    for change in [UserChange::EndSessions, UserChange::Deactivate] {
        let app = service(&[]).await;
        let id = app.service.users().find_id("rider").await.unwrap().unwrap();
        app.change(id, change.clone()).await;
        app.refresh(&token(&app, &json!("36"), "a")).await.is(401);
        if matches!(change, UserChange::Deactivate) {
            app.change(id, UserChange::Activate).await;
            app.refresh(&token(&app, &json!("36"), "a")).await.is(200);
        }
    }
}

#[tokio::test]
async fn two_users_tokens_with_one_id_are_two_tokens() {
    let app = service(&[]).await;
    app.bring(&[imported("other", "37", "!")]).await;
    let [rider, other] = ["36", "37"].map(|id| token(&app, &json!(id), "a"));
    app.refresh(&rider).await.is(200);
    let access = app.refresh(&other).await.field("access");
    assert_eq!(app.me(&access).await.json["username"], "other");
    app.log_out(&rider).await.is(200);
    assert_eq!(open_sessions(&app).await, 0);
    app.me(&access).await.is(200);
}

#[tokio::test]
async fn an_access_token_of_the_django_is_replaced_by_a_refresh() {
    let app = service(&[]).await;
    let exp = app.clock.now().plus_seconds(DAY).seconds();
    let access = simplejwt(&json!({"token_type": "access", "exp": exp, "jti": "a", "id": "36"}));
    let reply = app.me(&access).await;
    assert_eq!((reply.status, &reply.json["code"]), (401, &json!("user_not_found")));
    assert_eq!(reply.header("faregate-action"), None);
}

#[tokio::test]
async fn it_is_off_unless_it_is_on_and_never_without_the_shared_key() {
    let off = TestApp::builder().with("FAREGATE_HS256_KEY", SIMPLEJWT_KEY).start().await;
    off.bring(&[imported("rider", "36", "!")]).await;
    let reply = off.refresh(&token(&off, &json!("36"), "a")).await;
    assert_eq!((reply.status, &reply.json["code"]), (401, &json!("token_not_valid")));
    let pairs = [("FAREGATE_ACCEPT_SIMPLEJWT_REFRESH".to_owned(), "on".to_owned())];
    let refused = faregate::settings::Settings::from_pairs(pairs).unwrap_err();
    assert_eq!(refused.to_string(), "FAREGATE_HS256_KEY must be set");
}

#[tokio::test]
async fn many_at_once_open_one_session() {
    let app = service(&[]).await;
    let django = token(&app, &json!("36"), "a");
    let asked = (0..16).map(|_| app.refresh(&django));
    let given: Vec<String> =
        futures_util::future::join_all(asked).await.iter().map(|reply| reply.field("refresh")).collect();
    assert!(given.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(open_sessions(&app).await, 1);
}

/// How many sessions of `rider` are open.
async fn open_sessions(app: &TestApp) -> usize {
    let id = app.service.users().find_id("rider").await.unwrap().unwrap();
    app.service.sessions().open_ones(id, None, app.clock.now()).await.unwrap().len()
}

#[tokio::test]
async fn a_token_that_logs_out_first_opens_nothing() {
    let app = service(&[]).await;
    let django = token(&app, &json!("36"), "a");
    app.calls.take();
    app.log_out(&django).await.is(200);
    assert_eq!(app.calls.take(), ["TransactWriteItems"]);
    says_over(&app.refresh(&django).await);
    says_over(&app.log_out(&django).await);
    assert_eq!(open_sessions(&app).await, 0);
    // Another one of the same user is not meant.
    app.refresh(&token(&app, &json!("36"), "b")).await.is(200);
}

#[tokio::test]
async fn a_token_that_logs_out_ends_the_session_that_it_opened() {
    let app = service(&[]).await;
    let django = token(&app, &json!("36"), "a");
    let first = app.refresh(&django).await.field("refresh");
    let next = app.refresh(&first).await.field("refresh");
    app.calls.take();
    app.log_out(&django).await.is(200);
    assert_eq!(app.calls.take(), ["TransactWriteItems", "UpdateItem"]);
    for over in [&django, &first, &next] {
        says_over(&app.refresh(over).await);
    }
    says_over(&app.log_out(&django).await);
    assert_eq!(open_sessions(&app).await, 0);
}

#[tokio::test]
async fn only_a_good_token_logs_out_and_only_where_it_is_switched_on() {
    let app = service(&[]).await;
    let now = app.clock.now();
    let expired = simplejwt_refresh(&json!("36"), "a", now);
    let forged = token(&app, &json!("36"), "a").rsplit_once('.').unwrap().0.to_owned() + ".AAAA";
    let access =
        simplejwt(&json!({"token_type": "access", "exp": now.plus_seconds(DAY).seconds(), "jti": "a", "id": 36}));
    for bad in [expired, forged, access] {
        let reply = app.log_out(&bad).await;
        assert_eq!((reply.status, &reply.json["code"]), (401, &json!("token_not_valid")), "{bad}");
    }
    app.refresh(&token(&app, &json!("36"), "a")).await.is(200);
    let off = TestApp::builder().with("FAREGATE_HS256_KEY", SIMPLEJWT_KEY).start().await;
    off.log_out(&token(&off, &json!("36"), "a")).await.is(401);
}

#[tokio::test]
async fn of_log_outs_and_refreshes_that_cross_none_leaves_a_session_open() {
    let app = service(&[]).await;
    for round in 0..8 {
        let django = token(&app, &json!("36"), &round.to_string());
        let refreshes = futures_util::future::join_all((0..4).map(|_| app.refresh(&django)));
        let log_outs = futures_util::future::join_all((0..4).map(|_| app.log_out(&django)));
        let (_, log_outs) = tokio::join!(refreshes, log_outs);
        assert_eq!(log_outs.iter().filter(|reply| reply.status == 200).count(), 1);
        assert_eq!(open_sessions(&app).await, 0);
        says_over(&app.refresh(&django).await);
    }
}

#[tokio::test]
async fn faults_on_the_way_lose_nobody() {
    // Side by side: they wait between the SDK's attempts.
    futures_util::future::join_all((0..3).map(faults_lose_nobody)).await;
}

/// Faults that meet the call after `call` others, or all from it on.
async fn faults_lose_nobody(call: usize) {
    let healthy = service(&[]).await;
    let proxy = FaultProxy::before(&healthy.endpoint_url()).await;
    let faulty = beside_django().endpoint(proxy.endpoint()).clock(healthy.clock.clone()).start().await;
    for (number, fault) in Fault::BRIEF.into_iter().enumerate() {
        for plan in [Plan::once(call, fault), Plan::from(call, fault)] {
            let django = token(&healthy, &json!("36"), &format!("{number}{plan:?}"));
            let before = proxy.injected();
            proxy.plan(plan);
            let reply = faulty.refresh(&django).await;
            // A conflict meets writes alone.
            let came = fault == Fault::Conflict || proxy.injected() > before;
            assert!(came, "{fault:?} at call {call} did not come to pass");
            assert!([200, 503].contains(&reply.status), "{fault:?} at call {call}: {}", reply.text);
            proxy.plan(Plan::none());
            let again = faulty.refresh(&django).await;
            assert_eq!(again.status, 200, "{fault:?} at call {call}: {}", again.text);
            if reply.status == 200 {
                assert_eq!(again.field("refresh"), reply.field("refresh"));
            }
        }
    }
}

#[tokio::test]
async fn a_log_out_that_faults_keep_from_its_answer_is_done_when_it_is_asked_again() {
    let healthy = service(&[]).await;
    let proxy = FaultProxy::before(&healthy.endpoint_url()).await;
    let faulty = beside_django().endpoint(proxy.endpoint()).clock(healthy.clock.clone()).start().await;
    for (number, fault) in Fault::BRIEF.into_iter().enumerate() {
        let django = token(&healthy, &json!("36"), &number.to_string());
        proxy.plan(Plan::once(0, fault));
        let reply = faulty.log_out(&django).await;
        assert!([200, 503].contains(&reply.status), "{fault:?}: {}", reply.text);
        proxy.plan(Plan::none());
        faulty.log_out(&django).await;
        says_over(&faulty.refresh(&django).await);
    }
}
