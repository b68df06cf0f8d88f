#!/usr/bin/env bash
# From a fresh clone to a table in about a minute: installs what is missing (Debian, Ubuntu), builds,
# trains the four runs of quickstart.yaml on Fashion-MNIST over MPI ranks, and compares them.
#
#     experiments/quickstart.sh [options of reslice train]        e.g. --fresh, --output DIR
#
# Where reslice is installed (share/reslice/experiments) it builds nothing and takes that program.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build
is_installed=false
if [ ! -e "$root/CMakeLists.txt" ]; then # installed: there is nothing to build
    is_installed=true
fi
shards=4 # of quickstart.yaml: the number of ranks must divide it

# quietly COMMAND...: its output is shown only when it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || status=$?
    [ $status -eq 0 ] || cat "$log" >&2
    rm -f "$log"
    return $status
}

# Cores that this process may use; two threads of a core count once, as for mpirun.
count_cores() {
    local cores
    cores=$(env -u OMP_NUM_THREADS nproc)
    if command -v lscpu >/dev/null; then
        local physical
        physical=$(lscpu -p=Core,Socket 2>/dev/null | grep -v '^#' | sort -u | wc -l)
        cores=$((physical > 0 && physical < cores ? physical : cores))
    fi
    echo "$cores"
}

# The largest divisor of the shards that is not more than the cores.
count_ranks() {
    local cores ranks
    cores=$(count_cores)
    for ((ranks = cores < shards ? cores : shards; shards % ranks != 0; ranks--)); do :; done
    echo "$ranks"
}

# The folder after --output among the arguments, or results/.
find_output() {
    local output=$root/results
    if $is_installed; then
        output=results
    fi
    while [ $# -gt 0 ]; do
        case $1 in
            --output=*) output=${1#--output=} ;;
            --output) output=${2-} ;;
        esac
        shift
    done
    echo "$output"
}

if $is_installed; then
    reslice=$(command -v reslice) || reslice=$root/../../bin/reslice
else
    reslice=$build/reslice
    "$root/jobs/setup-debian.sh"
    echo "building in $build"
    quietly cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DRESLICE_TESTS=OFF
    quietly cmake --build "$build" -j "$(env -u OMP_NUM_THREADS nproc)"
fi

ranks=$(count_ranks)
output=$(find_output "$@")
export OPENBLAS_NUM_THREADS=1 # ranks are the parallelism
# Ranks that wait leave the core to others, and may move: another job or a build may run here too.
export OMPI_MCA_mpi_yield_when_idle=1
if [ "$(id -u)" -eq 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
echo "training on $ranks ranks"
mpirun --oversubscribe --bind-to none -n "$ranks" "$reslice" train "$root/experiments/quickstart.yaml" \
    --output "$output" "$@" </dev/null

files=()
for run in pretrain pruned l1 bitslice; do
    if [ -e "$output/quickstart/$run.h5" ]; then
        files+=("$output/quickstart/$run.h5")
    fi
done
echo
"$reslice" report "${files[@]}" --table accuracy --table adc
cat <<END

The results are HDF5 files in $output/quickstart; README, "Result files", says what is in them.
More tables, as text, markdown, LaTeX or csv: $reslice report FILE... --format csv
Every setting and its meaning: $reslice options; the paper's tables: $root/experiments.
Next, try another seed: $0 --set training.seed=2 --output results/seed2
END
