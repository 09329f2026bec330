//! The command line.

use clap::{Args, Parser, Subcommand};
use faregate::domain::legacy::LegacyId;
use faregate::domain::user::UserId;

use crate::cost::CostArguments;
use crate::export::ExportArguments;
use crate::import::ImportArguments;
use crate::listing::ListArguments;
use crate::stats::StatsArguments;

/// The whole command line.
#[derive(Parser, Debug)]
#[command(
    name = "faregate",
    version,
    about = "The operator's command of Faregate",
    after_help = "Exit codes: 0 done; 1 refused; 2 wrong usage; 3 DynamoDB or AWS trouble; 130 interrupted.\n\
                  On AWS, credentials and region are found as every AWS tool finds them."
)]
pub(crate) struct Arguments {
    /// Where DynamoDB is, e.g. `http://127.0.0.1:8001` for the one of `cargo run`
    #[arg(long, global = true, value_name = "URL", value_parser = url)]
    pub(crate) endpoint_url: Option<String>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// An HTTP URL; `localhost:8001` would otherwise be tried, and fail as if DynamoDB were gone.
fn url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    if rest.is_some_and(|rest| !rest.is_empty()) {
        Ok(text.to_owned())
    } else {
        Err("it starts with http:// or https://".to_owned())
    }
}

/// What the command is about.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Users: create, show, change, delete
    #[command(subcommand)]
    Users(UsersCommand),
    /// The keys that sign tokens: list, rotate, retire
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Bring users in from elsewhere, with the password hashes that they have there; says what it would do unless told to
    Import(ImportArguments),
    /// Write out all users with their password hashes, a line of JSON each
    Export(ExportArguments),
    /// Count users, by what they may do and by what their password hashes cost; reads the whole table
    Stats(StatsArguments),
    /// What a month costs on AWS, beside Cognito, and which limits come first; asks nobody
    Cost(CostArguments),
}

/// What to do with the key ring.
#[derive(Subcommand, Debug)]
pub(crate) enum KeysCommand {
    /// Show every key and where it is in its life
    List,
    /// Take the next step of a rotation now: publish a new key, or let one sign that was published long enough ago
    Rotate,
    /// Take a key out at once, in an emergency: nothing that it signed is good any more
    Retire(RetireArguments),
}

/// Which key.
#[derive(Args, Debug)]
pub(crate) struct RetireArguments {
    /// The key's id, as `faregate keys list` shows it
    pub(crate) kid: String,
    /// Do not ask, even at a terminal
    #[arg(long)]
    pub(crate) yes: bool,
}

/// What to do with users.
#[derive(Subcommand, Debug)]
pub(crate) enum UsersCommand {
    /// List users, the newest first, or by name those whose names begin in one way
    #[command(alias = "search")]
    List(ListArguments),
    /// Make a user; the password is asked for
    Create(NewUserArguments),
    #[command(flatten)]
    One(UserCommand),
}

/// What to do with a user who is there.
#[derive(Subcommand, Debug)]
pub(crate) enum UserCommand {
    /// Show a user, found by name or id
    Show(ShowArguments),
    /// Let a user log in again
    Activate(Username),
    /// Keep a user from logging in; every session is over
    Deactivate(Username),
    /// Remove a user with every session; the name is free again
    Delete(DeleteArguments),
    /// Give a user a new password, which is asked for; every session is over
    SetPassword(PasswordArguments),
    /// End every session of a user, on every device
    LogOut(Username),
    /// Take log-ins from unknown devices again, after too many failures today
    Unlock(Username),
    /// Let a user into the admin site
    GrantStaff(Username),
    /// Keep a user out of the admin site
    RevokeStaff(Username),
}

/// Which user.
#[derive(Args, Debug)]
pub(crate) struct Username {
    /// The username, in any spelling that logs in
    pub(crate) username: String,
}

/// Which user, by one of three.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct ShowArguments {
    /// The username, in any spelling that logs in
    pub(crate) username: Option<String>,
    /// The id, which tokens, answers and log lines have
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<UserId>,
    /// The id that the user had in the system that it was imported from
    #[arg(long, value_name = "ID")]
    pub(crate) legacy_id: Option<LegacyId>,
}

/// A user and where the password comes from.
#[derive(Args, Debug)]
pub(crate) struct PasswordArguments {
    #[command(flatten)]
    pub(crate) user: Username,
    /// Read the password from standard input, its first line
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// A user to be made.
#[derive(Args, Debug)]
pub(crate) struct NewUserArguments {
    #[command(flatten)]
    pub(crate) password: PasswordArguments,
    /// The first name
    #[arg(long, default_value = "")]
    pub(crate) first_name: String,
    /// The last name
    #[arg(long, default_value = "")]
    pub(crate) last_name: String,
    /// Let the user into the admin site
    #[arg(long)]
    pub(crate) staff: bool,
}

/// A user to be removed.
#[derive(Args, Debug)]
pub(crate) struct DeleteArguments {
    #[command(flatten)]
    pub(crate) user: Username,
    /// Do not ask, even at a terminal
    #[arg(long)]
    pub(crate) yes: bool,
}
