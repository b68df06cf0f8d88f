#!/usr/bin/env bash
# A result knows what it was made from: settings, data, parent. What has changed since is said by train,
# train --list, crossbar and report, and nothing is taken for complete that its run would not make now.
# Files of an older reslice, which noted less, are used as before.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
unset RESLICE_DATA # results that are kept come from the whole set
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/background.sh"
python=$(find_python)
vectors=$root/tests/vectors/before-origin

cat >"$work/e.yaml" <<'END'
experiment: e
data: {name: fashion-mnist, validation: 100, train: 300, test: 100}
network: {model: mlp, hidden: [10]}
training: {batch: 50, shards: 2, rate: 0.05, momentum: 0.5}
crossbar: {samples: 10}
runs:
  - {name: a, epochs: 1}
  - {name: imported, epochs: 0}
  - {name: fine, from: imported, epochs: 1}
END

# The tensors of a result as weights of another program.
weights_of() {
    "$python" - "$1" "$2" <<'END'
import sys, h5py
with h5py.File(sys.argv[1]) as result, h5py.File(sys.argv[2], "w") as weights:
    for layer, group in result["layers"].items():
        for name in ("weight", "bias"):
            weights[f"{layer}.{name}"] = group[name][:]
END
}

# trains STATUS WORDS [ARGUMENT...]: so ends train, and says.
trains() {
    local status=0
    "$reslice" train "$work/e.yaml" --output "$work/o" "${@:3}" >"$work/words" 2>&1 ||
        status=$?
    cat "$work/words"
    [ "$status" -eq "$1" ]
    grep -qF -- "$2" "$work/words"
}

# lists RUN STATE WORDS: so does --list; it trains nothing.
lists() {
    "$reslice" train "$work/e.yaml" --output "$work/o" --list --run "$1" "${@:4}" \
        >"$work/list" 2>"$work/words"
    cat "$work/list" "$work/words"
    cut -f2,6 "$work/list" | grep -qxF "$1"$'\t'"$2"
    [ -z "$3" ] || grep -qF -- "$3" "$work/words"
}

untrained() {
    trains 0 "imported: 0 epochs and no parent, so it keeps random weights"
    lists fine complete ""
    trains 0 "fine: complete, $work/o/e/fine.h5"
}

parent_replaced() {
    weights_of "$work/o/e/a.h5" "$work/a.weights.h5"
    on_ranks 2 "$reslice" import "$work/a.weights.h5" --network "$work/e.yaml" --run imported \
        --output "$work/o" --fresh
    lists imported complete ""
    local words="fine.h5: was trained from other weights of run imported than"
    lists fine other "$words"
    trains 2 "$words"
    "$reslice" report "$work/o/e/fine.h5" 2>&1 | grep -F "$words"
    "$reslice" crossbar "$work/o/e/fine.h5" --quick --samples 20 --test 20 2>&1 | grep -F "$words"
    on_ranks 2 "$reslice" train "$work/e.yaml" --output "$work/o" --run fine --fresh
    trains 0 "fine: complete, $work/o/e/fine.h5"
    # the same weights once more are no other parent
    "$reslice" import "$work/a.weights.h5" --network "$work/e.yaml" --run imported \
        --output "$work/o" --fresh
    lists fine complete ""
}

other_parent() {
    sed -i 's/from: imported/from: a/' "$work/e.yaml"
    lists fine other "fine.h5: was trained from run imported, now the run comes from run a"
    trains 2 "fine.h5: was trained from run imported, now the run comes from run a"
    sed -i 's/from: a,/from: imported,/' "$work/e.yaml"
    lists fine complete ""
}

# Another class for the first label.
change_labels() {
    "$python" - "$work"/data/fashion-mnist/train-labels-idx1-ubyte* <<'END'
import gzip, sys
opener = gzip.open if sys.argv[1].endswith(".gz") else open
with opener(sys.argv[1], "rb") as file:
    labels = bytearray(file.read())
labels[-1] = (labels[-1] + 1) % 10
with opener(sys.argv[1], "wb") as file:
    file.write(bytes(labels))
END
}

data_replaced() {
    mkdir "$work/data"
    cp -r /usr/share/datasets/fashion-mnist "$work/data/"
    lists a complete "" --data "$work/data"
    change_labels
    lists a other "a.h5: was made with other data" --data "$work/data"
    trains 2 "a.h5: was made with other data" --data "$work/data"
    "$reslice" crossbar "$work/o/e/a.h5" --quick --samples 20 --test 20 --data "$work/data" 2>&1 |
        grep -F "a.h5: was made with other data"
    trains 0 "a: complete, $work/o/e/a.h5"
}

no_data() {
    trains 0 "a: complete, $work/o/e/a.h5 (the data is not there to be compared)" --data "$work"
}

# A checkpoint is judged as a result is.
interrupted() {
    checkpoint_minutes=0
    start_job 1 --output "$work/o" --run a --fresh --set epochs=10000
    until_true is_training
    kill -USR1 "$job"
    ends_with 75
    lists a interrupted "" --set epochs=10000
    lists a other "a.h5.checkpoint: was begun with other settings ('rate: 0.05' there, 'rate: 0.1' now)" \
        --set epochs=10000 --set training.rate=0.1
    trains 2 "a.h5.checkpoint: was begun with other settings ('rate: 0.05' there, 'rate: 0.1' now)" \
        --run a --set epochs=10000 --set training.rate=0.1
    lists a other "a.h5.checkpoint: was begun with other data" --set epochs=10000 \
        --data "$work/data"
    rm "$work/o/e/a.h5.checkpoint"*
}

# Two files of one name: the second is told whose result stands there.
other_file() {
    sed 's/rate: 0.05/rate: 0.06/' "$work/e.yaml" >"$work/rival.yaml"
    mv "$work/e.yaml" "$work/first.yaml"
    mv "$work/rival.yaml" "$work/e.yaml"
    trains 2 "a.h5: was made with other settings ('rate: 0.05' there, 'rate: 0.06' now)"
    grep -qF "(made by $work/e.yaml)" "$work/words" # as it was called then
    mv "$work/first.yaml" "$work/e.yaml"
}

# ---- files of an older reslice (tests/vectors/README.md) ----

older() {
    export RESLICE_SIMD=portable
    local yaml=$vectors/before-origin.yaml file
    mkdir -p "$work/old/before-origin"
    cp "$vectors"/*.h5 "$vectors"/*.checkpoint "$work/old/before-origin"
    diff - <("$reslice" train "$yaml" --output "$work/old" --list | cut -f2,6 | tr '\t' ' ') <<'END'
parent complete
child interrupted
END
    train 1 "$yaml" --output "$work/old"
    cat "$work/train.log"
    grep -q 'parent: complete, .* (by an older reslice, which noted neither data nor parent)' \
        "$work/train.log"
    grep -q 'child: resumed in epoch 6 after 100 of 300 samples' "$work/train.log"
    cmp "$vectors/parent.h5" "$work/old/before-origin/parent.h5"
    train 2 "$yaml" --output "$work/new"
    "$python" "$e2e/same_results.py" "$work/old/before-origin/child.h5" \
        "$work/new/before-origin/child.h5"
    # the child of an old parent knows it
    cp "$work/new/before-origin/child.h5" "$work/old/before-origin/parent.h5"
    sed 's/name: parent, epochs: 3.*/name: parent, from: x, epochs: 100, prune: {threshold: 0.01}, penalty: {name: bit-slice-l1, alpha: 0.5}}/
        s/^runs:/&\n  - {name: x, epochs: 3, penalty: {name: l1, alpha: 1}}/' "$yaml" >"$work/other.yaml"
    "$reslice" train "$work/other.yaml" --output "$work/old" --list --run child 2>&1 |
        grep -F 'was trained from other weights of run parent'
}

older_with_other_settings() {
    rm -rf "$work/old"
    mkdir -p "$work/old/before-origin"
    cp "$vectors"/*.h5 "$vectors"/*.checkpoint "$work/old/before-origin"
    "$reslice" train "$vectors/before-origin.yaml" --output "$work/old" --list \
        --set training.rate=0.06 2>&1 | tee "$work/list"
    [ "$(grep -c $'\tother\t' "$work/list")" -eq 2 ]
    grep -q "parent.h5: was made with other settings ('rate: 0.05' there, 'rate: 0.06' now)" \
        "$work/list"
    grep -q "child.h5.checkpoint: was begun with other settings" "$work/list"
}

check "a run without epochs and parent" untrained
check "a parent is replaced" parent_replaced
check "a run comes from another parent" other_parent
check "data is replaced" data_replaced
check "data is not there" no_data
check "an interrupted run" interrupted
check "another experiment file" other_file
check "files of an older reslice" older
check "and with other settings" older_with_other_settings
finish
