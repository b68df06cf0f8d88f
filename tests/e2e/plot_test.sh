#!/usr/bin/env bash
# reslice plot and report --html: every figure from a small result, its numbers against h5py's, pages
# and pictures well-formed and self-contained; mistakes are one line.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)
command -v gnuplot >/dev/null || {
    echo "no gnuplot; jobs/setup-debian.sh --tests installs it"
    exit 1
}

cat >"$work/runs.yaml" <<'END'
experiment: runs
data: {name: fashion-mnist, train: 2000, test: 200, validation: 100}
network: {model: mlp, hidden: [20]}
training: {batch: 50, shards: 2, rate: 0.05}
runs:
  - {name: full, epochs: 3}
  - {name: bitslice, from: full, epochs: 2, prune: {threshold: 0.01},
     penalty: {name: bit-slice-l1, alpha: 0.5}, matrix: {training.seed: [1, 2]}}
  - {name: pruned, from: full, prune: {threshold: 0.01}}
  - {name: float, epochs: 1, fixed_point: {quantise: false}}
END

# fails_with STATUS WORDS COMMAND...: one line with the words, and that exit status.
fails_with() {
    local expected=$1 words=$2 status=0
    shift 2
    "$@" >"$work/out" 2>"$work/err" || status=$?
    cat "$work/out" "$work/err"
    [ "$status" -eq "$expected" ] && grep -qF -- "$words" "$work/err" &&
        [ "$(wc -l <"$work/err")" -eq 1 ]
}

draw_all() {
    "$reslice" plot "${files[@]}" -o "$work/svg/deep" --keep 2>"$work/warnings"
    cat "$work/warnings"
    grep -q "no figure 'training' of p' .*: no training; reslice train" "$work/warnings"
    grep -q "no figure 'adc' of full and 3 more: .*reslice crossbar" "$work/warnings"
    grep -q "no figure 'weights' of float: .*quantise" "$work/warnings"
    [ -z "$(find "$work/svg" -name '.reslice*')" ]
}

other_formats() {
    local format
    for format in png pdf; do
        "$reslice" plot "$crossed" -o "$work/$format" --format "$format"
        [ "$(find "$work/$format" -type f | wc -l)" -eq 6 ]
    done
    file_begins "$work/png/nonzero.png" '\x89PNG'
    file_begins "$work/pdf/nonzero.pdf" '%PDF'
}

file_begins() {
    [ "$(head -c 4 "$1")" = "$(printf '%b' "$2")" ]
}

# A second time replaces the figures, and a script that was kept draws its own.
again() {
    "$reslice" plot "$crossed" -o "$work/svg/deep"
    cp "$work/svg/deep/nonzero.svg" "$work/before.svg"
    cp "$work"/svg/deep/nonzero.{gp,dat} "$work/"
    "$reslice" plot "${files[@]}" -o "$work/svg/deep"
    fails cmp "$work/before.svg" "$work/svg/deep/nonzero.svg"
    (cd "$work" && gnuplot nonzero.gp)
    cmp "$work/nonzero.svg" "$work/svg/deep/nonzero.svg"
}

# Two ranks draw what one does.
two_ranks() {
    on_ranks 2 "$reslice" plot "$crossed" -o "$work/two"
    "$reslice" plot "$crossed" -o "$work/one"
    diff -r "$work/one" "$work/two"
}

# Accuracies on other numbers of test samples stand side by side only with those numbers.
other_test_samples() {
    cp "$crossed" "$work/fewer.h5"
    "$python" - "$work/fewer.h5" <<'END'
import sys, h5py
with h5py.File(sys.argv[1], "r+") as file:
    file.attrs["run"] = "fewer"
    file["adc"].attrs["test_samples"] = 7
END
    "$reslice" plot "$crossed" "$work/fewer.h5" -o "$work/fewer" 2>"$work/warnings"
    cat "$work/warnings"
    grep -q "figure 'energy': accuracies on 7 to 200 test samples" "$work/warnings"
    grep -qF 'test accuracy (%), samples in brackets' "$work/fewer/energy.svg"
    grep -qF 'fewer (7)' "$work/fewer/energy.svg"
    grep -qF ' (200)' "$work/fewer/energy.svg"
    "$reslice" report "$work/fewer.h5" --table assignments --format csv >"$work/fewer.csv"
    grep -qE '^assignments,fewer,static(,[^,]*){6},7,' "$work/fewer.csv"
}

without_gnuplot() {
    fails_with 3 'gnuplot is not on the PATH' \
        env PATH="$work/tools" "$reslice" plot "$crossed" -o "$work/none"
    [ ! -e "$work/none" ]
}

page_without_gnuplot() {
    env PATH="$work/tools" "$reslice" report "$crossed" --html "$work/tables.html"
    grep -q 'None: gnuplot was not there' "$work/tables.html"
    fails grep -q '<svg' "$work/tables.html"
    "$python" "$e2e/plot_check.py" page "$work/tables.html"
}

# fails_with_gnuplot WORDS SCRIPT: status 3, these words and no figure when gnuplot is this script.
fails_with_gnuplot() {
    mkdir -p "$work/fake"
    printf '#!/bin/sh\n%s\n' "$2" >"$work/fake/gnuplot"
    chmod +x "$work/fake/gnuplot"
    fails_with 3 "$1" env PATH="$work/fake:$PATH" "$reslice" plot "$crossed" -o "$work/none"
    [ -z "$(ls -A "$work/none")" ]
}

broken_gnuplot() {
    fails_with_gnuplot "gnuplot has failed on 'nonzero.gp': no terminal" \
        'echo "no terminal" >&2; exit 1'
}

# On a full disk gnuplot leaves half a picture and says nothing.
half_a_picture() {
    fails_with_gnuplot 'not written it to its end' \
        "\"$(command -v gnuplot)\" \"\$@\"; truncate -s -20 nonzero.svg"
}

# A start file of the user's does not change the figures.
start_file() {
    mkdir -p "$work/home"
    echo 'set grid lw 7; set label "mine" at screen 0.5, 0.5' >"$work/home/.gnuplot"
    env HOME="$work/home" "$reslice" plot "$crossed" -o "$work/start"
    diff -r "$work/start" "$work/one"
}

# A signal while gnuplot works: one line, and no temporary folder is left.
stopped() {
    mkdir -p "$work/slow"
    printf '#!/bin/sh\ntouch "%s"\nexec sleep 1\n' "$work/slow/begun" >"$work/slow/gnuplot"
    chmod +x "$work/slow/gnuplot"
    local child status=0
    env PATH="$work/slow:$PATH" "$reslice" report "$crossed" --html "$work/cut/page.html" \
        2>"$work/err" &
    child=$!
    while [ ! -e "$work/slow/begun" ]; do sleep 0.05; done
    kill -TERM "$child"
    wait "$child" || status=$?
    cat "$work/err"
    [ "$status" -eq 3 ]
    grep -q 'stopped by SIGTERM' "$work/err"
    [ -z "$(ls -A "$work/cut")" ]
}

refusals() {
    fails_with 2 "folder '$work/file/x': cannot make it: Not a directory" \
        "$reslice" plot "$crossed" -o "$work/file/x"
    fails_with 2 'runs.yaml: not an HDF5 file' "$reslice" plot "$work/runs.yaml" -o "$work/none"
    fails_with 2 '-o DIR is missing' "$reslice" plot "$crossed"
    fails_with 2 'no result files given' "$reslice" plot -o "$work/none"
    fails_with 2 "value 'gif'; allowed: svg, png, pdf" "$reslice" plot "$crossed" -o x --format gif
    fails_with 2 'allowed: the page to write' "$reslice" report "$crossed" --html "$work/x.h5"
    fails_with 2 "folder '$work/file/x': Not a directory" \
        "$reslice" report "$crossed" --html "$work/file/x/x.html"
    fails_with 2 'no regular file' "$reslice" report "$crossed" --html "$work"
    fails_with 2 '--format has no effect with --html' "$reslice" report "$crossed" --html x.html --format csv
}

page() {
    "$reslice" report "${files[@]}" --html "$work/page.html"
    [ ! -e "$work/page.html.part" ]
    "$python" "$e2e/plot_check.py" page "$work/page.html" "${files[@]}"
}

mkdir "$work/tools" # all tools but gnuplot: MPI wants some
IFS=: read -ra folders <<<"$PATH"
for folder in "${folders[@]}"; do
    ln -s "$folder"/* "$work/tools" 2>/dev/null || true
done
rm -f "$work"/tools/gnuplot*
touch "$work/file"
mkdir "$work/cut"
train 2 "$work/runs.yaml" --output "$work/results"
folder=$work/results/runs
crossed="$folder/bitslice@seed=1.h5"
files=("$folder/full.h5" "$folder"/bitslice* "$folder/pruned.h5" "$folder/float.h5")
"$reslice" crossbar "$crossed" --quick --adc 1,3,3,3 >"$work/crossbar.log"

"$python" - "${files[@]}" <<'END' # files can come from anywhere
import sys, h5py
for path in sys.argv[1:]:
    with h5py.File(path, "r+") as file:
        file.attrs["experiment"] = "a<b> & \"c\" %d `date`"
        if file.attrs["run"] == "pruned":
            file.attrs["run"] = "p' <&> \u00e9 %d\\n"
END
check "all figures" draw_all
check "their numbers and labels" "$python" "$e2e/plot_check.py" figures "$work/svg/deep" "${files[@]}"
check "png and pdf" other_formats
check "a second time, and by hand" again
check "other numbers of test samples" other_test_samples
check "two ranks" two_ranks
check "without gnuplot" without_gnuplot
check "gnuplot fails" broken_gnuplot
check "half a picture" half_a_picture
check "a start file of the user's" start_file
check "stopped" stopped
check "refused, in one line" refusals
check "a page" page
check "a page without gnuplot" page_without_gnuplot
check "experiments/analysis.py" "$python" "$root/experiments/analysis.py" "$crossed" \
    "$folder/full.h5" --output "$work/main.svg"
check "its picture" "$python" "$e2e/plot_check.py" picture "$work/main.svg"
finish
