#!/usr/bin/env bash
# Trains every experiment of this folder, one method each, and prints them on one page.
#
#     experiments/rivals/rivals.sh [-n RANKS] [-o FOLDER] [-x] [options of reslice train]
#
# RANKS must divide the files' shards (4); FOLDER is results/rivals. Complete runs are not trained again.
# -x sends every result through reslice crossbar too, which finds the ADC bits that the accuracy needs
# (slow for convolutions). $RESLICE is the program (build/reslice), $RIVALS the files (all *.yaml here).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
reslice=${RESLICE:-$root/build/reslice}
ranks=2 output=$root/results/rivals crossbar=
while getopts n:o:x option; do
    case $option in
        n) ranks=$OPTARG ;;
        o) output=$OPTARG ;;
        x) crossbar=yes ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))

export OPENBLAS_NUM_THREADS=1 # ranks are the parallelism
if [ "$(id -u)" -eq 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
read -ra experiments <<<"${RIVALS:-$(echo "$here"/*.yaml)}"
for experiment in "${experiments[@]}"; do
    mpirun --oversubscribe -n "$ranks" "$reslice" train "$experiment" --output "$output" "$@" \
        </dev/null
done
if [ "$crossbar" ]; then
    mpirun --oversubscribe -n "$ranks" "$reslice" crossbar "$output"/*/*.h5 </dev/null
fi
"$reslice" report "$output"/*/*.h5 --rivals
