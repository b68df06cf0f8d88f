#!/usr/bin/env bash
# reslice crossbar, its numbers: exact at full resolution, the same bytes on any number of ranks, equal
# to a numpy simulation, and nothing of the result file is lost.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/crossbar.sh"

# Residual sums, strides, batch norm, signed and unsigned inputs of convolutions; made-up pictures.
make_pictures
cat >"$work/images.yaml" <<'END'
experiment: images
data: {name: cifar10, validation: 20}
network: {model: resnet, depth: 8, width: 8}
training: {batch: 24, shards: 4, rate: 0.05}
crossbar: {samples: 5}
runs: [{name: resnet, epochs: 1}]
END

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

check "self-test of an MLP" selftest_passes "$work/runs/bitslice.h5" --quick
check "self-test, other arrays and cells" selftest_passes "$work/runs/full.h5" --quick \
    --set crossbar.rows=100 --set crossbar.cell_bits=4
check "self-test, offset" selftest_passes "$work/runs/full.h5" --quick --signs offset
check "self-test, analog" selftest_passes "$work/runs/full.h5" --quick --signs analog
train 2 "$work/images.yaml" --output "$work" --data "$work/data"
check "self-test of a ResNet" selftest_passes "$work/images/resnet.h5" --quick --data "$work/data"
check "numpy computes the same accuracies" twin bitslice
check "the exhaustive search finds the cheapest bits" search bitslice
check "1, 2, 3 and 4 ranks" same_on_ranks "$work/runs/bitslice.h5" --per-layer
check "1, 2, 3 and 4 ranks, analog and scaled" same_on_ranks "$work/runs/full.h5" --quick \
    --signs analog --transfer scaled
check "1, 2, 3 and 4 ranks, noisy devices" same_on_ranks "$work/runs/bitslice.h5" --quick \
    --devices --device-seeds 2 --device-samples 40 --variation wan --on-off 20 --stuck-hrs 0.01 \
    --stuck-lrs 0.02 --read-noise 0.05 --wire 0.1 --leakage reference
check "ideal devices are ideal" ideal_devices
check "nothing is lost, twice is once" nothing_is_lost
finish
