//! `faregate`: the operator's command.
//!
//! Exit codes: 0 done; 1 refused (no such user, name taken, weak password); 2 wrong usage; 3 DynamoDB or AWS trouble.

mod arguments;
mod confirmation;
mod failure;
mod keys;
mod output;
mod password;
mod users;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use faregate::clock::Clock;
use faregate::randomness::Randomness;
use faregate::service::Service;
use faregate::settings::{Settings, dynamodb_endpoint};
use faregate::store::{connect, recorded_case};

use crate::arguments::{Arguments, Command, UsersCommand};
use crate::failure::Failure;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell when standard error is closed.
            let _closed = writeln!(anstream::stderr(), "error: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut settings = Settings::from_environment(&[])?;
    let endpoint = arguments.endpoint_url.or_else(dynamodb_endpoint);
    let client = connect(endpoint.as_deref()).await;
    let command = match arguments.command {
        Command::Keys(command) => {
            let service = Service::new(settings, client, Clock::system(), Randomness::from_system()?);
            return keys::run(&service, command, arguments.json).await;
        }
        Command::Users(command) => command,
    };
    // The table knows how it compares names; whoever types this command need not.
    match (recorded_case(&client, &settings.table).await?, &command) {
        (Some(recorded), _) => settings.username_case = recorded,
        // Making the first user is a first start, and records the setting; looking for one must not.
        (None, UsersCommand::Create(_)) => {}
        (None, _) => return Err(Failure::Refused("there are no users yet".to_owned())),
    }
    let service = Service::new(settings, client, Clock::system(), Randomness::from_system()?);
    let report = users::run(&service, command).await?;
    output::print(&report, arguments.json);
    Ok(())
}
