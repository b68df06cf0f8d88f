#!/usr/bin/env bash
# Builds the fuzz targets into build-fuzz/ and runs each from its seeds (corpus/), as many at a time as
# there are processors; fails on any finding. The random numbers have a fixed seed, so that --runs repeats exactly.
#
#     tests/fuzz/run.sh [SECONDS | --runs RUNS] [TARGET...]
#
# SECONDS (default 10) or RUNS are of each target; targets: cifar experiment idx onnx pack result weights
# (default: all). Does nothing, with a message, where clang or its fuzzer runtime is not installed (Debian:
# libclang-rt-14-dev). A finding's input goes to build-fuzz/findings/; see it again with
#
#     build-fuzz/tests/fuzz/fuzz_TARGET INPUT
set -euo pipefail
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build-fuzz
cores=$(env -u OMP_NUM_THREADS nproc)

usage() {
    echo "usage: tests/fuzz/run.sh [SECONDS | --runs RUNS] [TARGET...]" >&2
    exit 2
}

limit=-max_total_time=10
if [ "${1:-}" = --runs ]; then
    [[ ${2:-} =~ ^[0-9]+$ ]] || usage
    limit=-runs=$2
    shift 2
elif [[ ${1:-} =~ ^[0-9]+$ ]]; then
    limit=-max_total_time=$1
    shift
fi
targets=(cifar experiment idx onnx pack result weights)
[ $# -eq 0 ] || targets=("$@")
for target in "${targets[@]}"; do
    [ -d "$root/tests/fuzz/corpus/$target" ] || usage
done

scratch=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch

if ! clang -x c -fsanitize=fuzzer,address,undefined -o "$scratch/probe" - 2>"$scratch/why" <<'C'; then
#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return data && size > 1 && 0;
}
C
    echo "skipped: clang with its fuzzer runtime is needed (Debian: libclang-rt-14-dev):"
    tail -1 "$scratch/why"
    exit 0
fi

build_targets() {
    cmake -S "$root" -B "$build" -DCMAKE_C_COMPILER=clang -DRESLICE_FUZZ=ON -DRESLICE_TESTS=OFF \
        -DRESLICE_WERROR=ON &&
        cmake --build "$build" -j "$cores" --target fuzz_dictionary "${targets[@]/#/fuzz_}"
}

# Options of libFuzzer for each target. HDF5 keeps memory for later, which leak detection would go
# through again and again; the blocks and the HDF5 objects of the reader are counted instead.
options_of() {
    case $1 in
        cifar) echo -max_len=4096 ;;
        experiment) echo -max_len=2048 "-dict=$scratch/dictionary" ;;
        idx) echo -max_len=512 ;;
        onnx) echo -max_len=4096 ;;
        pack | result | weights) echo -max_len=120 -len_control=0 -detect_leaks=0 ;;
    esac
}

run_target() {
    local target=$1 status=0
    mkdir -p "$scratch/$target" "$build/findings"
    # shellcheck disable=SC2046 # a list of words
    "$build/tests/fuzz/fuzz_$target" -seed=1 "$limit" -timeout=30 -malloc_limit_mb=256 \
        -close_fd_mask=1 -print_final_stats=1 -artifact_prefix="$build/findings/$target-" \
        $(options_of "$target") "$scratch/$target" "$root/tests/fuzz/corpus/$target" \
        >"$scratch/$target.log" 2>&1 || status=$?
    if [ $status -ne 0 ]; then
        grep -v '^#[0-9]*[[:space:]]*[A-Z]' "$scratch/$target.log" | tail -60
        echo "FOUND by fuzz_$target (its input: build-fuzz/findings/$target-*)"
        return 1
    fi
    awk -v target="$target" '
        /number_of_executed_units/ { runs = $2 }
        /average_exec_per_sec/ { rate = $2 }
        /cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") places = $(i + 1) }
        END { printf "%-10s %8d inputs, %6d a second, %4d places reached\n", target, runs, rate,
                     places }' "$scratch/$target.log"
}

if ! build_targets >"$scratch/log" 2>&1; then
    cat "$scratch/log"
    exit 1
fi
"$build/tests/fuzz/fuzz_dictionary" >"$scratch/dictionary"
export -f run_target options_of
export root build scratch limit
printf '%s\0' "${targets[@]}" | xargs -0 -n 1 -P "$cores" bash -euo pipefail -c 'run_target "$1"' --
