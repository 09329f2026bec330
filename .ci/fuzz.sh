#!/usr/bin/env bash
# Runs each kind of input in tests/fuzz under libFuzzer, from the inputs that are kept.
#
#   .ci/fuzz.sh                       all of them, each as often and on the same way each time
#   SEED=2 .ci/fuzz.sh                on another way
#   SECONDS_EACH=600 .ci/fuzz.sh token   one of them, for as long
#   TOOLCHAIN=nightly SANITIZER=address .ci/fuzz.sh   with AddressSanitizer, which needs a nightly toolchain that is there
#
# Without a sanitizer the toolchain of rust-toolchain.toml does: our code has no `unsafe` (a lint forbids it), so what is looked
# for is panics, overflows and properties that do not hold. Needs `cargo fuzz`, and a C++ compiler for libFuzzer.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=2000 seed=${SEED:-1} sanitizer=${SANITIZER:-none}
toolchain=${TOOLCHAIN:-$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)}
fuzz=tests/fuzz

if [ -n "${SECONDS_EACH:-}" ]; then
    bound=(-max_total_time="$SECONDS_EACH") bounded="$SECONDS_EACH s"
else
    bound=(-runs="$runs") bounded="$runs runs"
fi
# Asked for by its name, a toolchain that is missing would be installed.
if ! rustup toolchain list | grep --quiet "^$toolchain"; then
    echo "the toolchain $toolchain is missing: rustup toolchain install $toolchain --profile minimal" >&2
    exit 1
fi
# cargo_fuzz COMMAND [ARGUMENT ...]
cargo_fuzz() {
    local command=$1
    shift
    CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/fuzz" \
        cargo "+$toolchain" fuzz "$command" --dev --sanitizer "$sanitizer" --fuzz-dir "$fuzz/libfuzzer" "$@"
}

if [ $# = 0 ]; then
    mapfile -t targets < <(cd "$fuzz/libfuzzer/fuzz_targets" && printf '%s\n' *.rs | sed 's/\.rs$//')
else
    targets=("$@")
fi
output=$(mktemp) found=$(mktemp --directory)
trap 'rm -rf "$output" "$found"' EXIT
if ! cargo_fuzz build >"$output" 2>&1; then
    cat "$output"
    exit 1
fi
crashed=()
for target in "${targets[@]}"; do
    mkdir "$found/$target"
    arguments=(-seed="$seed" "${bound[@]}" -rss_limit_mb=1024 -timeout=5 -max_len=4096)
    if [ -f "$fuzz/dictionaries/$target.dict" ]; then
        arguments+=(-dict="$fuzz/dictionaries/$target.dict")
    fi
    # What is new goes to the first folder.
    if ! cargo_fuzz run "$target" "$found/$target" "$fuzz/corpus/$target" -- "${arguments[@]}" >"$output" 2>&1; then
        cat "$output"
        echo "$target: move the input from $fuzz/libfuzzer/artifacts/$target to $fuzz/crashes/$target, and mend it" >&2
        crashed+=("$target")
        continue
    fi
    printf '%-18s %s\n' "$target" "$(grep 'DONE' "$output" | tr -s '\t ' ' ')"
    if [ -n "${KEEP:-}" ]; then
        cargo_fuzz run "$target" "$fuzz/corpus/$target" "$found/$target" -- -merge=1 >"$output" 2>&1
    fi
done
if [ ${#crashed[@]} != 0 ]; then
    echo "fuzz: ${crashed[*]} crashed" >&2
    exit 1
fi
echo "fuzz: ${#targets[@]} kinds of input, $bounded each, seed $seed, no crash"
