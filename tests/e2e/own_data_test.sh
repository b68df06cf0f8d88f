#!/usr/bin/env bash
# Data sets of one's own, from training to export: shape and classes come from the files, any number of
# ranks gives the same bytes, what has changed is noticed, and a known set as files of one's own is what
# it was.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)
cd "$work"

mkdir -p sets/letters
"$python" "$e2e/own_data.py" idx sets/letters/emnist- 20 24 26 1 520 104
cat >letters.yaml <<'END'
experiment: letters
data: {file: letters/emnist, validation: 52}
network:
  layers:
    - conv: {outputs: 4, kernel: 3, stride: 2}
    - relu
    - flatten
    - linear: {outputs: 26}
training: {batch: 26, shards: 2, rate: 0.05, momentum: 0.9}
crossbar: {samples: 10}
runs:
  - {name: a, epochs: 4}
  - {name: b, from: a, epochs: 1, penalty: {name: l1, alpha: 1}}
END

# says WORDS COMMAND...: it ends with status 0 and says so.
says() {
    local words=$1
    shift
    "$@" >words 2>&1 || {
        cat words
        return 1
    }
    cat words
    grep -qF -- "$words" words
}

# refused WORDS COMMAND...: with status 2 and these words, in one line.
refused() {
    local words=$1 status=0
    shift
    "$@" >/dev/null 2>words || status=$?
    cat words
    [ "$status" -eq 2 ] && [ "$(wc -l <words)" -eq 1 ]
    grep -qF -- "$words" words
}

trained() {
    says 'emnist: 520 training and 104 test images of 1 x 20 x 24, 26 classes, counted from 1 in its files' \
        on_ranks 1 "$reslice" train letters.yaml --data sets --output 1
    train 2 letters.yaml --data sets --output 2
    same_results 1/letters/a.h5 2/letters/a.h5
    same_results 1/letters/b.h5 2/letters/b.h5
    "$python" - 1/letters/a.h5 <<'END'
import sys, h5py
with h5py.File(sys.argv[1]) as file:
    assert file.attrs["test_accuracy"] > 0.9, file.attrs["test_accuracy"]
    assert "  file: letters/emnist\n  shape: [1, 20, 24]\n  classes: 26\n" in file.attrs["config"]
    assert list(file["predictions/label"][:27]) == list(range(26)) + [0]
    assert file["layers/fc1/weight"].shape[0] == 26
END
}

used() {
    "$reslice" crossbar 1/letters/a.h5 --data sets --selftest --quick --samples 52 --test 52
    says 'Accuracy and non-zero slices' "$reslice" report 1/letters/a.h5
    "$reslice" export 1/letters/a.h5 -o crossbars.h5 # without its data
    says '-> imported.h5' "$reslice" import --network letters.yaml --data sets weights.h5 -o imported.h5
    says 'inputs: 1 x 20 x 24' "$reslice" import --names --network letters.yaml --data sets
    grep -q 'channel 0: mean 0\.[0-9]*, std 0\.[0-9]*$' words
    says '1x20x24' "$reslice" summary letters.yaml --data sets
    says 'inputs: 1 x 20 x 24' "$reslice" import --names --network mlp --data sets \
        --set data.file=letters/emnist
}

weights() {
    "$python" - <<'END'
import h5py
with h5py.File("1/letters/a.h5") as result, h5py.File("weights.h5", "w") as weights:
    for layer, group in result["layers"].items():
        for name in ("weight", "bias"):
            weights[f"{layer}.{name}"] = group[name][:]
END
}

# state RUN: as --list has it.
state() {
    "$reslice" train letters.yaml --output 1 --list --run "$1" "${@:2}" | cut -f2,6
}

noticed() {
    [ "$(state a --data sets)" = "a"$'\t'"complete" ]
    cp -r sets changed
    "$python" "$e2e/own_data.py" label changed/letters/emnist-train-labels-idx1-ubyte 3 9
    [ "$(state a --data changed)" = "a"$'\t'"other" ]
    refused "data.file: value 'letters/emnist': not found" "$reslice" train letters.yaml --data nowhere
    says 'a: complete' "$reslice" train letters.yaml --data nowhere --output 1 --run a \
        --set 'data.shape=[1,20,24]' --set data.classes=26
    refused 'data.shape is not that of letters/emnist; allowed: [1, 20, 24]' \
        "$reslice" train letters.yaml --data sets --set 'data.shape=[1,24,20]'
    refused 'labels of 26 classes' "$reslice" train letters.yaml --data sets --set data.classes=25
    refused 'network.layers' "$reslice" train letters.yaml --data sets --set data.classes=27
}

# A known set as files of one's own.
known() {
    mkdir own
    ln -s "$RESLICE_DATA/fashion-mnist" own/fashion
    {
        experiment_head known "validation: 100, train: 300, test: 100" 10 2
        echo "  - {name: a, epochs: 1}"
    } >known.yaml
    train 1 known.yaml --output by-name
    sed -i 's/name: fashion-mnist/file: fashion, mean: 0.2860, std: 0.3530/' known.yaml
    train 2 known.yaml --output by-file --data own
    same_results by-name/known/a.h5 by-file/known/a.h5 config
}

large() {
    mkdir solar
    "$python" "$e2e/own_data.py" idx solar/ 300 300 2 0 12 4
    cat >solar.yaml <<'END'
experiment: solar
data: {file: solar}
network:
  layers:
    - conv: {outputs: 4, kernel: 5, stride: 5}
    - relu
    - max-pool: {size: 4}
    - flatten
    - linear: {outputs: 2}
training: {batch: 4, shards: 2, rate: 0.05, select: last}
crossbar: {samples: 2}
runs:
  - {name: a, epochs: 1}
END
    says 'solar: 12 training and 4 test images of 1 x 300 x 300, 2 classes' \
        "$reslice" train solar.yaml --output large
}

check "letters with labels from 1, on 1 and 2 ranks" trained
check "the tensors of a result as weights" weights
check "crossbars, report, export, import" used
check "what has changed or is not there is noticed" noticed
check "a known set as files of one's own" known
check "images of 300 x 300" large
finish
