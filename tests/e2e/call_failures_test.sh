#!/usr/bin/env bash
# A few of the calls on files that each command makes, failing one at a time (call_failures.py, which
# without --each lets every one of them fail: about half an hour).
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)
fail_call=${FAIL_CALL_LIBRARY:-$(dirname "$reslice")/tests/fail_call.so}

# some SCENARIO: one or two calls of each kind.
some() {
    local status=0
    TMPDIR=$work "$python" "$e2e/call_failures.py" "$reslice" "$fail_call" --each 1 --only "$1" \
        >"$work/$1.log" 2>&1 || status=$?
    cat "$work/$1.log"
    return "$status"
}

for scenario in train resume crossbar export import report page plot; do
    check "$scenario: calls that fail" some "$scenario"
    grep -h 'calls:\|runs,' "$work/$scenario.log" || true
done
finish
