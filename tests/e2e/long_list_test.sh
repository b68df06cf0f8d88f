#!/usr/bin/env bash
# A network of as many layers as a list may have, with names as long as they may be, comes back whole
# from its result file: export and crossbar read the settings that train has written.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)

{
    cat <<'END'
experiment: long
data: {name: fashion-mnist, train: 200, test: 100}
training: {batch: 50, shards: 2, select: last}
runs:
  - name: a
    network:
      layers:
        - flatten
END
    for i in $(seq 1001 1254); do
        echo "        - batch-norm: {name: a-name-of-27-letters--$i}"
    done
    echo "        - linear: {outputs: 10, name: the-last-of-256-layers}"
} >"$work/long.yaml"
result=$work/long/a.h5
train 2 "$work/long.yaml" --output "$work"

# The settings are longer than 16 KiB, and say every layer.
says_all_layers() {
    "$python" - "$result" <<'END'
import sys, h5py
config = h5py.File(sys.argv[1]).attrs["config"]
assert len(config) > 16384, len(config)
assert config.count("a-name-of-27-letters--") == 254 and "the-last-of-256-layers" in config
END
}

# What the history says of the test set is what the predictions say, and the last layer is mapped.
same_accuracy() {
    "$python" - "$result" <<'END'
import sys, h5py
file = h5py.File(sys.argv[1])
correct = file["predictions/correct"][:]
assert correct.size == 100 and round(file["history/test_accuracy"][-1] * 100) == correct.sum()
assert file["crossbars/the-last-of-256-layers/column_sum"].size > 0
END
}

check "the file has the settings of all layers" says_all_layers
check "export reads them" on_ranks 2 "$reslice" export "$result" -o "$work/cells.h5"
check "crossbar reads them" on_ranks 2 "$reslice" crossbar "$result" --quick --samples 20 --test 20
check "the crossbars are those of the last layer" same_accuracy
finish
