//! Instructions per operation stay within what tests/bench/src/budget.rs records.
//!
//!     .ci/budgets.sh

#![expect(missing_docs, reason = "what gungraun's macros make has no docs")]

use bench::actor::Operation;
use bench::budget;
use bench::in_process::InProcess;
use gungraun::prelude::*;
use gungraun::{Callgrind, EventKind};

fn service(operation: Operation) -> InProcess {
    InProcess::new(operation, budget::of(operation).algorithm)
}

/// Fails when `operation` takes more instructions than its budget.
fn limited(operation: Operation) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
    callgrind.hard_limits([(EventKind::Ir, budget::of(operation).kiloinstructions * 1000)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}

#[library_benchmark]
#[bench::round_trip(args = (Operation::RoundTrip), setup = service, config = limited(Operation::RoundTrip))]
#[bench::verify(args = (Operation::Verify), setup = service, config = limited(Operation::Verify))]
#[bench::authorizer(args = (Operation::Authorizer), setup = service, config = limited(Operation::Authorizer))]
#[bench::me(args = (Operation::Me), setup = service, config = limited(Operation::Me))]
#[bench::refresh(args = (Operation::Refresh), setup = service, config = limited(Operation::Refresh))]
#[bench::log_in(args = (Operation::LogIn), setup = service, config = limited(Operation::LogIn))]
#[bench::sign_up(args = (Operation::SignUp), setup = service, config = limited(Operation::SignUp))]
#[bench::log_out(args = (Operation::LogOut), setup = service, config = limited(Operation::LogOut))]
#[bench::sessions(args = (Operation::Sessions), setup = service, config = limited(Operation::Sessions))]
#[bench::log_out_all(args = (Operation::LogOutAll), setup = service, config = limited(Operation::LogOutAll))]
#[bench::password_change(args = (Operation::PasswordChange), setup = service, config = limited(Operation::PasswordChange))]
#[bench::account_delete(args = (Operation::AccountDelete), setup = service, config = limited(Operation::AccountDelete))]
#[bench::ws_ticket(args = (Operation::WsTicket), setup = service, config = limited(Operation::WsTicket))]
fn ask(service: InProcess) -> InProcess {
    service.ask();
    service
}

library_benchmark_group!(name = operations, benchmarks = ask);
main!(library_benchmark_groups = operations);
