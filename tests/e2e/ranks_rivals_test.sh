#!/usr/bin/env bash
# The same bytes on any number of ranks (ranks.sh) with constraints on values and the group lasso;
# and the page of all methods.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/ranks.sh"

cat >"$work/rivals.yaml" <<'END'
experiment: rivals
data: {name: fashion-mnist, validation: 100, train: 700, test: 300}
network:
  layers:
    - conv: {outputs: 20, kernel: 5}
    - relu
    - max-pool: {size: 2}
    - conv: {outputs: 50, kernel: 5}
    - relu
    - max-pool: {size: 2}
    - flatten
    - linear: {outputs: 30}
    - relu
    - linear: {outputs: 10}
training: {batch: 64, shards: 4, rate: 0.02, momentum: 0.9}
crossbar: {samples: 5}
runs:
  - name: circulant
    epochs: 1
    circulant: {block: [0, 8, 16, 0], gain: 4}
    impose: {by: hard, every: 1}
  - name: grid
    from: circulant
    epochs: 1
    grid: {bits: [3, 3, 2, 2]}
    impose: {by: admm, every: 4, rho: 0.01}
  - name: sparse # nothing is trained: indices, and groups without a weight
    from: circulant
    sparsity: {keep: [0.5, 0.02, 0.01, 0]}
    grid: {bits: [3, 3, 2, 0]}
    impose: {by: hard}
    group-lasso: {alpha: 0, group: [0, 5, 16, 0]}
  - name: ternary
    from: circulant
    epochs: 1
    ternary: {threshold: [0, 0.05, 0.05, 0]}
    impose: {by: forward}
    group-lasso: {alpha: 0.01, group: [0, 5, 16, 0]}
    penalty: {name: bit-slice-l1, alpha: 0.5}
  - name: smartdeal
    from: circulant
    epochs: 1
    smartdeal: {threshold: [0, 0, 0, 0.03]}
    impose: {by: hard}
END

train_on_ranks rivals
check_ranks rivals "constraints on values"
check "the methods on one page" env RIVALS="$work/rivals.yaml" RESLICE="$reslice" \
    "$root/experiments/rivals/rivals.sh" -n 2 -o "$work/1"
check "what the constraints promise" "$python" "$e2e/rivals_check.py" "$work/1/rivals"
finish
