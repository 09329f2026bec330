//! The real service under the checker, and services that were broken on purpose.

#![expect(clippy::unwrap_used, reason = "tests: a panic is a failure")]

use std::process::{Command, Output};
use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use history::check::About;
use history::door::Door;
use history::event::{Answer, Asked};
use history::ground::Ground;
use history::run::{Length, Outcome, Run};
use history::secrets::Log;
use history::summary::Summary;
use tower::ServiceExt as _;

/// What the tests of this process log.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    log.listen();
    log
});

const RUN: Run = Run { seed: 1, clients: 8, length: Length::Operations(160), faults: 0 };

/// A ground of its own for each test; all are heard in one log.
async fn ground() -> Ground {
    LazyLock::force(&LOG);
    Ground::start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_eight_clients_see_under_faults_is_linearizable_and_the_log_tells_no_secret() {
    let ground = ground().await;
    let run = Run { length: Length::Operations(480), faults: 60, ..RUN };
    let outcome = run.on(&ground, ground.doors()).await;
    let scan = LOG.scan(&outcome.records.secrets, &ground.keys().await);
    let summary = Summary { run: &run, outcome: &outcome, scan: &scan };
    assert!(summary.is_good(), "{summary}");
    assert!(outcome.faults > 10 && scan.lines > 400, "{summary}");
    let of_kind = |wanted: Answer| outcome.records.events.iter().filter(|event| event.answer == wanted).count();
    assert!(of_kind(Answer::Created) > 2 && of_kind(Answer::Over) > 2 && of_kind(Answer::Unknown) > 2, "{summary}");
}

/// What `path` is asked for, `instead` answers; all else is as it is.
fn broken(doors: Vec<Door>, path: &'static str, instead: fn(Request) -> Response) -> Vec<Door> {
    let broken = |door: Door| {
        let honest = door.routes.clone();
        let routes = Router::new().fallback(async move |request: Request| {
            if request.uri().path() == path { instead(request) } else { honest.oneshot(request).await.into_response() }
        });
        Door { routes, ..door }
    };
    doors.into_iter().map(broken).collect()
}

/// The findings about sessions or users, as their shortest histories.
fn shortest(outcome: &Outcome, is_wanted: fn(&About) -> bool) -> Vec<String> {
    let findings = outcome.report.findings.iter().filter(|finding| is_wanted(&finding.about));
    findings.map(ToString::to_string).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_that_does_nothing_is_caught() {
    let ground = ground().await;
    let says_so = |_: Request| ([("content-type", "application/json")], Body::from("{}")).into_response();
    let outcome = RUN.on(&ground, broken(ground.doors(), "/api/log_out/", says_so)).await;
    let told = shortest(&outcome, |about| matches!(about, About::Session(_)));
    assert!(!told.is_empty());
    assert!(told.iter().any(|told| told.lines().count() <= 4), "{told:?}");
    assert!(told.iter().all(|told| told.contains("logs out with token")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_sign_ups_that_are_never_written_are_caught() {
    let ground = ground().await;
    ground.deceive(3);
    let outcome = RUN.on(&ground, ground.doors()).await;
    let told = shortest(&outcome, |about| matches!(about, About::User(_)));
    assert!(!told.is_empty());
    assert!(told.iter().any(|told| told.lines().count() <= 3 && told.contains("up: 201")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_expects_is_told() {
    let ground = ground().await;
    let wrong = |_: Request| (axum::http::StatusCode::INTERNAL_SERVER_ERROR, "").into_response();
    let outcome = RUN.on(&ground, broken(ground.doors(), "/api/sign_up/", wrong)).await;
    assert!(!outcome.is_good());
    assert!(outcome.records.strange[0].contains("up: 500"), "{:?}", outcome.records.strange);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_looked_for_at_the_end() {
    let ground = ground().await;
    let outcome = Run { length: Length::Operations(80), ..RUN }.on(&ground, ground.doors()).await;
    let events = outcome.records.events;
    for event in events.iter().filter(|event| event.answer == Answer::Created) {
        let Asked::SignUp { user } = event.asked else { panic!("{event}") };
        let is_of_user = |asked: Asked| matches!(asked, Asked::LogIn { user: other, .. } if other == user);
        assert!(events.iter().any(|later| later.invoked > event.returned && is_of_user(later.asked)), "user {user}");
    }
}

fn history(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_history")).args(arguments).output().unwrap()
}

#[test]
fn the_command_ends_with_a_verdict() {
    let run = history(&["--operations", "40", "--clients", "2", "--seed", "3"]);
    let text = String::from_utf8(run.stdout).unwrap();
    assert_eq!(run.status.code(), Some(0), "{text}");
    assert!(text.starts_with("seed 3, 2 clients\n"), "{text}");
    assert!(text.lines().last().unwrap().ends_with("0 contradictions; linearizability holds"), "{text}");
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for wrong in [vec!["--clients", "0"], vec!["--seconds", "1", "--operations", "9"], vec!["dance"]] {
        assert_eq!(history(&wrong).status.code(), Some(2), "{wrong:?}");
    }
}
