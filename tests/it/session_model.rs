//! The service beside the rules alone: whatever is shown in whatever order, what DynamoDB makes of a session is what
//! `Session::judge` and `Session::rotated` say.

use faregate::clock::Timestamp;
use faregate::domain::rotation::{Commitment, Presentation, Proof, Rotation, RotationId, RotationIds};
use faregate::domain::session::{Judgement, Session};
use faregate::randomness::Randomness;
use faregate_tests::{PASSWORD, TestApp, claims, fresh_id, hash_of};
use serde_json::{Value, json};

/// A refresh token that was given, with what its holder knows.
#[derive(Clone)]
struct Held {
    refresh: String,
    /// The id behind its anchor, if it has one.
    id: Option<String>,
    /// The next id that its honest holder would name.
    next: String,
}

/// What is shown of a held token.
struct Request {
    body: Value,
    counter: u64,
    anchor: Option<Commitment>,
    ids: RotationIds,
    expires_at: Timestamp,
    /// The id behind `rotation_next`.
    next: Option<String>,
}

impl Request {
    fn new(held: &Held, id: Option<&str>, next: Option<&str>) -> Self {
        let mut body = json!({"refresh": held.refresh});
        if let Some(id) = id {
            body["rotation_id"] = json!(id);
        }
        if let Some(next) = next {
            body["rotation_next"] = json!(hash_of(next));
        }
        let said = claims(&held.refresh);
        let parsed = |text: &str| RotationId::parse(text).unwrap();
        Self {
            body,
            counter: said["ctr"].as_u64().unwrap(),
            anchor: said.get("cnf").map(|cnf| cnf.as_str().unwrap().parse().unwrap()),
            ids: RotationIds::new(id.map(parsed), next.map(|next| parsed(next).commitment())).unwrap(),
            expires_at: Timestamp::from_seconds(said["exp"].as_i64().unwrap()),
            next: next.map(str::to_owned),
        }
    }

    /// Of a held token, what its holder, a thief or a bug would show.
    fn any(held: &Held, dice: &Randomness) -> Self {
        let (other_id, other_next) = (fresh_id(), fresh_id());
        match dice.up_to(14) {
            0..=9 => Self::new(held, held.id.as_deref(), Some(&held.next)),
            10 => Self::new(held, held.id.as_deref(), Some(&other_next)),
            11 => Self::new(held, None, None),
            12 => Self::new(held, Some(&other_id), Some(&held.next)),
            13 => Self::new(held, held.id.as_deref(), None),
            _ => Self::new(held, None, Some(&held.next)),
        }
    }
}

/// What the rules make of `request`: the status, and the session after it.
fn predicted(session: &Session, request: &Request, now: Timestamp, app: &TestApp) -> (u16, Session) {
    let policy = &app.service.settings.sessions;
    let shown = Presentation { counter: request.counter, proof: Proof::of(request.anchor, &request.ids) };
    let judgement = session.judge(&shown, now, policy.grace_seconds);
    if now >= request.expires_at {
        let proved = matches!(shown.proof, Proof::Shown { .. });
        return match judgement {
            Judgement::Repeated if proved => (200, session.clone()),
            Judgement::Stolen(_) if proved => (401, Session { ended_at: Some(now), ..session.clone() }),
            _ => (401, session.clone()),
        };
    }
    match judgement {
        Judgement::Current => {
            let rotation = Rotation::of(&shown, now, policy, session.kid.clone());
            (200, session.rotated(&rotation))
        }
        Judgement::Repeated => (200, session.clone()),
        Judgement::Superseded => (409, session.clone()),
        Judgement::Stolen(_) => (401, Session { ended_at: Some(now), ..session.clone() }),
        Judgement::Ahead | Judgement::Stale | Judgement::Ended | Judgement::Expired => (401, session.clone()),
    }
}

async fn stored(app: &TestApp, session: &Session) -> Session {
    let found = app.service.sessions().with_user(session.user_id, Some(session.id)).await.unwrap();
    found.1.unwrap()
}

/// A log-in, with or without ids, and the session that it opened.
async fn opened(app: &TestApp, dice: &Randomness) -> (Held, Session) {
    let id = (dice.up_to(3) > 0).then(fresh_id);
    let mut body = json!({"username": "ann", "password": PASSWORD});
    if let Some(id) = &id {
        body["rotation_next"] = json!(hash_of(id));
    }
    let refresh = app.post("/api/log_in/", &body).await.field("refresh");
    let said = claims(&refresh);
    let (user, session) =
        (said["id"].as_str().unwrap().parse().unwrap(), said["sid"].as_str().unwrap().parse().unwrap());
    let (_, session) = app.service.sessions().with_user(user, Some(session)).await.unwrap();
    (Held { refresh, id, next: fresh_id() }, session.unwrap())
}

#[tokio::test]
async fn what_is_stored_is_what_the_rules_say_whatever_is_shown() {
    let app = TestApp::start().await;
    app.sign_up("ann").await.is(201);
    let dice = Randomness::from_seed(7);
    let mut seen = std::collections::BTreeMap::<u16, usize>::new();
    for _session in 0..60 {
        let (first, mut session) = opened(&app, &dice).await;
        let mut given = vec![first];
        for _step in 0..25 {
            app.clock.advance_seconds(i64::from([0, 1, 20, 40, 3_600, 50_000][dice.up_to(5) as usize]));
            let back = (dice.up_to(5) as usize).saturating_sub(2).min(given.len() - 1);
            let held = given[given.len() - 1 - back].clone();
            let request = Request::any(&held, &dice);
            let (status, after) = predicted(&session, &request, app.clock.now(), &app);
            let reply = app.post("/api/token/refresh/", &request.body).await;
            assert_eq!(reply.status, status, "{request:?} at {session:?}: {}", reply.text, request = request.body);
            assert_eq!(stored(&app, &session).await, after, "{}", request.body);
            *seen.entry(status).or_default() += 1;
            if status == 200 && given.iter().all(|held| held.refresh != reply.field("refresh")) {
                given.push(Held { refresh: reply.field("refresh"), id: request.next, next: fresh_id() });
            }
            session = after;
            if session.ended_at.is_some() && dice.up_to(3) == 0 {
                break;
            }
        }
    }
    assert!(seen[&200] > 100 && seen[&401] > 100 && seen[&409] > 3, "{seen:?}");
}
