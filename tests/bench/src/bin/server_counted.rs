//! `bench::server`, which counts its allocations.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    bench::server::run(|| {
        let stats = ALLOCATOR.stats();
        stats.allocations + stats.reallocations
    });
}
