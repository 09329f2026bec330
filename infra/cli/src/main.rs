//! `faregate`: the operator's command.
//!
//! Exit codes: 0 done; 1 refused (no such user, name taken, weak password); 2 wrong usage; 3 DynamoDB or AWS trouble;
//! 130 interrupted.

mod arguments;
mod confirmation;
mod cost;
mod everybody;
mod export;
mod failure;
mod import;
mod keys;
mod listing;
mod moment;
mod output;
mod password;
mod patience;
mod progress;
mod stats;
mod user_record;
mod users;

use std::process::ExitCode;

use clap::Parser as _;
use faregate::clock::Clock;
use faregate::randomness::Randomness;
use faregate::service::Service;
use faregate::settings::{Settings, dynamodb_endpoint};
use faregate::store::{Client, connect, recorded_case};

use crate::arguments::{Arguments, Command, UsersCommand};
use crate::failure::Failure;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Boxed: it holds whole commands.
    match Box::pin(run(arguments)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::tell(&output::printable(&format!("error: {failure}")));
            ExitCode::from(failure.exit_code())
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { command, json, endpoint_url } = arguments;
    let tables = Tables { endpoint_url };
    match command {
        Command::Cost(asked) => cost::run(&asked, json),
        Command::Export(arguments) => match &arguments.point_in_time {
            Some(folder) => export::of_point_in_time(folder, arguments.output.as_deref()),
            None => export::of_table(&tables.with_users().await?, &arguments).await,
        },
        // A dry run asks nobody how names are compared.
        Command::Import(arguments) if !arguments.commit => import::run(&tables.service().await?, arguments, json).await,
        Command::Import(arguments) => import::run(&tables.first_or_later().await?.0, arguments, json).await,
        Command::Keys(command) => keys::run(&tables.service().await?, command, json).await,
        Command::Stats(arguments) => stats::run(&tables.with_users().await?, &arguments, json).await,
        Command::Users(UsersCommand::List(arguments)) => {
            listing::run(&tables.with_users().await?, arguments, json).await
        }
        Command::Users(UsersCommand::Create(arguments)) => {
            let report = users::create(&tables.first_or_later().await?.0, arguments).await?;
            output::print(&report, json);
            Ok(())
        }
        Command::Users(UsersCommand::One(command)) => {
            output::print(&users::run(&tables.with_users().await?, command).await?, json);
            Ok(())
        }
    }
}

/// Where the tables are.
struct Tables {
    endpoint_url: Option<String>,
}

impl Tables {
    async fn service(self) -> Result<Service, Failure> {
        let (settings, client) = self.connected().await?;
        service(settings, client)
    }

    /// With names compared as the table has it, and whether it has: whoever types a command need not know. One that makes users
    /// may be the first to use the table.
    async fn first_or_later(self) -> Result<(Service, bool), Failure> {
        let (mut settings, client) = self.connected().await?;
        let recorded = recorded_case(&client, &settings.table).await?;
        settings.username_case = recorded.unwrap_or(settings.username_case);
        Ok((service(settings, client)?, recorded.is_some()))
    }

    /// For a command that looks for users, which must not be the first.
    async fn with_users(self) -> Result<Service, Failure> {
        match self.first_or_later().await? {
            (service, true) => Ok(service),
            (_, false) => Err(Failure::Refused("there are no users yet".to_owned())),
        }
    }

    async fn connected(self) -> Result<(Settings, Client), Failure> {
        let settings = Settings::from_environment(&[])?;
        let endpoint = self.endpoint_url.or_else(dynamodb_endpoint);
        Ok((settings, connect(endpoint.as_deref()).await))
    }
}

fn service(settings: Settings, client: Client) -> Result<Service, Failure> {
    Ok(Service::new(settings, client, Clock::system(), Randomness::from_system()?))
}
