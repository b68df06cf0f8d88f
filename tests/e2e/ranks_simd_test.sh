#!/usr/bin/env bash
# The same bytes on any number of ranks (ranks.sh), with the kernels of every instruction set below
# the best one; on a machine without it the best one is tried again.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/ranks.sh"

write_small
few=(--set data.train=1190 --set data.validation=200 --set data.test=490) # portable kernels are slow
for level in portable avx2; do
    export RESLICE_SIMD=$level
    train_on_ranks small "${few[@]}" --run bitslice@seed=1 --run float
    check_ranks small "$level kernels"
    rm -r "$work"/[124]
done
finish
