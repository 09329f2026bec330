//! The recorded contract: every case in every variant, each a test of its own.

#![expect(clippy::unwrap_used, reason = "a test binary: a panic is a failure")]
#![expect(clippy::panic, reason = "a test binary: a panic is a failure")]
#![expect(clippy::indexing_slicing, reason = "a test binary: a panic is a failure")]

mod case;
mod compare;
mod craft;
mod deployment;
mod page;
mod run;
mod target;
mod variables;

use std::process::ExitCode;
use std::sync::Arc;

use faregate::clock::Clock;
use faregate_tests::TestApp;
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

use crate::case::{Case, load};
use crate::deployment::Deployment;
use crate::target::Target;

/// The key of all tokens of the service in process.
const SIGNING_KEY: &str = "contract-0123456789abcdef0123456789abcdef";

/// A variant of the reference, and the settings that make us answer like it.
const VARIANTS: [(&str, &[(&str, &str)]); 3] = [
    ("seed", &[("FAREGATE_PASSWORD_POLICY", "off"), ("FAREGATE_ROTATE_REFRESH_TOKENS", "false")]),
    ("policy", &[("FAREGATE_PASSWORD_POLICY", "django"), ("FAREGATE_ROTATE_REFRESH_TOKENS", "false")]),
    ("rotate", &[("FAREGATE_PASSWORD_POLICY", "django"), ("FAREGATE_ROTATE_REFRESH_TOKENS", "true")]),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let runtime = Arc::new(Runtime::new().unwrap());
    let deployed = match runtime.block_on(Deployment::from_environment()) {
        Ok(deployment) => deployment.map(|deployment| Arc::new(Target::Deployed(deployment))),
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::from(2);
        }
    };
    let cases = load();
    let mut trials = Vec::new();
    for (variant, settings) in VARIANTS {
        let target = deployed.clone().unwrap_or_else(|| Arc::new(runtime.block_on(start(settings))));
        for case in cases.iter().filter(|case| case.is_for(variant)) {
            trials.push(trial(variant, case, (&runtime, &target)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

async fn start(settings: &[(&str, &str)]) -> Target {
    let mut builder = TestApp::builder()
        .clock(Clock::system())
        .with("FAREGATE_HS256_KEY", SIGNING_KEY)
        .with("FAREGATE_USERNAME_CASE_SENSITIVE", "true")
        .with("FAREGATE_THROTTLE", "off")
        .with("FAREGATE_TOKEN_JITTER", "off")
        .with("FAREGATE_REFRESH_GRACE_SECONDS", "0");
    for (name, value) in settings {
        builder = builder.with(name, value);
    }
    Target::InProcess(Box::new(builder.start().await))
}

fn trial(variant: &str, case: &Arc<Case>, (runtime, target): (&Arc<Runtime>, &Arc<Target>)) -> Trial {
    let (case, runtime, target) = (Arc::clone(case), Arc::clone(runtime), Arc::clone(target));
    let name = format!("{variant}::{}", case.name);
    let ignored = case.left_out();
    let run = move || {
        let problems = runtime.block_on(run::run(&case, &target));
        if problems.is_empty() { Ok(()) } else { Err(Failed::from(problems.join("\n"))) }
    };
    Trial::test(name, run).with_ignored_flag(ignored)
}
