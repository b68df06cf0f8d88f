#!/usr/bin/env bash
# Operations of users' networks (groups, kernels that are not square, padding by side, pools that round
# up, ReLU6, shortcuts without parameters, epsilon) from a list of layers to crossbars: the same bytes
# on 1 and 2 ranks, exact integers on the arrays, block-diagonal cells in the export.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)

cat >"$work/operations.yaml" <<'END'
experiment: operations
data: {name: fashion-mnist, validation: 40, train: 120, test: 40}
training: {batch: 20, shards: 4, rate: 0.02, momentum: 0.9}
crossbar: {samples: 1}
network:
  layers:
  - conv: {outputs: 8, kernel: 3, stride: 2, padding: same, bias: false}
  - batch-norm: {epsilon: 0.001}
  - relu6
  - residual:
      shortcut: pad
      layers:
      - conv: {outputs: 24, kernel: 1, bias: false}
      - batch-norm
      - relu6
      - conv: {name: deep, outputs: 24, kernel: 3, stride: 2, padding: 1, groups: 24, bias: false}
      - batch-norm
      - relu6
      - conv: {outputs: 12, kernel: 1, bias: false}
      - batch-norm
  - max-pool: {size: 3, stride: 2, padding: 1, ceil: true}
  - conv: {name: tall, outputs: 8, kernel: [3, 1], padding: [1, 0], groups: 2}
  - relu6
  - global-average-pool
  - flatten
  - linear: {outputs: 10}
runs:
- {name: fixed, epochs: 1, penalty: {name: bit-slice-l1, alpha: 0.5}}
- {name: float, epochs: 1, fixed_point: {quantise: false}}
- {name: loop, from: fixed, epochs: 1, adc: {bits: [3, 3, 3, 1]}}
END

train_it() {
    on_ranks "$1" "$reslice" train "$work/operations.yaml" --output "$work/$1"
}

same_on_ranks() {
    local run
    for run in fixed float loop; do
        same_results "$work/1/operations/$run.h5" "$work/2/operations/$run.h5" || return 1
    done
}

# Each column of a group has cells on its own rows only, which hold the weights of the result file; a
# bitline is counted where its group has rows: of 24 channels of 9 rows on two arrays, one on both.
blocks() {
    on_ranks 1 "$reslice" export "$work/1/operations/fixed.h5" -o "$work/cells.h5"
    "$python" "$root/experiments/load_crossbars.py" "$work/cells.h5"
    "$python" - "$work/1/operations/fixed.h5" "$work/cells.h5" <<'END'
import sys, h5py, numpy as np
with h5py.File(sys.argv[1]) as result, h5py.File(sys.argv[2]) as cells:
    for name, groups, pixels, pairs in (("deep", 24, 49, 25), ("tall", 2, 16, 8)):
        layer, code = cells[f"layers/{name}"], result[f"layers/{name}/weight_code"][:]
        own = code.reshape(len(code), -1)
        dense = np.zeros((len(code), groups * own.shape[1]), code.dtype)
        for j in range(len(code)):
            first = j // (len(code) // groups) * own.shape[1]
            dense[j, first:first + own.shape[1]] = own[j]
        assert layer.attrs["groups"] == groups
        assert (layer["code"][:] == dense).all(), name
        counted = result[f"crossbars/{name}/current_histogram"][:].sum(-1)
        assert (counted == pixels * pairs * (1 + layer.attrs["input_signed"])).all(), (name, counted)
END
}

selftest() {
    on_ranks 2 "$reslice" crossbar "$work/1/operations/fixed.h5" --quick --selftest --samples 4 \
        --test 4 | tee "$work/out"
    grep -q 'are the exact integer products' "$work/out"
}

check "trained on 1 rank" train_it 1
check "trained on 2 ranks" train_it 2
check "the same on 1 and 2 ranks" same_on_ranks
check "groups on the arrays" blocks
check "exact on crossbars" selftest
finish
