#!/usr/bin/env bash
# Installs what the tests need (Debian, Ubuntu), builds into build/ and runs every test.
#
#     tests/run.sh [ctest options]        e.g. tests/run.sh -L smoke (a minute), tests/run.sh -R ranks
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build
cores=$(env -u OMP_NUM_THREADS nproc)

# quietly COMMAND...: its output is shown only when it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || status=$?
    [ $status -eq 0 ] || cat "$log" >&2
    rm -f "$log"
    return $status
}

"$root/jobs/setup-debian.sh" --tests
echo "building in $build"
quietly cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DRESLICE_TESTS=ON \
    -DRESLICE_WERROR=ON
quietly cmake --build "$build" -j "$cores"
echo "testing on $cores cores"
cd "$build" # ctest --test-dir needs CMake 3.20
exec ctest --output-on-failure -j "$cores" "$@" </dev/null
