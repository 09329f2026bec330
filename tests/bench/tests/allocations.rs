//! Allocations per operation stay within what tests/bench/src/budget.rs records.
//!
//! One test in a binary of its own: what is counted is the process's.

use std::alloc::System;

use bench::budget::{BUDGETS, Budget, SLACK_PERCENT};
use bench::in_process::InProcess;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Requests that are counted; the fewest count, since the runtime's own threads allocate now and then.
const REQUESTS: usize = 10;

fn allocations(service: &InProcess) -> usize {
    let region = Region::new(ALLOCATOR);
    service.ask();
    let change = region.change();
    change.allocations + change.reallocations
}

#[test]
fn no_operation_allocates_more_often_than_recorded_or_much_less() {
    let mut wrong = Vec::new();
    for Budget { operation, algorithm, allocations: budget, .. } in BUDGETS {
        let service = InProcess::new(operation, algorithm);
        let counted = (0..REQUESTS).map(|_| allocations(&service)).min().unwrap();
        if counted > budget || counted * 100 < budget * (100 - SLACK_PERCENT) {
            wrong.push(format!("{}: {counted} allocations, {budget} recorded", operation.name()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
