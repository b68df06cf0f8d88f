#!/usr/bin/env bash
# reslice report: every table in every format, of all kinds of runs in one list, read as programs read
# them; and lists of files in which not every one is a result.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)
formats=(text markdown latex csv json html)

cat >"$work/runs.yaml" <<'END_OF_RUNS'
experiment: runs
data: {name: fashion-mnist, train: 1000, test: 100, validation: 100}
network: {model: mlp, hidden: [12]}
training: {batch: 50, shards: 2, rate: 0.05}
runs:
  - {name: full, epochs: 1}
  - {name: bitslice, from: full, epochs: 1, prune: {threshold: 0.01},
     penalty: {name: bit-slice-l1, alpha: 0.5}, matrix: {training.seed: [1, 2]}}
  - {name: empty, from: full, prune: {threshold: 1000}}
  - {name: float, epochs: 1, fixed_point: {quantise: false}}
  - {name: eight, epochs: 1, fixed_point: {slice_bits: 1}}
  - {name: nine, from: full}
END_OF_RUNS
cat >"$work/residual.yaml" <<'END_OF_RUNS'
experiment: residual
data: {name: fashion-mnist, train: 100, test: 20, validation: 20}
network: {model: resnet, depth: 8, width: 2}
training: {batch: 20, shards: 2, rate: 0.05}
crossbar: {samples: 2}
runs: [{name: residual, epochs: 1}]
END_OF_RUNS

# The names of the tables, as the message has them.
table_names() {
    "$reslice" report "${files[0]}" --table '?' 2>&1 | sed 's/.*allowed: //; s/, / /g'
}

every_table() {
    local name format
    mkdir "$work/tables"
    for format in "${formats[@]}"; do
        for name in $(table_names); do
            "$reslice" report "${files[@]}" --table "$name" --format "$format" \
                >"$work/tables/$name.$format"
        done
        "$reslice" report "${files[@]}" --format "$format" >"$work/tables/all.$format"
    done
    "$python" "$e2e/report_check.py" tables "$work/tables"
}

# What a script of the user's does.
json_tool() {
    "$reslice" report "${files[@]}" --format json | "$python" -m json.tool >/dev/null
}

names_in_the_help() {
    "$reslice" report --help >"$work/help"
    "$reslice" help man >"$work/manual"
    local name
    for name in $(table_names); do
        grep -qw "$name" "$work/help"
        grep -qw "$name" "$work/manual"
    done
    tr -s ' \n' ' ' <"$work/help" | grep -q 'json is one array of tables'
    tr -s ' \n' ' ' <"$work/help" | grep -q 'all but rivals'
}

two_energies() {
    "$reslice" report "$crossed" --table adc --table assignments --format json >"$work/energy.json"
    "$python" "$e2e/report_check.py" energy "$work/energy.json" "$crossed"
}

# An offset in cells of one bit makes a ninth slice.
nine_slices() {
    local table
    "$reslice" report "${files[@]}" --format csv >"$work/nine.csv"
    for table in adc_bits assignments savings sweep crossbars; do
        grep -q "^${table}_9_slices,runs/nine," "$work/nine.csv" # the other experiment is beside it
    done
    grep -q '^adc_bits_8_slices,runs/eight,' "$work/nine.csv"
    grep -q '^adc_bits_4_slices,.*/residual' "$work/nine.csv"
    [ "$(grep -c '^sweep_9_slices,runs/nine,B' "$work/nine.csv")" -eq 9 ]
    if command -v gnuplot >/dev/null; then
        "$reslice" plot "$folder/nine.h5" -o "$work/nine"
        grep -qE '>1: +[0-9]{9}; ' "$work/nine/energy.svg" # without commas it fits
        [ "$(grep -cF 'slice B8' "$work/nine/currents-nine.svg")" -ge 1 ]
    fi
}

# ---- files that are no results ----

# left_out COMMAND...: works, with one line each for the export and the other program's file.
left_out() {
    "$@" >"$work/out" 2>"$work/err"
    cat "$work/err"
    [ "$(grep -c 'left out: not a reslice result file' "$work/err")" -eq 2 ]
    grep -q "warning: $work/mixed/a.crossbars.h5: left out: .* reslice export" "$work/err"
    grep -q "warning: $work/mixed/foreign.h5: left out: .* another program's" "$work/err"
}

others_in_the_list() {
    left_out "$reslice" report "$work"/mixed/*.h5 --format csv
    grep -q '^accuracy,full,' "$work/out"
    left_out on_ranks 2 "$reslice" report "$work"/mixed/*.h5 --format csv
    left_out "$reslice" report "$work"/mixed/*.h5 --html "$work/mixed.html"
    grep -q '1 run;' "$work/mixed.html"
    if command -v gnuplot >/dev/null; then
        left_out "$reslice" plot "$work"/mixed/*.h5 -o "$work/plots"
        [ -s "$work/plots/weights-full.svg" ]
    fi
}

# fails_with STATUS WORDS COMMAND...
fails_with() {
    local expected=$1 words=$2 status=0
    shift 2
    "$@" >"$work/out" 2>"$work/err" || status=$?
    cat "$work/out" "$work/err"
    [ "$status" -eq "$expected" ] && [ ! -s "$work/out" ] && grep -qF -- "$words" "$work/err"
}

nothing_left() {
    local command
    for command in report "plot -o $work/none" crossbar; do
        # shellcheck disable=SC2086 # words
        fails_with 2 'a.crossbars.h5: not a reslice result file, but crossbars that reslice export' \
            "$reslice" $command "$work/mixed/a.crossbars.h5"
        [ "$(wc -l <"$work/err")" -eq 1 ]
        # shellcheck disable=SC2086
        fails_with 2 'none of the 2 files is a reslice result file' \
            on_ranks 2 "$reslice" $command "$work/mixed/a.crossbars.h5" "$work/mixed/foreign.h5"
        [ "$(wc -l <"$work/err")" -eq 3 ]
    done
    [ ! -e "$work/none" ]
}

# What may be half a result is not left out.
damaged_stays() {
    head -c 4000 "$crossed" >"$work/half.h5"
    fails_with 2 "$work/half.h5: " "$reslice" report "$crossed" "$work/half.h5"
    fails_with 2 "$work/gone.h5: " "$reslice" report "$crossed" "$work/gone.h5"
}

train 2 "$work/runs.yaml" --output "$work/results"
train 2 "$work/residual.yaml" --output "$work/results"
folder=$work/results/runs
crossed="$folder/bitslice@seed=1.h5"
files=("$folder"/*.h5 "$work/results/residual/residual.h5")
for file in "$crossed" "$folder/empty.h5"; do
    "$reslice" crossbar "$file" --quick --samples 50 --test 50 --adc 0,0,0,0 --devices \
        >"$work/crossbar.log" 2>&1 || {
        cat "$work/crossbar.log"
        exit 1
    }
done
"$reslice" crossbar "$folder/nine.h5" --quick --samples 20 --test 20 --signs offset \
    --set crossbar.cell_bits=1 >"$work/crossbar.log"
mkdir "$work/mixed"
cp "$folder/full.h5" "$work/mixed/full.h5"
"$reslice" export "$folder/full.h5" -o "$work/mixed/a.crossbars.h5" >/dev/null
"$python" -c 'import h5py, sys; h5py.File(sys.argv[1], "w")["weight"] = [1.0, 2.0]' \
    "$work/mixed/foreign.h5"
"$python" - "$work/results/residual/residual.h5" <<'END_OF_PYTHON' # files can come from anywhere
import sys, h5py
with h5py.File(sys.argv[1], "r+") as file:
    file.attrs["experiment"] = "a_b & \"c\" <d> % $ # | 'e' ^~\\{} \u00e9"
END_OF_PYTHON

check "every table in every format" every_table
check "nine slices" nine_slices
check "json for a script" json_tool
check "names of tables in help and manual" names_in_the_help
check "two energies, two names" two_energies
check "other files in the list" others_in_the_list
check "nothing but other files" nothing_left
check "damaged files are no other files" damaged_stays
finish
