# Sourced at the top of the repository: builds all programs, and leaves their folder in `binaries`.
#
# Together with the tests, whose dependencies have features of their own: after `cargo test` there is only to link.
cargo build --quiet --locked --bins --tests
# shellcheck disable=SC2034
binaries=${CARGO_TARGET_DIR:-target}/debug
