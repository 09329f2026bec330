//! What is measured: see `bench::server`.

fn main() {
    bench::server::run(|| 0);
}
