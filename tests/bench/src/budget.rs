//! What an operation may cost in what can be counted: allocations (held by `cargo test`) and instructions (by
//! `.ci/budgets.sh`), of our code and the SDK's, with DynamoDB's answers there already ([`crate::replay`]) and without the
//! password's hash. Calls are counted in tests/it/budget.rs, units in tests/it/units.rs, bytes of programs in [`crate::sizes`].
//!
//! More allocations than recorded fail, and so do much fewer: then the better number belongs in here. Instructions have an upper
//! bound alone, some 4 % above what was counted: they differ a little with the kind of processor.

use crate::actor::Operation;

/// A budget; a request is one of its operation.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// What is asked for.
    pub operation: Operation,
    /// How access tokens are signed.
    pub algorithm: &'static str,
    /// Allocations of a request, those that grow what is there included. Unoptimised code makes a few that optimised code
    /// does not; these are of the unoptimised.
    pub allocations: usize,
    /// Instructions of a request, in thousands, on the thread that answers it, as Callgrind counts them: on a processor
    /// without instructions for SHA-256. Of optimised code for `x86_64`.
    pub kiloinstructions: u64,
}

/// Percent of its budget that an operation's allocations may stay below it, before the budget is wrong.
pub const SLACK_PERCENT: usize = 6;

const fn budget(operation: Operation, algorithm: &'static str, allocations: usize, kiloinstructions: u64) -> Budget {
    Budget { operation, algorithm, allocations, kiloinstructions }
}

/// One for each operation of an app, ES256 where an access token is signed or verified: RSA's instructions would hide all
/// others. What administrators do is rare; its calls and units alone are on record.
pub const BUDGETS: [Budget; 13] = [
    budget(Operation::RoundTrip, "ES256", 396, 524),
    budget(Operation::Verify, "ES256", 146, 1006),
    budget(Operation::Authorizer, "ES256", 132, 956),
    budget(Operation::Me, "ES256", 610, 1601),
    budget(Operation::Refresh, "ES256", 1068, 1697),
    budget(Operation::LogIn, "ES256", 2268, 3253),
    budget(Operation::SignUp, "ES256", 604, 805),
    budget(Operation::LogOut, "ES256", 600, 825),
    budget(Operation::Sessions, "ES256", 1072, 2202),
    budget(Operation::LogOutAll, "ES256", 1020, 2120),
    budget(Operation::PasswordChange, "ES256", 1596, 2923),
    budget(Operation::AccountDelete, "ES256", 2000, 3443),
    budget(Operation::WsTicket, "ES256", 1030, 2134),
];

/// The budget of `operation`.
#[must_use]
pub fn of(operation: Operation) -> Budget {
    let found = BUDGETS.into_iter().find(|budget| budget.operation == operation);
    found.expect("a budget of every operation that does something")
}
