#!/usr/bin/env bash
# Other bits, slice widths, cells and array sizes than the standard ones: trains a little with each
# and recomputes the whole result file with numpy (recount.py).
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)
data=$RESLICE_DATA/fashion-mnist

cat >"$work/formats.yaml" <<'END'
experiment: formats
data: {name: fashion-mnist, validation: 500, train: 2000, test: 300}
network: {model: mlp, hidden: [21]}
training: {batch: 50, shards: 2, rate: 0.05, momentum: 0.5}
runs:
  - {name: first, epochs: 1}
  - {name: run, from: first, epochs: 1, prune: {threshold: 0.02}, penalty: {name: bit-slice-l1, alpha: 0.3}}
END

# recount FORMAT [CHANGE...]
recount() {
    "$python" "$e2e/recount.py" "$work/$1/formats/run.h5" "$data" "${@:2}"
}

is_noticed() {
    ! recount "$1" --change "$2"
}

while read -r format bits slice_bits cell_bits rows columns; do
    train 2 "$work/formats.yaml" --output "$work/$format" \
        --set "fixed_point.bits=$bits" --set "fixed_point.slice_bits=$slice_bits" \
        --set "crossbar.cell_bits=$cell_bits" --set "crossbar.rows=$rows" \
        --set "crossbar.columns=$columns"
    check "$bits bits in slices of $slice_bits, cells of $cell_bits, $rows x $columns" \
        recount "$format"
done <<'END'
standard 8 2 0 128 128
single   8 1 0 64  64
nibble   8 4 0 256 256
wide     8 8 1 100 10
mixed    8 2 4 33  128
four1    4 1 0 64  256
four2    4 2 1 128 128
four4    4 4 2 256 64
six      6 2 1 1   1
one      1 1 0 784 21
END
for dataset in layers/fc1/weight_code layers/fc2/bias slices/fc1/histogram slices/total/nonzero \
    crossbars/fc1/column_sum crossbars/fc2/current_histogram adc/fc1/observed adc/fc2/clip_rate \
    activations/exponent predictions/predicted predictions/correct; do
    check "noticed: another $dataset" is_noticed standard "$dataset"
done
finish
