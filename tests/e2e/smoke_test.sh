#!/usr/bin/env bash
# One experiment from its file to the report, in seconds: trained on two ranks, mapped to crossbars,
# given the bits of the paper, reported.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cat >"$work/e.yaml" <<'END'
experiment: smoke
data: {name: fashion-mnist, validation: 200, train: 2000, test: 300}
network: {model: mlp, hidden: [20]}
training: {batch: 50, shards: 2, rate: 0.05, momentum: 0.5}
runs:
  - {name: pretrain, epochs: 1, penalty: {name: l1, alpha: 5}}
  - name: bitslice
    from: pretrain
    epochs: 1
    prune: {threshold: 0.01}
    penalty: {name: bit-slice-l1, alpha: 0.5}
END

learns() {
    on_ranks 2 "$reslice" train "$work/e.yaml" --output "$work"
    [ -s "$work/smoke/pretrain.h5" ] && [ -s "$work/smoke/bitslice.h5" ]
}

maps() {
    on_ranks 2 "$reslice" crossbar "$work"/smoke/bitslice.h5 --quick --selftest --samples 50 \
        --test 50 --adc 1,3,3,3
}

# Both runs are better than a guess among ten classes, and the given ADCs have a row.
reports() {
    "$reslice" report "$work"/smoke/*.h5 --format csv >"$work/report.csv"
    grep '^a' "$work/report.csv"
    [ "$(awk -F, '$1 == "accuracy" && $5 > 30' "$work/report.csv" | wc -l)" -eq 2 ]
    grep '^assignments,bitslice,.*1,3,3,3' "$work/report.csv"
}

check "train on two ranks" learns
check "crossbar, with its self-test and given ADCs" maps
check "report" reports
finish
