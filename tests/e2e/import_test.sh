#!/usr/bin/env bash
# reslice import: the float network has the logits of its origin, whatever the names; quantised it is
# a result file like that of a trained run; what does not fit is refused. Twice: weights and logits
# from numpy, and, where there is a PyTorch, from that.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)
data=$work/data
mkdir -p "$data" "$work/numpy" "$work/torch"
ln -s /usr/share/datasets/fashion-mnist "$data/fashion-mnist"
"$python" "$e2e/import_twin.py" pictures "$data"
"$python" "$e2e/import_twin.py" write "$work/numpy" "$data"

grey=(--set data.name=fashion-mnist)
color=(--set data.name=cifar10)
resnet=(--network resnet "${color[@]}" --set network.depth=8 --set network.width=8)

# import RANKS WEIGHTS ARGUMENT...
import() {
    local ranks=$1
    shift
    on_ranks "$ranks" "$reslice" import "$@" --data "$data" --fresh
}

# same_logits FOLDER/NAME ARGUMENT...: of the network in floating point.
same_logits() {
    local name=$1
    shift
    import 2 "$work/$name.h5" "$@" --set fixed_point.quantise=false --set data.test=40 \
        --calibrate 40 --logits -o "$work/out.h5"
    "$python" "$e2e/import_twin.py" compare "$work/out.h5" "$work/$name.npy"
}

deep=(--network mlp "${grey[@]}" --set "network.hidden=[24,24,24,24,24,24,24,24,24,24]")

# The same tensors through a list of layers.
padded_list() {
    local block='layers: [conv: {outputs: %d, kernel: 3, stride: %d, padding: 1, bias: false},
      batch-norm, relu, conv: {outputs: %d, kernel: 3, padding: 1, bias: false}, batch-norm]'
    {
        printf '%s\n' 'experiment: padded' 'data: {name: cifar10}' \
            'training: {select: last}' 'runs: [{name: a}]' 'network:' \
            '  layers:' '  - conv: {outputs: 8, kernel: 3, padding: 1, bias: false}' \
            '  - batch-norm' '  - relu'
        # shellcheck disable=SC2059
        printf "  - residual: {name: layer1.0, $block}\n  - relu\n" 8 1 8
        # shellcheck disable=SC2059
        printf "  - residual: {name: layer%d.0, shortcut: pad, $block}\n  - relu\n" \
            2 16 2 16 3 32 2 32
        printf '  - %s\n' global-average-pool flatten 'linear: {outputs: 10}'
    } >"$work/padded.yaml"
    import 1 "$work/numpy/padded.h5" --network "$work/padded.yaml" \
        --set fixed_point.quantise=false --set data.test=40 --calibrate 40 --logits \
        -o "$work/padded.h5"
    "$python" "$e2e/import_twin.py" compare "$work/padded.h5" "$work/numpy/padded.npy"
    import 2 "$work/numpy/padded.h5" --network "$work/padded.yaml" --set crossbar.samples=2 \
        -o "$work/padded.h5"
    on_ranks 2 "$reslice" crossbar "$work/padded.h5" --data "$data" --quick --selftest --samples 4 \
        --test 4 --calibrate train --set crossbar.samples=4
}

# Quantised it still has most of its predictions, on 1 and 2 ranks the same bytes, and the other
# commands take it.
like_a_trained_run() {
    for ranks in 1 2; do
        import "$ranks" "$work/numpy/resnet.h5" "${resnet[@]}" --logits -o "$work/r$ranks.h5"
    done
    h5diff "$work/r1.h5" "$work/r2.h5" predictions
    same_results "$work/r1.h5" "$work/r2.h5"
    "$python" "$e2e/import_twin.py" compare "$work/r1.h5" "$work/numpy/resnet.npy"
    "$python" - "$work/r1.h5" "$work/numpy/resnet.npy" <<'END'
import sys, h5py, numpy as np
with h5py.File(sys.argv[1]) as file:
    logits, expected = file["predictions/logit"][:], np.load(sys.argv[2])
    error = np.abs(logits - expected).mean() / np.abs(expected).mean()
    agree = (logits.argmax(1) == expected.argmax(1)).mean()
    print(f"quantised: mean relative error {error:.3f}, same class for {agree:.0%}")
    assert error < 0.1 and agree > 0.8
    assert dict(file["import"].attrs)["calibration_samples"] == 200
END
    on_ranks 2 "$reslice" crossbar "$work/r1.h5" --data "$data" --quick --selftest --samples 4 \
        --test 4 --calibrate train --set crossbar.samples=4
    "$reslice" report "$work/r1.h5"
    "$reslice" report "$work/r1.h5" --html "$work/r1.html"
    grep -q '>imported from</th><td>.*numpy/resnet.h5<' "$work/r1.html"
    grep -q '>test accuracy in floating point</th><td>[0-9.]* %<' "$work/r1.html"
}

# What the settings of the run do to the weights is said beside what that costs.
settings_of_the_run() {
    cat >"$work/grid.yaml" <<'END'
experiment: grid
data: {name: cifar10}
network: {model: resnet, depth: 8, width: 8}
training: {batch: 20, shards: 2, select: last}
crossbar: {samples: 2}
runs: [{name: three, grid: {bits: 3}, impose: {by: hard}}]
END
    import 1 "$work/numpy/resnet.h5" --network "$work/grid.yaml" -o "$work/grid.h5" |
        tee "$work/grid.log"
    grep -q 'with 8 bits and what the run asks for: grid (hard), exponents' "$work/grid.log"
}

# A run of an experiment without epochs is imported; another comes from it.
parent_of_a_run() {
    cat >"$work/tune.yaml" <<'END'
experiment: tune
data: {name: cifar10, validation: 40}
network: {model: resnet, depth: 8, width: 8}
training: {batch: 20, shards: 2, rate: 0.01}
crossbar: {samples: 2}
runs:
  - {name: origin}
  - {name: tuned, from: origin, epochs: 1, penalty: {name: bit-slice-l1, alpha: 0.5}}
END
    import 2 "$work/numpy/resnet.h5" --network "$work/tune.yaml" --output "$work/results"
    [ -s "$work/results/tune/origin.h5" ]
    on_ranks 2 "$reslice" train "$work/tune.yaml" --output "$work/results" --data "$data" |
        tee "$work/tune.log"
    grep -q 'origin: complete' "$work/tune.log"
    [ -s "$work/results/tune/tuned.h5" ]
}

# counted FILE SAMPLES: the bitline currents are of so many samples: each of fc's columns is read once a
# sample, sign, slice, input bit and row tile.
counted() {
    "$python" - "$1" "$2" <<'END'
import sys, h5py
with h5py.File(sys.argv[1]) as file:
    histogram = file["crossbars/fc/current_histogram"][:]
    tiles, columns = file["crossbars/fc/column_sum"].shape[2:]
    samples = histogram.sum() / histogram[..., 0].size / tiles / columns
    print(f"currents of {samples} samples")
    assert samples == int(sys.argv[2])
END
}

# Convolutions make an input vector a pixel: not all test samples, unless they are asked for.
samples_of_currents() {
    import 2 "$work/numpy/resnet.h5" "${resnet[@]}" -o "$work/samples.h5"
    "$python" -c 'import sys, h5py
config = h5py.File(sys.argv[1]).attrs["config"]
assert " samples: 100\n" in config, config' "$work/samples.h5"
    import 2 "$work/numpy/resnet.h5" "${resnet[@]}" -o "$work/samples.h5" \
        --set crossbar.samples=10 | tee "$work/out"
    grep -q 'currents of the first 10 of 40 test samples; --set crossbar.samples=0 counts all' \
        "$work/out"
    counted "$work/samples.h5" 10
    import 2 "$work/numpy/resnet.h5" "${resnet[@]}" -o "$work/samples.h5" \
        --set crossbar.samples=0 | tee "$work/out"
    grep -q 'currents of all 40 test samples' "$work/out"
    counted "$work/samples.h5" 40
}

# refuses WHAT ARGUMENT...: status 2 and one line that contains WHAT.
refuses() {
    local what=$1 status=0
    shift
    on_ranks 2 "$reslice" import "$@" >"$work/out" 2>"$work/err" || status=$?
    cat "$work/out" "$work/err"
    [ "$status" -eq 2 ]
    [ "$(grep -c '^reslice: ' "$work/err")" -eq 1 ]
    grep -qF -e "$what" "$work/err"
}

# damaged HOW WHAT [LISTED]
damaged() {
    cp "$work/numpy/resnet.h5" "$work/bad.h5"
    "$python" "$e2e/import_twin.py" break "$work/bad.h5" "$1"
    refuses "$2" "$work/bad.h5" "${resnet[@]}" --data "$data" -o "$work/none.h5"
    [ -z "${3:-}" ] || grep -q "^  ! $3\$" "$work/out"
    [ ! -e "$work/none.h5" ]
}

refusals() {
    local weights=$work/numpy/resnet.h5
    refuses 'import: 0 weight files given, expected one' --network mlp
    refuses 'import: --network is missing' "$weights"
    refuses "--network: value 'mpl'; allowed: mlp, lenet5" "$weights" --network mpl
    refuses 'no such file' "$work/none.h5" "${resnet[@]}" --data "$data" -o "$work/o.h5"
    refuses 'not an HDF5 file' "$e2e/common.sh" "${resnet[@]}" --data "$data" -o "$work/o.h5"
    refuses 'on training samples: ' "$weights" "${resnet[@]}" --data "$work" -o "$work/o.h5"
    refuses 'is there already; --fresh' "$weights" "${resnet[@]}" --data "$data" -o "$weights"
    cp "$weights" "$work/kept.h5"
    refuses 'no file of format reslice;' "$work/kept.h5" "${resnet[@]}" --data "$data" --fresh \
        -o "$work/kept.h5"
    cmp "$weights" "$work/kept.h5"
    : >"$work/file"
    refuses "folder '$work/file': Not a directory" "$weights" "${resnet[@]}" -o "$work/file/o.h5"
    refuses 'tensors do not fit the network, first' "$weights" "${resnet[@]}" --data "$data" \
        --set network.width=16 -o "$work/o.h5"
    grep -q '^  ! conv1.weight  *\[16, 3, 3, 3\]  *conv1.weight \[8, 3, 3, 3\]$' "$work/out"
    damaged missing "1 tensor does not fit the network, first 'bn1.running_var'" \
        'bn1.running_var  *\[8\]  *not in the file'
    damaged extra "1 tensor does not fit the network, first 'layer9.0.conv1.weight'" \
        '(nothing)  *layer9.0.conv1.weight \[2, 2, 3, 3\]'
    damaged shape "1 tensor does not fit the network, first 'fc.weight'" \
        'fc.weight  *\[10, 32\]  *linear.weight \[10, 64\]'
    damaged text "1 tensor does not fit the network, first 'fc.bias'" \
        'fc.bias  *\[10\]  *linear.bias (no numbers)'
    damaged nan "'linear.bias' holds a value that is not finite"
    damaged negative "'bn1.running_var' holds a negative variance"
}

# Without a bias a layer has 0.
no_bias() {
    cp "$work/numpy/resnet.h5" "$work/bias.h5"
    "$python" "$e2e/import_twin.py" break "$work/bias.h5" no-bias
    import 1 "$work/bias.h5" "${resnet[@]}" -o "$work/bias-out.h5"
    "$python" -c 'import sys, h5py; assert not h5py.File(sys.argv[1])["layers/fc/bias"][:].any()' \
        "$work/bias-out.h5"
}

# Weights in other units: the logits are ten million times as large, and so is the loss.
large_logits() {
    cp "$work/numpy/resnet.h5" "$work/large.h5"
    "$python" - "$work/large.h5" <<'END'
import sys, h5py
with h5py.File(sys.argv[1], "r+") as file:
    for name in "module.linear.weight", "module.linear.bias":
        file[name][...] *= 1e7
END
    import 1 "$work/large.h5" "${resnet[@]}" --set fixed_point.quantise=false --logits \
        -o "$work/large-out.h5"
    "$python" - "$work/large-out.h5" "$work/numpy/resnet.npy" <<'END'
import sys, h5py, numpy as np
with h5py.File(sys.argv[1]) as file:
    logits, expected = file["predictions/logit"][:], 1e7 * np.load(sys.argv[2])
    label, loss = file["predictions/label"][:], file["history/test_loss"][-1]
assert np.abs(logits - expected).max() < 1e-4 * np.abs(expected).max()
mean = (expected.max(1) - expected[np.arange(len(label)), label]).mean() # log sum exp is the maximum
print(f"loss {loss:.6g}, expected {mean:.6g}")
assert mean > 2.0**20 and abs(loss - mean) < 1e-4 * mean
END
}

# formed HOW: resnet.h5 as another program would have left it, imported; its words are in $work/out.
formed() {
    cp "$work/numpy/resnet.h5" "$work/form.h5"
    "$python" "$e2e/import_twin.py" form "$work/form.h5" "$1"
    import 1 "$work/form.h5" "${resnet[@]}" --set fixed_point.quantise=false --set data.test=40 \
        --calibrate 40 --logits -o "$work/formed.h5" | tee "$work/out"
}

# Prefixes, whole checkpoints, pruned modules, every width and byte order of floating point.
forms() {
    local how
    for how in bare compiled lightning parallel own checkpoint pruned float16 float64 big-endian; do
        formed "$how"
        "$python" "$e2e/import_twin.py" same "$work/form.h5" "$work/formed.h5"
        case $how in
            checkpoint | pruned | float16) ;;
            *) fails grep -q 'ignored' "$work/out" ;;
        esac
        case $how in
            pruned | float16) ;;
            *) "$python" "$e2e/import_twin.py" compare "$work/formed.h5" "$work/numpy/resnet.npy" ;;
        esac
        [ "$how" != checkpoint ] || grep -q \
            "ignored, since no parameter of the network: .*optimizer.param_groups.*… (6 in all)" \
            "$work/out"
    done
}

# Codes without their step are no weights; a file with two networks is none.
no_values() {
    local how
    for how in int8 uint8 bool; do
        fails formed "$how"
        refuses "'layer1.0.conv1.weight' is $how; allowed: floating point" "$work/form.h5" \
            "${resnet[@]}" --data "$data" -o "$work/o.h5"
    done
    fails formed twice
    refuses "has every layer twice, behind 'ema.' and behind 'module.'" "$work/form.h5" \
        "${resnet[@]}" --data "$data" -o "$work/o.h5"
}

# What is no HDF5 file is called by its name, and what is printed makes one of it.
other_formats() {
    mkdir "$work/formats"
    "$python" "$e2e/import_twin.py" formats "$work/numpy/resnet.h5" "$work/formats"
    local file what
    while read -r file what; do
        refuses "$file: $what" "$work/formats/$file" "${resnet[@]}" --data "$data" -o "$work/o.h5"
        grep -qF "(\"$work/formats/$file\"" "$work/out"
    done <<'END'
model.pt a PyTorch checkpoint, not an HDF5 file; how to make one
old.pth a Python pickle, as PyTorch wrote before
weights.npz NumPy's archive
one.npy one array of NumPy's
model.safetensors a safetensors file
model.onnx an ONNX model
END
    refuses "weights.npz: NumPy's archive" "$work/formats/weights.npz" "${resnet[@]}" \
        --data "$data" -o "$work/o.h5"
    sed -n 's/^    //p' "$work/out" >"$work/formats/recipe.py"
    (cd "$work/formats" && "$python" recipe.py)
    import 1 "$work/formats/weights.h5" "${resnet[@]}" --set fixed_point.quantise=false \
        --set data.test=40 --calibrate 40 --logits -o "$work/new/folder/formats.h5"
    "$python" "$e2e/import_twin.py" compare "$work/new/folder/formats.h5" "$work/numpy/resnet.npy"
}

names() {
    "$reslice" import --names "${resnet[@]}" | tee "$work/names"
    grep -q '^layer2.0.downsample.1.running_var  *\[16\]$' "$work/names"
    grep -q '^    or layer2.0.shortcut.1$' "$work/names"
}

check "an MLP of numpy, by order" same_logits numpy/mlp "${deep[@]}"
check "a ResNet of numpy, by name" same_logits numpy/resnet "${resnet[@]}"
check "a ResNet of numpy, shortcuts without parameters" same_logits numpy/padded "${resnet[@]}" \
    --set network.shortcut=pad
check "a list with shortcuts that pad" padded_list
check "quantised, crossbars, report, ranks" like_a_trained_run
check "settings of the run" settings_of_the_run
check "samples whose currents are counted" samples_of_currents
check "the parent of a run" parent_of_a_run
check "refused, in one line" refusals
check "no bias is a bias of 0" no_bias
check "logits of millions" large_logits
check "the forms of other programs" forms
check "codes, and two networks" no_values
check "files of other formats; folders are made" other_formats
check "the list of names" names

for torch in "$python" /usr/bin/python3 ''; do
    [ -n "$torch" ] && "$torch" "$e2e/import_torch.py" --has-torch >/dev/null && break
done
if [ -z "$torch" ]; then
    echo "skipped: no python3 with torch; seven networks of PyTorch are not compared"
    finish
    exit
fi
"$torch" "$e2e/import_torch.py" write "$work/torch" "$data"
check "PyTorch: MLP, Sequential" same_logits torch/mlp --network mlp "${grey[@]}" \
    --set network.hidden=100,40
check "PyTorch: LeNet-5" same_logits torch/lenet5 --network lenet5 "${grey[@]}"
check "PyTorch: VGG-11" same_logits torch/vgg11 --network vgg11 "${color[@]}"
check "PyTorch: VGG-11 with batch norm and biases" same_logits torch/vgg11-norm --network vgg11 \
    "${color[@]}" --set network.batch_norm=true
check "PyTorch: ResNet-20, names of torchvision" same_logits torch/resnet20 --network resnet \
    "${color[@]}"
check "PyTorch: ResNet-20, names of CIFAR-10, DataParallel" same_logits torch/resnet20-cifar \
    --network resnet "${color[@]}"
check "PyTorch: ResNet-20, inputs normalised otherwise" same_logits torch/resnet20-own \
    --network resnet "${color[@]}" --set data.mean=0.4914,0.4822,0.4465 \
    --set data.std=0.2470,0.2435,0.2616
finish
