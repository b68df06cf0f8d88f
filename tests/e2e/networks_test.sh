#!/usr/bin/env bash
# The networks for ImageNet: layers have torchvision's names and the published numbers of parameters;
# with weights of these names they give the logits of a twin in numpy, and train.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)
make_pictures
export RESLICE_DATA=$work/data

# names NETWORK
names() {
    "$reslice" summary "$1" --format json >"$work/summary.json"
    "$python" "$e2e/networks_twin.py" names "$1" "$work/summary.json"
    "$reslice" summary "$1" --input 3x224x224 --classes 1000 --format json | cmp - "$work/summary.json"
}

# logits NETWORK: on CIFAR-10's shape.
logits() {
    "$python" "$e2e/networks_twin.py" write "$1" "$work" "$work/data"
    "$reslice" import "$work/$1.h5" --network "$1" --set data.name=cifar10 --set data.test=4 \
        --set data.train=4 --set fixed_point.quantise=false --logits --fresh -o "$work/out.h5"
    "$python" "$e2e/networks_twin.py" compare "$work/out.h5" "$work/$1.npy"
}

trains() {
    cat >"$work/tune.yaml" <<'END'
experiment: tune
data: {name: cifar10, train: 8, test: 2}
network: {model: mobilenetv2, epsilon: 0.001}
training: {batch: 4, shards: 2, select: last}
crossbar: {samples: 1}
runs: [{name: a, epochs: 1}]
END
    train 1 "$work/tune.yaml" --output "$work"
    "$reslice" report "$work/tune/a.h5" | grep -F 'features.17.conv.1.0'
    "$python" - "$work/tune/a.h5" <<'END'
import sys, h5py
layers = h5py.File(sys.argv[1])["layers"]
assert layers["features.17.conv.1.0/weight"].shape == (960, 1, 3, 3)
assert layers["classifier.1/weight"].shape == (10, 1280)
END
}

# refuses WHAT ARGUMENT...: status 2 and one line that contains WHAT.
refuses() {
    local what=$1 status=0
    shift
    "$reslice" "$@" 2>"$work/err" || status=$?
    cat "$work/err"
    [ "$status" -eq 2 ] && [ "$(wc -l <"$work/err")" -eq 1 ]
    grep -qF -e "$what" "$work/err"
}

too_small() {
    refuses "'alexnet' needs images of at least 63 x 63 pixels" summary alexnet --input 3x62x63
    refuses "'vgg16' needs images of at least 32 x 32 pixels" summary vgg16 --input 3x31x31
    "$reslice" summary alexnet --input 3x63x63 --classes 5
    "$reslice" summary vgg16 --set data.name=cifar10
    "$reslice" summary resnet50 --input 1x1x1
    "$reslice" summary mobilenetv2 --input 1x7x30 | grep -F '1280x1x1 ' && return 1
    return 0
}

networks='alexnet resnet18 resnet50 mobilenetv2 vgg16'
if grep -q __asan_init "$reslice"; then # takes all memory that is asked for: 5 GB
    networks=${networks% *}
fi
for network in $networks; do
    check "$network: names and parameters" names "$network"
done
check "ResNet-18: logits" logits resnet18
check "MobileNetV2: logits" logits mobilenetv2
check "MobileNetV2 trains, and is mapped" trains
check "images that are too small are refused" too_small
finish
