//! `faregate keys` as an operator meets it.

use faregate::clock::Clock;
use faregate::randomness::Randomness;
use faregate::service::Service;
use faregate::settings::Settings;
use faregate::store::connect;
use faregate::tokens::KeyAccess;
use serde_json::Value;

use crate::operator::{Operator, Said};

/// What the first start of a function that signs does.
async fn make_first_keys(operator: &Operator) {
    let client = connect(Some(&operator.database.endpoint_url())).await;
    let settings = Settings::from_pairs([("FAREGATE_ACCESS_TOKEN_ALGORITHM".to_owned(), "ES256".to_owned())]).unwrap();
    let service = Service::new(settings, client, Clock::system(), Randomness::from_seed(1));
    service.keyring(KeyAccess::Sign).warm().await.unwrap();
}

async fn keys(operator: &Operator, arguments: &[&str]) -> Said {
    operator.run_about("keys", arguments, "").await
}

async fn listed(operator: &Operator) -> Vec<(String, String, String)> {
    let said = keys(operator, &["list", "--json"]).await;
    let list: Vec<Value> = serde_json::from_str(&said.out).unwrap();
    let text = |key: &Value, name: &str| key.get(name).unwrap().as_str().unwrap().to_owned();
    list.iter().map(|key| (text(key, "kid"), text(key, "tokens"), text(key, "state"))).collect()
}

fn states(listed: &[(String, String, String)]) -> Vec<(&str, &str)> {
    listed.iter().map(|(_, tokens, state)| (tokens.as_str(), state.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_start_there_is_nothing_to_list_or_rotate() {
    let operator = Operator::new().await;
    let said = keys(&operator, &["list"]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.starts_with("there are no keys yet"), "{}", said.out);
    let said = keys(&operator, &["rotate"]).await;
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(said.err.starts_with("error: no key signs"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_begins_by_publishing_and_waits_two_hours() {
    let operator = Operator::new().await;
    make_first_keys(&operator).await;
    assert_eq!(states(&listed(&operator).await), [("access", "active"), ("refresh", "active")]);
    let said = keys(&operator, &["rotate"]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(said.out.matches("is published and can sign from").count(), 2, "{}", said.out);
    let said = keys(&operator, &["rotate"]).await;
    assert_eq!(said.out.matches("nothing to do before").count(), 2, "{}", said.out);
    let mut found = listed(&operator).await;
    found.sort_by(|left, right| (&left.1, &left.2).cmp(&(&right.1, &right.2)));
    let wanted = [("access", "active"), ("access", "next"), ("refresh", "active"), ("refresh", "next")];
    assert_eq!(states(&found), wanted);
    let table = keys(&operator, &["list"]).await.out;
    assert_eq!(table.lines().count(), 5, "{table}");
    assert!(table.starts_with("KID"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_retires_a_key_and_another_signs() {
    let operator = Operator::new().await;
    make_first_keys(&operator).await;
    let access = listed(&operator).await[0].0.clone();
    let said = keys(&operator, &["retire", &access]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    for wanted in
        ["within five minutes no function takes", "signs instead", "may refuse its tokens", "for two hours more"]
    {
        assert!(said.out.contains(wanted), "{wanted}: {}", said.out);
    }
    let mut found = listed(&operator).await;
    found.sort_by(|left, right| (&left.1, &left.2).cmp(&(&right.1, &right.2)));
    assert_eq!(states(&found), [("access", "active"), ("access", "retired"), ("refresh", "active")]);
    let again = keys(&operator, &["retire", &access]).await;
    assert_eq!((again.code, again.err.as_str()), (1, "error: this key is retired already\n"));
    let unknown = keys(&operator, &["retire", "nonsense"]).await;
    assert_eq!((unknown.code, unknown.err.as_str()), (1, "error: there is no key with this kid\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_has_signed_nothing_goes_without_ado() {
    let operator = Operator::new().await;
    make_first_keys(&operator).await;
    keys(&operator, &["rotate"]).await;
    for (kid, _, state) in listed(&operator).await {
        if state == "next" {
            let said = keys(&operator, &["retire", &kid]).await;
            assert_eq!((said.code, said.out.lines().count()), (0, 1), "{}", said.out);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_key_shared_with_a_django_there_is_no_ring_to_look_at() {
    let operator = Operator::new().await;
    for arguments in [&["list"][..], &["rotate"], &["retire", "x"]] {
        let said = operator.run_with("FAREGATE_HS256_KEY", "0123456789abcdef0123456789abcdef", arguments).await;
        assert_eq!(said.code, 1, "{}", said.out);
        assert!(said.err.contains("all tokens are under FAREGATE_HS256_KEY"), "{}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_call_is_usage_and_a_dynamodb_that_is_gone_is_trouble() {
    let operator = Operator::new().await;
    for arguments in [&["retire"][..], &["rotate", "now"], &["lsit"]] {
        assert_eq!(keys(&operator, arguments).await.code, 2, "{arguments:?}");
    }
    let endpoint = operator.database.endpoint_url();
    let Operator { database } = operator;
    database.stop().await;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_faregate"));
    command.args(["--endpoint-url", &endpoint, "keys", "list"]);
    let said = tokio::task::spawn_blocking(move || crate::operator::said(command, "")).await.unwrap();
    assert_eq!(said.code, 3, "{}", said.err);
}
