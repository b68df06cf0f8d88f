#!/usr/bin/env bash
# Instruction sets: an unknown one is refused by every command; ranks that have different ones all use
# the lowest, and train the same bytes as ranks that had no better.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)

# Momentum and decay: what each rank computes for itself differs between levels in the last bits.
cat >"$work/e.yaml" <<'END'
experiment: e
data: {name: fashion-mnist, validation: 100, train: 400, test: 100}
network: {model: mlp, hidden: [30]}
training: {batch: 32, shards: 2, rate: 0.1, momentum: 0.9, weight_decay: 0.001}
crossbar: {samples: 10}
runs:
  - {name: a, epochs: 2, penalty: {name: bit-slice-l1, alpha: 0.5}}
  - {name: f, epochs: 2, fixed_point: {quantise: false}}
END

# A rank's own level: that of its place in $LEVELS.
cat >"$work/rank.sh" <<'END'
#!/bin/bash
read -ra levels <<<"$LEVELS"
export RESLICE_SIMD=${levels[${OMPI_COMM_WORLD_RANK:-0}]}
exec "$@"
END
chmod +x "$work/rank.sh"

refused() {
    local status=0
    "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" -eq 2 ]
    diff - "$work/err" <<'END'
reslice: RESLICE_SIMD: value 'avx'; allowed: portable, avx2, avx512, amx
END
    [ ! -s "$work/out" ]
}

unknown() {
    local command
    export RESLICE_SIMD=avx
    for command in train crossbar report plot import export bench options; do
        refused "$reslice" "$command"
    done
    "$reslice" help >/dev/null
    export RESLICE_SIMD=portable LEVELS="portable avx"
    refused on_ranks 2 "$work/rank.sh" "$reslice" options
}

# simd_of FILE: the level it was made with.
simd_of() {
    "$python" -c "import h5py, sys
print(h5py.File(sys.argv[1])['provenance'].attrs['simd'])" "$1"
}

# mixed LEVELS LOWEST
mixed() {
    local run
    rm -rf "$work/mixed" "$work/same"
    RESLICE_SIMD=$2 train 2 "$work/e.yaml" --output "$work/same"
    fails grep -q warning "$work/train.log"
    LEVELS=$1 on_ranks 2 "$work/rank.sh" "$reslice" train "$work/e.yaml" --output "$work/mixed" \
        >"$work/words" 2>&1
    for run in a f; do
        same_results "$work/same/e/$run.h5" "$work/mixed/e/$run.h5"
        [ "$(simd_of "$work/mixed/e/$run.h5")" = "$2" ]
    done
    grep -q "^reslice: warning: the ranks' processors differ (from $2 to .*): all use $2 kernels" \
        "$work/words"
}

best=$("$reslice" bench --network mlp --seconds 0.01 | grep -o '[a-z0-9]* kernels')
check "an unknown level" unknown
if [ "$best" != "portable kernels" ]; then
    check "the first rank has less" mixed "portable amx" portable
    check "the second rank has less" mixed "amx portable" portable
    [ "$best" = "avx2 kernels" ] || check "a little less" mixed "amx avx2" avx2
fi
finish
