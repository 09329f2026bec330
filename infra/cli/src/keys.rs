//! `faregate keys`.

use faregate::clock::Timestamp;
use faregate::domain::signing_key::{KeyState, KeyUse, Occasion, PUBLICATION_SECONDS, SigningKeyRecord, Step};
use faregate::service::Service;
use faregate::tokens::{Outcome, RotationError, StepTaken, TakenOut};
use serde_json::{Value, json};

use crate::arguments::{KeysCommand, RetireArguments};
use crate::confirmation;
use crate::failure::Failure;
use crate::output::print_lines;

/// Carries out `command` and says what was done.
pub(crate) async fn run(service: &Service, command: KeysCommand, as_json: bool) -> Result<(), Failure> {
    if service.settings.tokens.hs256_key.is_some() {
        return Err(Failure::Refused(
            "all tokens are under FAREGATE_HS256_KEY: there is no key ring in use".to_owned(),
        ));
    }
    match command {
        KeysCommand::List => list(service, as_json).await,
        KeysCommand::Rotate => rotate(service, as_json).await,
        KeysCommand::Retire(arguments) => retire(service, &arguments, as_json).await,
    }
}

async fn list(service: &Service, as_json: bool) -> Result<(), Failure> {
    let keys = service.rotation().keys().await?;
    if as_json {
        print_lines(&format!("{:#}", keys.iter().map(value_of).collect::<Value>()));
        return Ok(());
    }
    if keys.is_empty() {
        print_lines("there are no keys yet: the first start of a function that signs makes them");
        return Ok(());
    }
    let rows = keys.iter().map(|key| {
        let SigningKeyRecord { kid, key_use, state, since } = key;
        format!("{kid:33}  {:7}  {:8}  {}\n", key_use.as_str(), state.as_str(), since.rfc3339())
    });
    let heading = format!("{:33}  {:7}  {:8}  {}\n", "KID", "TOKENS", "STATE", "SINCE");
    print_lines((heading + &rows.collect::<String>()).trim_end());
    Ok(())
}

fn value_of(key: &SigningKeyRecord) -> Value {
    let SigningKeyRecord { kid, key_use, state, since } = key;
    json!({"kid": kid, "tokens": key_use.as_str(), "state": state.as_str(), "since": since.rfc3339()})
}

async fn rotate(service: &Service, as_json: bool) -> Result<(), Failure> {
    let steps = service.rotation().step(Occasion::Operator).await?;
    if steps.iter().all(|taken| taken.step == Step::NoActiveKey) {
        return Err(Failure::Refused(
            "no key signs; the first start of a function that signs makes the first".to_owned(),
        ));
    }
    let now = service.clock.now();
    if as_json {
        print_lines(&format!("{:#}", steps.iter().map(step_value).collect::<Value>()));
    } else {
        print_lines(&steps.iter().map(|taken| step_line(taken, now)).collect::<Vec<_>>().join("\n"));
    }
    Ok(())
}

fn step_line(taken: &StepTaken, now: Timestamp) -> String {
    let tokens = format!("{} tokens", taken.key_use.as_str());
    let made = match &taken.outcome {
        Outcome::Made(kid) => kid,
        Outcome::Done => "",
        Outcome::Crossed => return format!("{tokens}: somebody else moved the ring at the same time; look again"),
    };
    match &taken.step {
        Step::Publish { .. } => {
            let due = now.plus_seconds(PUBLICATION_SECONDS).rfc3339();
            format!("{tokens}: {made} is published and can sign from {due} on, when the schedule or `rotate` lets it")
        }
        Step::Activate { next, active } => {
            format!("{tokens}: {next} signs; {active} retires once its last token expired")
        }
        Step::Retire { kid } => format!("{tokens}: {kid} is retired; its last token has expired"),
        Step::Wait { until } => format!("{tokens}: nothing to do before {}", until.rfc3339()),
        Step::NoActiveKey => format!("{tokens}: no key signs"),
    }
}

fn step_value(taken: &StepTaken) -> Value {
    let tokens = taken.key_use.as_str();
    match (&taken.step, &taken.outcome) {
        (_, Outcome::Crossed) => json!({"tokens": tokens, "step": "crossed"}),
        (step, outcome) => step_done(tokens, step, outcome),
    }
}

fn step_done(tokens: &str, step: &Step, outcome: &Outcome) -> Value {
    let made = if let Outcome::Made(kid) = outcome { Some(kid) } else { None };
    match step {
        Step::Publish { .. } => json!({"tokens": tokens, "step": "publish", "kid": made}),
        Step::Activate { next, active } => {
            json!({"tokens": tokens, "step": "activate", "kid": next, "retiring": active})
        }
        Step::Retire { kid } => json!({"tokens": tokens, "step": "retire", "kid": kid}),
        Step::Wait { until } => json!({"tokens": tokens, "step": "wait", "until": until.rfc3339()}),
        Step::NoActiveKey => json!({"tokens": tokens, "step": "no active key"}),
    }
}

async fn retire(service: &Service, arguments: &RetireArguments, as_json: bool) -> Result<(), Failure> {
    let rotation = service.rotation();
    let kid = &arguments.kid;
    let key = rotation.keys().await?.into_iter().find(|key| key.kid == *kid);
    if let Some(key) = key.filter(|_| !arguments.yes)
        && !confirmation::given(&prompt(&key), "yes")
    {
        return Err(Failure::Refused("nothing was retired".to_owned()));
    }
    let TakenOut { key, signs_instead } = rotation.take_out(kid).await?;
    if as_json {
        print_lines(&format!("{:#}", json!({"retired": key.kid, "signs_instead": signs_instead})));
        return Ok(());
    }
    let mut lines = vec![format!("{kid} is retired: within five minutes no function takes a token that it signed")];
    if let Some(successor) = signs_instead {
        lines.push(format!("{successor} signs instead, everywhere within five minutes"));
        if key.key_use == KeyUse::Access {
            lines.push(
                "API Gateway may refuse its tokens until it reads the key set again, two hours at most".to_owned(),
            );
        }
    }
    if key.key_use == KeyUse::Access && key.state != KeyState::Next {
        lines.push("API Gateway may take tokens of the retired key for two hours more".to_owned());
    }
    print_lines(&lines.join("\n"));
    Ok(())
}

/// What hits everybody when a key that signs or signed goes.
fn prompt(key: &SigningKeyRecord) -> String {
    let consequence = match (key.key_use, key.state) {
        (_, KeyState::Next | KeyState::Retired) => "It has signed nothing.",
        (KeyUse::Access, _) => "Every access token that it signed is refused; apps refresh.",
        (KeyUse::Refresh, _) => "Every refresh token that it signed is refused: those users log in again.",
    };
    let (tokens, state) = (key.key_use.as_str(), key.state.as_str());
    format!("Retire {} ({tokens} tokens, {state})? {consequence} Type yes: ", key.kid)
}

impl From<RotationError> for Failure {
    fn from(error: RotationError) -> Self {
        match error {
            RotationError::Store(error) => error.into(),
            RotationError::Key(_) => Self::Key(error),
            RotationError::Emergency(_) | RotationError::Crossed => Self::Refused(error.to_string()),
        }
    }
}
