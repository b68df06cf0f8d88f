#!/usr/bin/env bash
# reslice crossbar, its command line and its tables: what is refused, what is said and shown, what
# holds for every table of assignments.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/crossbar.sh"

# rows OPTION... -- ARGUMENT...: what holds for every table of assignments (crossbar_rows.py).
rows() {
    local -a options=()
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    cp "$work/runs/full.h5" "$work/rows.h5"
    crossbar 1 "$work/rows.h5" --quick "$@"
    "$python" "$e2e/crossbar_rows.py" "$work/rows.h5" "${options[@]}"
}

# More choices than once had room.
many_choices() {
    local -a choices=()
    local i
    for i in {1..40}; do
        choices+=(--adc "$((i % 9)),3,$((i / 9)),3")
    done
    rows --rows 46 -- "${choices[@]}"
    on_ranks 1 "$reslice" report "$work/rows.h5" --table assignments |
        grep -c '^full  *([0-8],3,[0-4],3)' | grep -qx 40
}

# Nine slices have too many combinations of bits to be listed.
nine_slices() {
    rows -- --samples 50 --test 50 --signs offset --set crossbar.cell_bits=1
    rows --fewest 4 -- --signs offset --set crossbar.cell_bits=1 --fewest 4 --loss 3
    rows -- --samples 50 --test 50 --signs offset --set crossbar.cell_bits=1 --exhaustive
}

# says WHAT ARGUMENT...: what it says is what it wrote, and has these words.
says() {
    local what=$1
    shift
    cp "$work/runs/full.h5" "$work/says.h5"
    crossbar 2 "$work/says.h5" --quick "$@" >"$work/out" 2>"$work/err"
    cat "$work/out" "$work/err"
    "$python" "$e2e/crossbar_says.py" "$work/says.h5" "$work/out" "$work/err"
    cat "$work/out" "$work/err" | tr -s ' \n' ' ' | grep -qF -e "$what"
}

# Files that other work left beside the results are left out, but not when nothing is left.
foreign_files() {
    local status=0
    cp "$work/runs/full.h5" "$work/glob.h5"
    rm -f "$work/glob.crossbars.h5"
    "$reslice" export "$work/glob.h5" -o "$work/glob.crossbars.h5"
    "$python" -c 'import h5py, sys; h5py.File(sys.argv[1], "w")["x"] = 1' "$work/glob.other.h5"
    cp "$work/glob.crossbars.h5" "$work/glob.crossbars.before"
    crossbar 2 "$work"/glob.*h5 --quick --samples 20 --test 20 2>"$work/err"
    cat "$work/err"
    [ "$(grep -c 'warning: .*glob.crossbars.h5: left out: not a reslice result' "$work/err")" -eq 1 ]
    [ "$(grep -c 'warning: .*glob.other.h5: left out: not a reslice result' "$work/err")" -eq 1 ]
    cmp "$work/glob.crossbars.h5" "$work/glob.crossbars.before"
    h5ls "$work/glob.h5/adc/assignments" | grep -q test_accuracy
    "$reslice" crossbar "$work/glob.crossbars.h5" "$work/glob.other.h5" 2>"$work/err" || status=$?
    cat "$work/err"
    [ "$status" -eq 2 ]
    grep -q '^reslice: none of the 2 files is a reslice result' "$work/err"
}

# On a terminal a line says how far long work is, and leaves no trace in the tables.
progress() {
    cp "$work/runs/full.h5" "$work/terminal.h5"
    "$python" "$e2e/on_terminal.py" "$reslice" crossbar "$work/terminal.h5" --quick --devices \
        --device-seeds 1 --device-samples 0 >"$work/out"
    cat "$work/out"
    grep -Eq '^devices [0-9]/7, [0-9]:[0-9]{2} left$' "$work/out"
    grep -Eq '^Accuracy by ADC bits$' "$work/out"
}

# refuses WHAT ARGUMENT...: status 2 and one line that contains WHAT.
refuses() {
    local what=$1 status=0
    shift
    on_ranks 2 "$reslice" crossbar "$@" >"$work/out" 2>"$work/err" || status=$?
    cat "$work/err"
    [ "$status" -eq 2 ]
    [ "$(grep -c '^reslice: ' "$work/err")" -eq 1 ]
    grep -qF -e "$what" "$work/err"
}

refusals() {
    local file=$work/runs/bitslice.h5
    refuses 'no result files given'
    refuses 'no such file' "$work/none.h5"
    refuses 'plain floating point' "$work/runs/float.h5"
    refuses "--adc: value '1,2,3'; allowed: 4 integers from 0 to 10" "$file" --adc 1,2,3
    refuses "--adc: value '1,2,3,11'" "$file" --adc 1,2,3,11
    refuses "--signs: value 'two'; allowed: differential, analog, offset" "$file" --signs two
    refuses "--transfer: value 'x'; allowed: clip, scaled, linear" "$file" --transfer x
    refuses "--calibrate: value 'test'; allowed: validation, train" "$file" --calibrate test
    refuses "--variation: value 'x'; allowed: none, relative" "$file" --devices --variation x
    refuses "--leakage: value 'x'; allowed: none, digital, reference" "$file" \
        --devices --on-off 10 --leakage x
    refuses '--on-off: value 1; allowed' "$file" --devices --on-off 1
    refuses 'crossbar.rows' "$file" --set crossbar.rows=0
    refuses '--device-seed: value' "$file" --devices --device-seed 3000000000
    refuses '--sigma: value 5; allowed with --variation relative: 0 to 1' "$file" --devices \
        --variation relative --sigma 5
}

# An option that would change nothing is refused.
without_effect() {
    local file=$work/runs/bitslice.h5
    refuses '--stuck-lrs has no effect without --devices' "$file" --stuck-lrs 0.5
    refuses '--device-samples has no effect without --devices' "$file" --device-samples=0
    refuses '--variation has no effect without --devices' "$file" --variation wan
    refuses '--sigma has no effect without --variation' "$file" --devices --sigma 0.1
    refuses '--sigma has no effect without --variation' "$file" --devices --variation=none \
        --sigma=0.1
    refuses '--leakage has no effect without --on-off' "$file" --devices --leakage digital
    refuses '--on-ohm has no effect without --wire' "$file" --devices --on-ohm 7000
}

# A mistake that shows in the second file only changes nothing in the first.
before_any_work() {
    cp "$work/runs/bitslice.h5" "$work/first.h5"
    refuses "--adc: value '1,3,3,3'; allowed: 8 integers" "$work/first.h5" --selftest \
        --set crossbar.cell_bits=1 --adc 1,3,3,3
    refuses 'no such file' "$work/first.h5" "$work/none.h5" --selftest
    refuses 'plain floating point' "$work/first.h5" "$work/runs/float.h5" --selftest
    [ ! -s "$work/out" ]
    cmp "$work/runs/bitslice.h5" "$work/first.h5"
}

# Who holds the lock may be about to replace the run: its file is not read before the lock is taken.
lock_first() {
    cp "$work/runs/bitslice.h5" "$work/locked.h5"
    "$python" - "$work/locked.h5" "$reslice" <<'END'
import fcntl, subprocess, sys
with open(sys.argv[1] + ".lock", "w") as lock:
    fcntl.lockf(lock, fcntl.LOCK_EX)
    run = subprocess.run([sys.argv[2], "crossbar", sys.argv[1], "--data", "/nowhere"],
                         capture_output=True, text=True)
print(run)
assert run.returncode == 3 and "/nowhere" not in run.stderr
END
}

check "refused, in one line" refusals
check "options without effect are refused" without_effect
check "mistakes are found before any work" before_any_work
check "the lock comes before the file" lock_first
check "provisioned is never dearer than another row" rows -- --adc 2,4,3,1
check "layers' own bits are a start of the search" rows --fewest 8 --start "99.99 %" -- --fewest 8
check "wide arrays of wide cells" rows -- --set crossbar.rows=1024 --set crossbar.cell_bits=4
check "wide arrays, linear" rows -- --set crossbar.rows=1024 --transfer linear --loss 60 \
    --samples 50 --test 50
check "bits by layer are shown" says 'Provisioned ADC bits by layer' \
    --per-layer --fewest 4 --loss 0.1
check "bits of a row that the search began with are shown" says 'made from "99.99 %"' --fewest 8
check "0 bits are explained" says '0 bits: the slice has no ADC' --adc 0,3,3,3
check "few calibration samples are named" says 'exceeds the allowed 0.5: 3 calibration samples' \
    --samples 3
check "progress on a terminal" progress
check "foreign files in the list are left out" foreign_files
check "40 choices of ADC bits" many_choices
check "nine slices" nine_slices
finish
