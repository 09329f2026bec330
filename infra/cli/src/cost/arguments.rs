//! What `faregate cost` is told.

use clap::Args;

use super::prices::Region;

/// How many users, and what they do.
#[derive(Args, Debug)]
pub(crate) struct CostArguments {
    /// Users who are active in the month
    #[arg(long, value_name = "USERS", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) mau: u64,
    /// Where the stack is
    #[arg(long, value_enum, default_value = "us-east-1")]
    pub(crate) region: Region,
    /// Take off what every account has free every month, as if it had nothing else
    #[arg(long)]
    pub(crate) free_tier: bool,
    /// How much busier the busiest hour is than the mean
    #[arg(long, default_value = "4", value_name = "TIMES", value_parser = peak)]
    pub(crate) peak: f64,
    #[command(flatten)]
    pub(crate) habits: Habits,
}

/// What each of them does in a month, on the mean, and how long it takes us.
#[derive(Args, Debug)]
#[command(next_help_heading = "Each user, a month")]
pub(crate) struct Habits {
    /// Sign-ups: the share of users who are new
    #[arg(long, default_value = "0.1", value_name = "TIMES", value_parser = times)]
    pub(crate) sign_ups: f64,
    /// Log-ins
    #[arg(long, default_value = "5", value_name = "TIMES", value_parser = times)]
    pub(crate) log_ins: f64,
    /// Log-ins with a wrong password, each before one that succeeds
    #[arg(long, default_value = "0.5", value_name = "TIMES", value_parser = times)]
    pub(crate) failed_log_ins: f64,
    /// Refreshes: one for each hour of use, with the default lifetime of access tokens
    #[arg(long, default_value = "30", value_name = "TIMES", value_parser = times)]
    pub(crate) refreshes: f64,
    /// Requests to `/api/me/`
    #[arg(long, default_value = "10", value_name = "TIMES", value_parser = times)]
    pub(crate) looks: f64,
    /// Log-outs
    #[arg(long, default_value = "0.5", value_name = "TIMES", value_parser = times)]
    pub(crate) log_outs: f64,
    /// Requests to other APIs that `authorizer` looks at in session mode
    #[arg(long, default_value = "0", value_name = "TIMES", value_parser = times)]
    pub(crate) session_checks: f64,
    /// Hours with an open WebSocket; its messages are not counted
    #[arg(long, default_value = "0", value_name = "HOURS", value_parser = times)]
    pub(crate) socket_hours: f64,
    /// Milliseconds of a function that hashes a password
    #[arg(long, default_value = "60", value_name = "MS", value_parser = milliseconds)]
    pub(crate) hashing_ms: f64,
    /// Milliseconds of any other function
    #[arg(long, default_value = "20", value_name = "MS", value_parser = milliseconds)]
    pub(crate) other_ms: f64,
}

fn times(text: &str) -> Result<f64, String> {
    within(text, 0.0, 100_000.0)
}

fn peak(text: &str) -> Result<f64, String> {
    within(text, 1.0, 1000.0)
}

/// Lambda stops a function after 15 minutes.
fn milliseconds(text: &str) -> Result<f64, String> {
    within(text, 1.0, 900_000.0)
}

fn within(text: &str, least: f64, most: f64) -> Result<f64, String> {
    // Neither NaN nor infinity is in any range.
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("it is a number from {least} to {most}"))
}
