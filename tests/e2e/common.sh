# shellcheck shell=bash
# What the end-to-end tests share; a test sources it first:
#     # shellcheck source-path=SCRIPTDIR
#     . "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# The program is $RESLICE (ctest sets it) or build/reslice. Everything a test writes goes to $work.
set -euo pipefail
export LC_ALL=C

e2e=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # for the tests
root=$(cd "$e2e/../.." && pwd)
reslice=${RESLICE:-$root/build/reslice}
mpiexec=${MPIEXEC:-mpirun}
work=$(mktemp -d "${TMPDIR:-/tmp}/reslice_test.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=0
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
# What this machine has anyway, without looking for networks; and no second of grace for the ranks that
# are left when one ends with an error: a start takes 0.2 s instead of 0.4, a refusal not 2.5.
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader OMPI_MCA_ess_singleton_isolated=1
export OMPI_MCA_odls_base_sigkill_timeout=0
export OMPI_MCA_orte_tmpdir_base=$work # two mpirun at a time may fail in the same folder
if [ "$(id -u)" -eq 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

[ -x "$reslice" ] || {
    echo "no program $reslice; build it, or run tests/run.sh"
    exit 1
}

# on_ranks N COMMAND...
on_ranks() {
    local ranks=$1
    shift
    "$mpiexec" -q --bind-to none -n "$ranks" "$@" </dev/null
}

# train N ARGUMENT...: its words are shown only when it fails, which ends the test.
train() {
    local ranks=$1
    shift
    on_ranks "$ranks" "$reslice" train "$@" >"$work/train.log" 2>&1 || {
        cat "$work/train.log"
        echo "FAILED to train on $ranks ranks: $*"
        exit 1
    }
}

# The first Python that has what the checks need; `python3` on the PATH may lack Debian's modules.
find_python() {
    local candidate
    for candidate in python3 /usr/bin/python3; do
        if "$candidate" -c 'import numpy, h5py, xarray' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "no python3 with numpy, h5py and xarray; jobs/setup-debian.sh --tests installs them" >&2
    exit 1
}

# same_results A B [ATTRIBUTE]...: two result files have the same contents (same_results.py). The test
# has set $python.
same_results() {
    "$python" "$e2e/same_results.py" "$@"
}

# experiment_head NAME "SIZES" HIDDEN SHARDS: the lines in front of an experiment's runs, an MLP on a
# part of Fashion-MNIST; SIZES as in "validation: 500, train: 2990, test: 990".
experiment_head() {
    cat <<END
experiment: $1
data: {name: fashion-mnist, $2}
network: {model: mlp, hidden: [$3]}
training: {batch: 64, shards: $4, rate: 0.05, momentum: 0.5, nesterov: true, schedule: one-cycle}
runs:
END
}

# The first 8000 and 2000 images of Fashion-MNIST, unpacked: to read all of it takes longer than most
# tests train. Pictures stay what they are, so a twin may read the whole set.
small_fashion() {
    local from=/usr/share/datasets/fashion-mnist to=$1/fashion-mnist
    mkdir -p "$to"
    first_of_idx "$from/train" "$to/train" '\037\100' 8000
    first_of_idx "$from/t10k" "$to/t10k" '\007\320' 2000
}

# first_of_idx FROM TO COUNT N: COUNT is N as two bytes for printf.
first_of_idx() {
    {
        printf '\0\0\10\3\0\0%b\0\0\0\34\0\0\0\34' "$3"
        first_bytes "$1-images-idx3-ubyte.gz" 16 $((784 * $4))
    } >"$2-images-idx3-ubyte"
    {
        printf '\0\0\10\1\0\0%b' "$3"
        first_bytes "$1-labels-idx1-ubyte.gz" 8 "$4"
    } >"$2-labels-idx1-ubyte"
}

# first_bytes FILE HEAD N: N bytes behind the head of a gzipped file.
first_bytes() {
    (
        set +o pipefail # zcat may be cut off
        zcat "$1" 2>/dev/null | tail -c "+$(($2 + 1))" | head -c "$3"
    )
}

if [ -d /usr/share/datasets/fashion-mnist ]; then
    small_fashion "$work/small"
    export RESLICE_DATA=${RESLICE_DATA:-$work/small}
fi

# Made-up pictures as CIFAR-10, in $work/data; for tests with $python.
make_pictures() {
    mkdir -p "$work/data/cifar-10-batches-bin"
    "$python" - "$work/data/cifar-10-batches-bin" <<'END'
import random, sys
draw = random.Random(1)
for name in [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]:
    with open(f"{sys.argv[1]}/{name}", "wb") as file:
        for record in range(24):
            file.write(bytes([draw.randrange(10)]) + draw.randbytes(3072))
END
}

# ---- counting ----

passed=0 failed=0

# check WHAT COMMAND...: one line for it; the command's first words when it fails.
check() {
    local what=$1 status start=$SECONDS took=
    shift
    set +e # not "if (…)": that would switch set -e off inside
    (
        set -e
        "$@"
    ) >"$work/check.log" 2>&1
    status=$?
    set -e
    [ $((SECONDS - start)) -lt 3 ] || took=" ($((SECONDS - start)) s)"
    if [ $status -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok     $what$took"
    else
        failed=$((failed + 1))
        echo "FAILED $what$took"
        sed 's/^/       | /' "$work/check.log" | head -50
    fi
}

# fails COMMAND...: turns the status round.
fails() {
    ! "$@"
}

# The last command of a test.
finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
