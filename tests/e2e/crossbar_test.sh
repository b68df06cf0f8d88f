#!/usr/bin/env bash
# reslice crossbar: exact at full resolution, the same bytes on any number of ranks, equal to a numpy
# simulation, and nothing of the result file is lost.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)
fashion=/usr/share/datasets/fashion-mnist

cat >"$work/runs.yaml" <<'END'
experiment: runs
data: {name: fashion-mnist, train: 2000, test: 280, validation: 150}
network: {model: mlp, hidden: [20]}
training: {batch: 50, shards: 2, rate: 0.05}
runs:
  - {name: full, epochs: 2}
  - {name: bitslice, from: full, epochs: 1, prune: {threshold: 0.01},
     penalty: {name: bit-slice-l1, alpha: 0.5}}
  - {name: float, epochs: 1, fixed_point: {quantise: false}}
END

# Residual sums, strides, batch norm, signed and unsigned inputs of convolutions; made-up pictures.
mkdir -p "$work/data/cifar-10-batches-bin"
"$python" - "$work/data/cifar-10-batches-bin" <<'END'
import random, sys
draw = random.Random(1)
for name in [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]:
    with open(f"{sys.argv[1]}/{name}", "wb") as file:
        for record in range(24):
            file.write(bytes([draw.randrange(10)]) + draw.randbytes(3072))
END
cat >"$work/images.yaml" <<'END'
experiment: images
data: {name: cifar10, validation: 20}
network: {model: resnet, depth: 8, width: 8}
training: {batch: 24, shards: 4, rate: 0.05}
crossbar: {samples: 5}
runs: [{name: resnet, epochs: 1}]
END

# crossbar RANKS FILE ARGUMENT...
crossbar() {
    local ranks=$1
    shift
    on_ranks "$ranks" "$reslice" crossbar "$@"
}

# Every number of ranks adds the same bytes to the same file.
same_on_ranks() {
    local source=$1 ranks
    shift
    for ranks in 1 2 3 4; do
        cp "$source" "$work/on$ranks.h5"
        crossbar "$ranks" "$work/on$ranks.h5" "$@"
    done
    for ranks in 2 3 4; do
        h5diff "$work/on1.h5" "$work/on$ranks.h5"
        same_results "$work/on1.h5" "$work/on$ranks.h5"
    done
}

selftest_passes() {
    cp "$1" "$work/self.h5"
    shift
    crossbar 2 "$work/self.h5" --selftest "$@" | tee "$work/self.log"
    grep -q 'are the exact integer products, and loss and accuracy .* those of evaluation' \
        "$work/self.log"
}

# What training wrote is still there, and a second time replaces the groups.
nothing_is_lost() {
    cp "$work/runs/bitslice.h5" "$work/twice.h5"
    crossbar 2 "$work/twice.h5"
    for group in history layers slices activations predictions provenance; do
        h5diff "$work/runs/bitslice.h5" "$work/twice.h5" "$group"
    done
    cp "$work/twice.h5" "$work/once.h5"
    crossbar 1 "$work/twice.h5"
    same_results "$work/once.h5" "$work/twice.h5"
    [ ! -e "$work/twice.h5.part" ]
    "$reslice" report "$work/twice.h5"
}

twin() {
    cp "$work/runs/$1.h5" "$work/twin.h5"
    crossbar 2 "$work/twin.h5" --adc 2,4,3,1 --adc 1,3,3,3 --per-layer --fewest 0 --loss 2
    "$python" "$e2e/crossbar_twin.py" "$work/twin.h5" "$fashion"
}

# --exhaustive finds what trying all combinations with numpy finds.
search() {
    local loss
    for loss in 1 4; do
        cp "$work/runs/$1.h5" "$work/search.h5"
        crossbar 2 "$work/search.h5" --quick --fewest 0 --loss "$loss" --exhaustive
        "$python" "$e2e/crossbar_search.py" "$work/search.h5" "$fashion"
    done
}

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

# Programmed without deviation, every choice of ADC bits has the accuracy of ideal cells.
ideal_devices() {
    cp "$work/runs/bitslice.h5" "$work/ideal.h5"
    crossbar 2 "$work/ideal.h5" --quick --devices --device-seeds 2 --device-samples 0
    "$python" - "$work/ideal.h5" <<'END'
import sys, h5py
with h5py.File(sys.argv[1]) as file:
    devices = file["adc/devices"]
    assert (devices["accuracy"][:].T == devices["ideal_accuracy"][:]).all()
    assert (devices["ideal_accuracy"][:] == file["adc/assignments/test_accuracy"][:]).all()
END
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

train 2 "$work/runs.yaml" --output "$work"
check "refused, in one line" refusals
check "options without effect are refused" without_effect
check "mistakes are found before any work" before_any_work
check "the lock comes before the file" lock_first
check "self-test of an MLP" selftest_passes "$work/runs/bitslice.h5" --quick
check "self-test, other arrays and cells" selftest_passes "$work/runs/full.h5" --quick \
    --set crossbar.rows=100 --set crossbar.cell_bits=4
check "self-test, offset" selftest_passes "$work/runs/full.h5" --quick --signs offset
check "self-test, analog" selftest_passes "$work/runs/full.h5" --quick --signs analog
train 2 "$work/images.yaml" --output "$work" --data "$work/data"
check "self-test of a ResNet" selftest_passes "$work/images/resnet.h5" --quick --data "$work/data"
check "numpy computes the same accuracies" twin bitslice
check "the exhaustive search finds the cheapest bits" search bitslice
check "provisioned is never dearer than another row" rows -- --adc 2,4,3,1
check "layers' own bits are a start of the search" rows --fewest 8 --start "99.99 %" -- --fewest 8
check "wide arrays of wide cells" rows -- --set crossbar.rows=1024 --set crossbar.cell_bits=4
check "wide arrays, linear" rows -- --set crossbar.rows=1024 --transfer linear --loss 60
check "bits by layer are shown" says 'Provisioned ADC bits by layer' --per-layer --fewest 0 --loss 2
check "bits of a row that the search began with are shown" says 'made from "static"' --fewest 8
check "0 bits are explained" says '0 bits: the slice has no ADC' --adc 0,3,3,3
check "few calibration samples are named" says 'exceeds the allowed 0.5: 3 calibration samples' \
    --samples 3
check "progress on a terminal" progress
check "foreign files in the list are left out" foreign_files
check "40 choices of ADC bits" many_choices
check "nine slices" nine_slices
check "1, 2, 3 and 4 ranks" same_on_ranks "$work/runs/bitslice.h5" --per-layer
check "1, 2, 3 and 4 ranks, analog and scaled" same_on_ranks "$work/runs/full.h5" --quick \
    --signs analog --transfer scaled
check "1, 2, 3 and 4 ranks, noisy devices" same_on_ranks "$work/runs/bitslice.h5" --quick \
    --devices --device-seeds 2 --device-samples 110 --variation wan --on-off 20 --stuck-hrs 0.01 \
    --stuck-lrs 0.02 --read-noise 0.05 --wire 0.1 --leakage reference
check "ideal devices are ideal" ideal_devices
check "nothing is lost, twice is once" nothing_is_lost
finish
