#!/usr/bin/env bash
# Converters in the loop: the same bytes on any number of ranks (ranks.sh), a result file that says it, and
# `reslice crossbar` with the same converters gives the accuracy of training to the last sample.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/ranks.sh"

cat >"$work/adc.yaml" <<'END'
experiment: adc
data: {name: fashion-mnist, validation: 100, train: 500, test: 200}
training: {batch: 64, shards: 4, rate: 0.05, momentum: 0.5}
crossbar: {samples: 50}
network:
  layers: [average-pool: {size: 2}, conv: {outputs: 4, kernel: 3, stride: 2}, batch-norm, relu, flatten,
           linear: {outputs: 20}, relu, linear: {outputs: 10}]
runs:
  - {name: plain, epochs: 1, penalty: {name: l1, alpha: 1}}
  - {name: loop, from: plain, epochs: 1, adc: {bits: [3, 3, 3, 1]}, penalty: {name: l1, alpha: 1}}
  - {name: norm, from: plain, adc: {bits: [3, 3, 3, 1]}, recalibrate: batch-norm}
  - {name: bias, from: plain, adc: {bits: [2, 2, 2, 2]}, recalibrate: bias, recalibrate_samples: 250}
  - {name: analog, from: plain, epochs: 1, adc: {bits: [3, 3, 3, 1], signs: analog}}
  - {name: scaled, from: plain, adc: {bits: [5, 5, 5, 5], transfer: scaled}}
  - {name: constrained, from: plain, epochs: 1, adc: {bits: [3, 3, 3, 1]},
     column-sparsity: {nonzeros: 30}, impose: {by: hard}}
END

# exactly RUN BITS ARGUMENT...: the assignment BITS on crossbars, of signs and transfer as in the run.
exactly() {
    local run=$1 bits=$2
    shift 2
    cp "$work/1/adc/$run.h5" "$work/mapped.h5"
    "$reslice" crossbar "$work/mapped.h5" --quick --samples 20 --adc "$bits" "$@"
    "$python" - "$work/mapped.h5" "($bits)" <<'END'
import sys, h5py
with h5py.File(sys.argv[1]) as file:
    group = file["adc/assignments"]
    names = [group.attrs[f"assignment_{i}"] for i in range(len(group["clip_rate"]))]
    here = names.index(sys.argv[2])
    trained = file.attrs["test_accuracy"]
    assert file["adc"].attrs["reference"] == names[0] == "in training"
    assert group["test_accuracy"][0] == trained
    assert group["test_accuracy"][here] == trained == file["predictions/correct"][()].mean()
    assert trained == file["history/test_accuracy"][file.attrs["epoch_kept"]]
    assert trained != file["adc"].attrs["exact_test_accuracy"], "the ADCs change nothing here"
END
}

# The file says what it was measured through; one without says nothing.
says_it() {
    "$python" - "$work/1/adc" <<'END'
import sys, h5py
def of(run):
    attributes = h5py.File(f"{sys.argv[1]}/{run}.h5").attrs
    return [attributes.get(name) for name in ("adc_bits", "adc_transfer", "adc_signs", "recalibrate")]
assert of("plain") == [None] * 4
assert of("loop") == ["[3, 3, 3, 1]", "clip", "differential", None]
assert of("analog") == ["[3, 3, 3, 1]", "clip", "analog", None]
assert of("norm")[3] == "batch-norm" and of("bias")[3] == "bias"
config = [h5py.File(f"{sys.argv[1]}/{run}.h5").attrs["config"] for run in ("plain", "loop")]
assert "adc:" not in config[0] and "recalibrate" not in config[0]
assert "adc:\n  bits: [3, 3, 3, 1]\n  transfer: clip\n  signs: differential\n" in config[1]
END
}

# Losses are counted from what was trained: that is always within the loss, and what is provisioned no dearer.
provisions_from_it() {
    "$python" - "$work/mapped.h5" <<'END'
import sys, h5py
with h5py.File(sys.argv[1]) as file:
    group = file["adc/assignments"]
    names = [group.attrs[f"assignment_{i}"] for i in range(len(group["clip_rate"]))]
    here = names.index("provisioned")
    assert group["calibration_accuracy"][here] >= group["calibration_accuracy"][0] - 0.005 - 1e-9
    assert group["energy"][here] <= group["energy"][0]
END
}

train_on_ranks adc
check_ranks adc "ADCs in the loop"
check "the result file says that ADCs were in the loop" says_it
check "crossbar gives the accuracy of training" exactly loop 1,3,3,3
check "it is what losses are counted from" provisions_from_it
check "of batch norm that was stated anew" exactly norm 1,3,3,3
check "of corrected biases" exactly bias 2,2,2,2
check "with analog subtraction" exactly analog 1,3,3,3
check "with another transfer" exactly scaled 5,5,5,5
check "under a constraint" exactly constrained 1,3,3,3
finish
