#!/usr/bin/env bash
# One call of each kind that each command makes on files fails (call_failures.py, which without --each
# lets every one of them fail: more than an hour).
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)
fail_call=${FAIL_CALL_LIBRARY:-$(dirname "$reslice")/tests/fail_call.so}

some_calls() {
    local status=0
    TMPDIR=$work "$python" "$e2e/call_failures.py" "$reslice" "$fail_call" --each 1 \
        >"$work/calls.log" 2>&1 || status=$?
    grep -v 'calls:' "$work/calls.log"
    return "$status"
}

check "calls that fail, one of each kind" some_calls
grep -E 'calls: |faults$' "$work/calls.log" || true
finish
