#!/usr/bin/env bash
# The same bytes on any number of ranks (ranks.sh) with constraints, whose projections are divided
# over ranks; and what the constraints promise.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/ranks.sh"

cat >"$work/constraints.yaml" <<'END'
experiment: constraints
data: {name: fashion-mnist, validation: 100, train: 500, test: 200}
network: {model: mlp, hidden: [30, 7]}
training: {batch: 64, shards: 4, rate: 0.05, momentum: 0.5}
runs:
  - {name: dense, epochs: 1, penalty: {name: l1, alpha: 5}}
  - name: admm
    from: dense
    epochs: 2
    sparsity: {keep: [0.1, 0, 0.5]}
    column-sparsity: {nonzeros: 10}
    impose: {every: 5, rho: 0.1}
  - {name: retrain, from: admm, epochs: 1, sparsity: {keep: [0.1, 0, 0.5]}, impose: {by: hard}}
  - {name: limit, from: dense, epochs: 1, adc-limit: {bits: [3, 3, 3, 1]}, impose: {rho: 0.1}}
  - name: forward
    from: limit
    epochs: 1
    adc-limit: {bits: [3, 3, 3, 1, 9, 9, 9, 9, 2, 2, 2, 2]}
    column-sparsity: {nonzeros: 9}
    impose: {by: forward}
  - {name: child, from: limit}
  - name: slices
    from: dense
    epochs: 1
    slice-sparsity: {keep: 0.04, over: network, distance: relative, prices: [1, 1, 1, 2]}
    impose: {every: 3, rho: 0.05}
  - name: budget
    from: dense
    epochs: 2
    slice-sparsity: {keep: [0.03, 0.1, 0.4], start: 0.5, ramp: 0.5}
    impose: {by: forward}
  - {name: digits, from: dense, epochs: 1, slice-digits: {digits: 1}, impose: {by: hard, every: 3}}
END

# What the constraints promise, from the codes in the files. A child keeps the exponents.
obeys() {
    "$python" - "$1" <<'END'
import sys, h5py, numpy as np
def codes(run, layer):
    data = h5py.File(f"{sys.argv[1]}/{run}.h5")["layers"][layer]["weight_code"]
    return data[()].astype(int), data.attrs
def columns(code):
    return [code[:, first:first + 128] for first in range(0, code.shape[1], 128)]
for run in "admm", "retrain":
    assert np.count_nonzero(codes(run, "fc1")[0]) <= 0.1 * 784 * 30, run
    assert np.count_nonzero(codes(run, "fc3")[0]) <= 0.5 * 7 * 10, run
for run, limited in ("admm", 10), ("forward", 9):
    for layer in "fc1", "fc2", "fc3":
        for part in columns(codes(run, layer)[0]):
            assert np.count_nonzero(part, axis=1).max() <= limited, (run, layer)
def limits(run, layer, bits):
    for part in columns(codes(run, layer)[0]):
        for sign in 1, -1:
            for k, n in enumerate(bits):
                digit = np.maximum(sign * part, 0) >> 2 * k & 3
                assert digit.sum(axis=1).max() < 2 ** n, (run, layer, k)
for layer in "fc1", "fc2", "fc3":
    limits("limit", layer, (3, 3, 3, 1))
def static_bits(run, layer): # as the program maps it; the wider sign of each slice, B0 first
    return h5py.File(f"{sys.argv[1]}/{run}.h5")["adc"][layer]["static"][()].max(axis=0)
for layer in "fc1", "fc2", "fc3":
    assert (static_bits("limit", layer) <= (3, 3, 3, 1)).all(), layer
    for run, limited in ("admm", 10), ("forward", 9):
        assert static_bits(run, layer).max() <= np.ceil(np.log2(1 + 3 * limited)), (run, layer)
limits("forward", "fc1", (3, 3, 3, 1))
limits("forward", "fc3", (2, 2, 2, 2))
def digits(run, layer): # of each slice, B0 first, and of each weight
    parts = [np.abs(codes(run, layer)[0]) >> 2 * k & 3 for k in range(4)]
    return [np.count_nonzero(p) for p in parts], sum(p > 0 for p in parts)
layers = "fc1", "fc2", "fc3"
sizes = [codes("dense", layer)[0].size for layer in layers]
taken = sum(sum(np.multiply(digits("slices", layer)[0], (1, 1, 1, 2))) for layer in layers)
assert 0.999 * 0.04 * 5 * sum(sizes) < taken <= 0.04 * 5 * sum(sizes), taken
for layer, size, keep in zip(layers, sizes, (0.03, 0.1, 0.4)):
    assert sum(digits("budget", layer)[0]) <= keep * 4 * size, layer
    assert digits("digits", layer)[1].max() == 1, layer
for run in "slices", "budget", "digits":
    counted = h5py.File(f"{sys.argv[1]}/{run}.h5")["method/digits_nonzero"][()]
    assert list(counted) == [sum(digits(run, layer)[0]) for layer in layers], run
for layer in "fc1", "fc2", "fc3":
    a, b = codes("limit", layer), codes("child", layer)
    assert (a[0] == b[0]).all() and a[1]["exponent"] == b[1]["exponent"] == b[1]["exponent_floor"]
assert np.isfinite(h5py.File(f"{sys.argv[1]}/admm.h5")["history/residual"][1:]).all()
END
}

# Every result can be mapped, whatever imposed its constraint, and no ADC within its limits clips.
mapped() {
    local run
    for run in "$work"/1/constraints/*.h5; do
        cp "$run" "$work/mapped.h5"
        on_ranks 2 "$reslice" crossbar "$work/mapped.h5" --quick --selftest --samples 50 --test 50
    done
    run=$work/1/constraints/limit.h5
    cp "$run" "$work/mapped.h5"
    on_ranks 1 "$reslice" crossbar "$work/mapped.h5" --quick --samples 50 --test 50 --adc "$1"
    "$python" - "$work/mapped.h5" "($1)" <<'END'
import sys, h5py
with h5py.File(sys.argv[1]) as file:
    group = file["adc/assignments"]
    names = [group.attrs[f"assignment_{i}"] for i in range(len(group["clip_rate"]))]
    here = names.index(sys.argv[2])
    assert group["clip_rate"][here] == 0, "a converter clips"
    assert group["test_accuracy"][here] == file["adc"].attrs["exact_test_accuracy"]
END
}

# The zeros of a pruned parent would not stay.
refuses_pruned_parents() {
    local status=0
    sed '$a\  - {name: fit, from: retrain, smartdeal: {threshold: 0.1}, impose: {by: hard}}' \
        "$work/constraints.yaml" >"$work/filled.yaml"
    on_ranks 2 "$reslice" train "$work/filled.yaml" --output "$work/2" 2>"$work/err" || status=$?
    cat "$work/err"
    [ "$status" -eq 2 ] && [ ! -e "$work/2/constraints/fit.h5" ]
    grep -q "run 'fit': smartdeal on fc1.weight, which the parent run has pruned" "$work/err"
}

train_on_ranks constraints
check "the constraints are kept" obeys "$work/1/constraints"
check "results with constraints on crossbars" mapped 1,3,3,3
check_ranks constraints "constraints"
check "a fit of pruned weights is refused" refuses_pruned_parents
finish
