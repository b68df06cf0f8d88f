#!/usr/bin/env bash
# reslice export: the cells are the digits of the codes and give the exact products, for linear
# layers and convolutions, other arrays and cells; the same bytes on any number of ranks.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)

cat >"$work/runs.yaml" <<'END'
experiment: runs
data: {name: fashion-mnist, train: 2000, test: 200}
network: {model: mlp, hidden: [20]}
training: {batch: 50, shards: 2, rate: 0.05, select: last}
runs:
  - {name: mlp, epochs: 1}
  - {name: float, epochs: 0, fixed_point: {quantise: false}}
END
cat >"$work/images.yaml" <<'END'
experiment: images
data: {name: fashion-mnist, train: 200, test: 20}
network:
  layers:
    - conv: {outputs: 5, kernel: 2, stride: 2, bias: false}
    - batch-norm
    - relu
    - max-pool: {size: 2}
    - conv: {outputs: 7, kernel: 2, padding: 1}
    - flatten
    - linear: {outputs: 10}
training: {batch: 50, shards: 2, rate: 0.05, select: last}
crossbar: {samples: 5, rows: 64}
runs: [{name: conv, epochs: 1}]
END

# exported FILE FOLDER ARGUMENT...: checked with numpy and with the example.
exported() {
    local file=$1 folder=$2
    shift 2
    on_ranks 2 "$reslice" export "$file" -o "$work/out.h5" "$@"
    # shellcheck disable=SC2086 # no folder is no argument
    "$python" "$e2e/export_check.py" "$file" "$work/out.h5" $folder
    "$python" "$root/experiments/load_crossbars.py" "$work/out.h5" | tee "$work/example.log"
    grep -q 'cells, exact$' "$work/example.log"
}

is_noticed() {
    "$python" -c 'import sys, h5py
cells = h5py.File(sys.argv[1], "a")["layers/fc1/cells"]
cells[0, 0, 1, 0, 5, 3] = (cells[0, 0, 1, 0, 5, 3] + 1) % 4' "$work/out.h5"
    fails "$python" "$e2e/export_check.py" "$work/runs/mlp.h5" "$work/out.h5"
    fails "$python" "$root/experiments/load_crossbars.py" "$work/out.h5"
}

same_on_ranks() {
    for ranks in 1 2 3; do
        on_ranks "$ranks" "$reslice" export "$work/runs/mlp.h5" -o "$work/on$ranks.h5"
    done
    h5diff "$work/on1.h5" "$work/on2.h5"
    h5diff "$work/on1.h5" "$work/on3.h5"
}

# refuses WHAT ARGUMENT...: status 2 and one line that contains WHAT.
refuses() {
    local what=$1 status=0
    shift
    on_ranks 2 "$reslice" export "$@" 2>"$work/err" || status=$?
    cat "$work/err"
    [ "$status" -eq 2 ]
    [ "$(grep -c '^reslice: ' "$work/err")" -eq 1 ]
    grep -qF -e "$what" "$work/err"
}

refusals() {
    refuses 'no result files given'
    refuses 'no such file' "$work/none.h5"
    refuses 'plain floating point' "$work/runs/float.h5"
    refuses '-o: names one file' "$work/runs/mlp.h5" "$work/runs/mlp.h5" -o "$work/x.h5"
    refuses 'not a reslice result file' "$work/out.h5"
    refuses "folder '$work/runs.yaml': Not a dir" "$work/runs/mlp.h5" -o "$work/runs.yaml/x.h5"
}

# A result, or any other file, under the name behind -o is not replaced; what export wrote is.
replaces_its_own_only() {
    local file
    cp "$work/runs/mlp.h5" "$work/kept.h5"
    cp "$work/runs.yaml" "$work/kept.yaml"
    for file in kept.h5 kept.yaml; do
        refuses 'no file of format reslice-crossbars' "$work/runs/mlp.h5" -o "$work/$file"
    done
    refuses 'no file of format' "$work/kept.h5" -o "$work/kept.h5"
    cmp "$work/kept.h5" "$work/runs/mlp.h5"
    cmp "$work/kept.yaml" "$work/runs.yaml"
    "$reslice" export "$work/runs/mlp.h5" -o "$work/again.h5"
    "$reslice" export "$work/runs/mlp.h5" -o "$work/again.h5"
}

makes_folders() {
    "$reslice" export "$work/runs/mlp.h5" -o "$work/new/folder/x.h5"
    [ -s "$work/new/folder/x.h5" ]
    "$reslice" report "$work/runs/mlp.h5" --html "$work/new/page/mlp.html"
    grep -q '</html>' "$work/new/page/mlp.html"
}

default_name() {
    "$reslice" export "$work/runs/mlp.h5"
    [ -s "$work/runs/crossbars/mlp.h5" ]
    "$reslice" report "$work"/runs/mlp*.h5 >"$work/report"
    (cd "$work/runs" && "$reslice" export mlp.h5)
    compgen -G "$work/runs/*crossbars*.h5" && return 1
    return 0
}

train 2 "$work/runs.yaml" --output "$work"
train 2 "$work/images.yaml" --output "$work"
check "an MLP, and its predictions through the arrays" \
    exported "$work/runs/mlp.h5" /usr/share/datasets/fashion-mnist
check "a wrong cell is noticed" is_noticed
check "arrays of 100 x 30, cells of 4 bits" exported "$work/runs/mlp.h5" '' \
    --set crossbar.rows=100 --set crossbar.columns=30 --set crossbar.cell_bits=4
check "convolutions" exported "$work/images/conv.h5" ''
check "1, 2 and 3 ranks" same_on_ranks
check "the name of the file" default_name
check "folders of -o and --html are made" makes_folders
check "refused, in one line" refusals
check "replaces nothing but its own" replaces_its_own_only
finish
