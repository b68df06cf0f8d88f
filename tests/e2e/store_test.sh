#!/usr/bin/env bash
# Result files of tests/mpi/test_store.c from several rank counts are the same; and where one cannot
# be written, the job ends with status 3, says why, and leaves the old file as it was.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)
program=${TEST_STORE:-$(dirname "$reslice")/tests/test_store}

# A program in which no file may grow beyond so many KiB: a full disk without one.
cat >"$work/limited.sh" <<'END'
#!/bin/bash
trap '' XFSZ
ulimit -f "$1"
shift
export OMPI_MCA_btl=self,tcp # shared memory is a file too
exec "$@"
END
chmod +x "$work/limited.sh"

same() {
    h5diff "$1" "$2" && same_results "$1" "$2"
}

ends_with_3() {
    local status=0
    "$@" >"$work/words" 2>&1 || status=$?
    cat "$work/words"
    echo "status $status"
    [ "$status" -eq 3 ]
}

no_folder() {
    ends_with_3 on_ranks "$1" "$program" "$work/nowhere/x.h5"
    grep -q "^reslice: \[0\] folder '$work/nowhere': No such file" "$work/words"
}

too_large() {
    cp "$work/1.h5" "$work/old.h5"
    ends_with_3 on_ranks "$1" "$work/limited.sh" 100 "$program" "$work/old.h5"
    grep -q "^reslice: \[[0-9]\] HDF5 '$work/old.h5.part'" "$work/words"
    cmp "$work/1.h5" "$work/old.h5"
}

for ranks in 1 2 3 4; do
    on_ranks "$ranks" "$program" "$work/$ranks.h5"
done
for ranks in 2 3 4; do
    check "the same file from 1 and $ranks ranks" same "$work/1.h5" "$work/$ranks.h5"
done
for ranks in 1 3; do
    check "no such folder, $ranks ranks" no_folder "$ranks"
done

for ranks in 1 2 3 4; do
    check "no room for the file, $ranks ranks" too_large "$ranks"
done
finish
