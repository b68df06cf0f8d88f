#!/usr/bin/env bash
# reslice summary: its numbers are those of a count in Python that lays every layer out cell by cell;
# what training takes; experiment files, result files, built-in networks.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)

cat >"$work/lists.yaml" <<'END'
experiment: lists
data: {name: cifar10}
training: {select: last, batch: 96, shards: 4}
runs:
  - name: depthwise
    network:
      layers:
        - conv: {name: stem, outputs: 40, kernel: 3, stride: 2, padding: 1, bias: false}
        - batch-norm
        - relu
        - conv: {name: depth, outputs: 40, kernel: 3, padding: 1, groups: 40, bias: false}
        - batch-norm
        - conv: {name: point, outputs: 24, kernel: 1, bias: false}
        - conv: {name: wide, outputs: 72, kernel: [3, 1], groups: 24}
        - flatten
        - linear: {name: head, outputs: 10}
  - name: grouped
    network:
      layers:
        - conv: {name: first, outputs: 12, kernel: 5, padding: 2, groups: 3}
        - relu
        - conv: {name: second, outputs: 300, kernel: 5, stride: 2, groups: 4, bias: false}
        - relu
        - max-pool: {size: 2}
        - flatten
        - linear: {outputs: 10}
END

# agrees NETWORK "ARRAY" ARGUMENT...: ARRAY as "rows=64 columns=30".
agrees() {
    local network=$1 setting array=()
    read -ra array <<<"$2"
    shift 2
    for setting in "${array[@]}"; do
        set -- "$@" --set "crossbar.$setting"
    done
    "$reslice" summary "$@" --format json >"$work/summary.json"
    "$python" "$e2e/summary_check.py" "$work/summary.json" "$network" "${array[@]}"
}

is_noticed() {
    "$reslice" summary resnet --format json | sed 's/40813184/40813185/' >"$work/summary.json"
    fails "$python" "$e2e/summary_check.py" "$work/summary.json" resnet20
}

# What a step takes more with more samples, as the system sees it, in pages of 2 MB: within 7 %.
# AddressSanitizer takes memory of its own.
memory_is_true() {
    local batch
    if grep -q __asan_init "$reslice"; then
        echo "not with AddressSanitizer"
        return
    fi
    for batch in 250 400; do
        "$reslice" bench --network lenet5 --batch $batch --seconds 0.01 |
            sed -n 's/.*peak memory of a rank: \([0-9.]*\) MB/\1/p'
        "$reslice" summary lenet5 --set training.batch=$batch --set training.shards=1 \
            --format csv | sed -n "s/^memory,1,$batch,$batch,[^,]*,[^,]*,//p"
    done | tee "$work/memory"
    "$python" - "$work/memory" <<'END'
import sys
before, said_before, after, said_after = map(float, open(sys.argv[1]))
assert 0.93 < (said_after - said_before) / (after - before) < 1.07
assert 0 < before - said_before < 150  # MB: the program, images of bench, matrices of its sgemm
END
}

memory_of_ranks() {
    "$reslice" summary "$work/lists.yaml" --set training.batch=1000 --format csv >"$work/csv"
    grep '^memory,' "$work/csv" | cut -d, -f2-4 | paste -sd' ' |
        grep -xF '1,1000,1000 2,1000,500 4,1000,250'
}

of_a_result() {
    cat >"$work/run.yaml" <<'END'
experiment: run
data: {name: fashion-mnist, train: 200, test: 100}
network: {model: mlp, hidden: [20]}
training: {batch: 50, shards: 2, select: last}
runs: [{name: a, epochs: 0}]
END
    train 1 "$work/run.yaml" --output "$work"
    "$reslice" summary "$work/run/a.h5" >"$work/of_result"
    "$reslice" summary "$work/run.yaml" >"$work/of_file"
    cmp "$work/of_result" "$work/of_file"
    "$reslice" report --table crossbars "$work/run/a.h5" --format csv >"$work/report.csv"
    "$reslice" summary "$work/run/a.h5" --format csv >"$work/summary.csv"
    for layer in fc1 fc2; do # arrays, utilisation
        [ "$(grep ",$layer," "$work/report.csv" | cut -d, -f5,6)" = \
            "$(grep "^layers,$layer," "$work/summary.csv" | cut -d, -f8,9)" ]
    done
}

every_format() {
    local format
    for format in text markdown latex csv json html; do
        "$reslice" summary mlp --format $format >"$work/out"
        grep -q 79510 "$work/out" # 784 100 + 100 + 100 10 + 10
    done
    "$reslice" summary lenet5 --input 1x20x24 --classes 7 >"$work/out"
    grep -q '20x16x20 ' "$work/out"
}

same_on_ranks() {
    "$reslice" summary vgg11 >"$work/one"
    on_ranks 2 "$reslice" summary vgg11 >"$work/two"
    cmp "$work/one" "$work/two"
}

# refuses WHAT ARGUMENT...: status 2 and one line that contains WHAT.
refuses() {
    local what=$1 status=0
    shift
    "$reslice" summary "$@" >"$work/out" 2>"$work/err" || status=$?
    cat "$work/err"
    [ "$status" -eq 2 ] && [ ! -s "$work/out" ]
    [ "$(wc -l <"$work/err")" -eq 1 ]
    grep -qF -e "$what" "$work/err"
}

refusals() {
    refuses 'expected one'
    refuses "'resnet1'; allowed: EXPERIMENT.yaml, RESULT.h5, mlp, " resnet1
    refuses 'cannot be read' "$work/none.yaml"
    refuses 'no such file' "$work/none.h5"
    refuses "--run: value 'x'" "$work/lists.yaml" --run x
    refuses 'has no runs' resnet --run x
    refuses "--input: value '3x224'; allowed: CHANNELSxHEIGHTxWIDTH" resnet --input 3x224
    refuses "--input: value '0x9x9'" resnet --input 0x9x9
    refuses "--input: value '3x9x99999999999'" resnet --input 3x9x99999999999
    refuses 'needs images of at least 32 x 32 pixels' vgg11 --input 3x31x32
    refuses 'the data set has 9 classes' "$work/lists.yaml" --classes 9
    refuses 'conv: 3 groups do not divide 4 channels' "$work/lists.yaml" --run grouped --input 4x28x28
    refuses "--format: value 'x'" resnet --format x
    refuses 'unknown option' resnet --set network.depht=8
}

check "ResNet-20" agrees resnet20 '' resnet
check "ResNet-20 on arrays of 100 x 30, cells of 4 bits" agrees resnet20 \
    'rows=100 columns=30 cell_bits=4' resnet
check "VGG-11" agrees vgg11 '' vgg11
check "depthwise" agrees depthwise '' "$work/lists.yaml" --input 3x21x17
check "depthwise, other arrays" agrees depthwise 'rows=20 columns=50 cell_bits=1' \
    "$work/lists.yaml" --input 3x21x17
check "groups" agrees grouped '' "$work/lists.yaml" --run grouped --input 3x28x28
check "a wrong number is noticed" is_noticed
check "memory as bench finds it" memory_is_true
check "memory of more ranks" memory_of_ranks
check "a result file, as report has it" of_a_result
check "every format, other images" every_format
check "1 and 2 ranks" same_on_ranks
check "refused, in one line" refusals
finish
