# Sourced at the top of the repository: builds all programs, and leaves their folder in `binaries`.
#
# All packages at once, and with the tests: of a part, dependencies with fewer features would be compiled anew. So after
# `cargo test` there is only to link, and where nothing is built yet it takes what `cargo test` takes.
cargo build --quiet --locked --bins --tests
# shellcheck disable=SC2034
binaries=${CARGO_TARGET_DIR:-target}/debug
