#!/usr/bin/env bash
# Packed images (experiments/pack_images.py): Fashion-MNIST and CIFAR-10 give the bytes that they give
# unpacked, on any number of ranks; folders of pictures, arrays and IDX files become sets of one's own;
# packing that is interrupted goes on; what is wrong is one line.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)
cd "$work"

pack() {
    "$python" "$root/experiments/pack_images.py" "$@" 2>pack.log || {
        cat pack.log
        return 1
    }
}

# refused WORDS COMMAND...: with these words, in one line.
refused() {
    local words=$1 status=0
    shift
    "$@" >/dev/null 2>words || status=$?
    cat words
    [ "$status" -ne 0 ] && [ "$(wc -l <words)" -eq 1 ]
    grep -qF -- "$words" words
}

# write_experiment NAME DATA VALIDATION TRAIN TEST NETWORK: a short run.
write_experiment() {
    cat >"$1.yaml" <<END
experiment: same
data: {$2, validation: $3, train: $4, test: $5}
network: {$6}
training: {batch: 20, shards: 4, rate: 0.05}
crossbar: {samples: 2}
runs:
  - {name: a, epochs: 1}
END
}

fashion() {
    local ranks
    pack fashion.h5 "$RESLICE_DATA/fashion-mnist" --mean 0.2860 --std 0.3530
    [ "$(ls fashion.h5*)" = fashion.h5 ] # nothing is left beside it
    write_experiment known "name: fashion-mnist" 20 97 33 "model: mlp, hidden: [8]"
    write_experiment packed "file: fashion.h5" 20 97 33 "model: mlp, hidden: [8]"
    train 1 known.yaml --output known
    for ranks in 1 2 4; do
        train "$ranks" packed.yaml --output "packed$ranks"
        same_results known/same/a.h5 "packed$ranks/same/a.h5" config
    done
    train 1 known.yaml --output blocks1 --set data.shuffle=blocks
    train 2 packed.yaml --output blocks2 --set data.shuffle=blocks
    same_results blocks1/same/a.h5 blocks2/same/a.h5 config
    ! cmp -s blocks1/same/a.h5 known/same/a.h5 || return 1
    # the same data: what was made from it stays complete
    [ "$("$reslice" train packed.yaml --output packed1 --list | cut -f6)" = complete ]
}

cifar() {
    make_pictures
    pack cifar.h5 data/cifar-10-batches-bin --mean 0.485 0.456 0.406 --std 0.229 0.224 0.225
    write_experiment known "name: cifar10, flip: true, crop: 4" 20 60 24 "model: resnet, depth: 8, width: 4"
    write_experiment packed "file: cifar.h5, flip: true, crop: 4" 20 60 24 "model: resnet, depth: 8, width: 4"
    train 1 known.yaml --output color --data data
    train 2 packed.yaml --output color-packed
    same_results color/same/a.h5 color-packed/same/a.h5 config
}

# Three classes of pictures, 20 x 24, grey or in colour: a bar at the left, in the middle, at the right.
draw() {
    "$python" - "$@" <<'END'
import os, random, sys
from PIL import Image
folder, mode, train, test = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
draw = random.Random(2)
for part, count in (("train", train), ("test", test)):
    for label, name in enumerate(("left", "middle", "right")):
        os.makedirs(f"{folder}/{part}/{name}")
        for i in range(count):
            image = Image.new(mode, (24, 20))
            for x in range(24):
                for y in range(20):
                    level = draw.randrange(60) + (180 if x // 8 == label else 0)
                    image.putpixel((x, y), level if mode == "L" else (level, level // 2, 255 - level))
            image.save(f"{folder}/{part}/{name}/{i}.png")
END
}

# pictures MODE CHANNELS
pictures() {
    rm -rf bars bars.h5
    draw bars "$1" 12 5
    pack bars.h5 bars --name bars
    cat >bars.yaml <<'END'
experiment: bars
data: {file: bars.h5, validation: 6}
network: {model: lenet5}
training: {batch: 6, shards: 2, rate: 0.02, momentum: 0.9, select: last}
crossbar: {samples: 5}
runs:
  - {name: a, epochs: 6}
END
    "$reslice" train bars.yaml --output "$1" | grep "bars: 36 training and 15 test images of $2 x 20 x 24, 3 classes"
    "$reslice" crossbar "$1/bars/a.h5" --quick --selftest --samples 6 --test 15
    "$reslice" report "$1/bars/a.h5"
    "$python" - "$1/bars/a.h5" bars.h5 <<'END'
import sys, h5py, numpy
from PIL import Image
with h5py.File(sys.argv[1]) as result, h5py.File(sys.argv[2]) as images:
    assert result.attrs["test_accuracy"] > 0.9, result.attrs["test_accuracy"]
    assert [name.decode() for name in images["class_names"]] == ["left", "middle", "right"]
    labels = list(images["train/label"])
    assert sorted(labels) == [0] * 12 + [1] * 12 + [2] * 12
    for part in labels[:12], labels[-12:], list(images["test/label"][:8]):
        assert set(part) == {0, 1, 2}, part # mixed: the last are for validation
    pixels = numpy.asarray(Image.open("bars/train/left/0.png"))
    pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    same = (images["train/image"][:] == pixels).all(axis=(1, 2, 3))
    assert same.sum() == 1 and labels[same.argmax()] == 0
    assert images["train/image"].chunks is None
END
}

if_pillow() {
    "$python" -c 'import PIL' 2>/dev/null
}

other_sources() {
    "$python" - <<'END'
import numpy
draw = numpy.random.default_rng(3)
images = draw.integers(0, 256, (40, 9, 11, 3), numpy.uint8)
numpy.savez("a.npz", x_train=images[:30], y_train=numpy.arange(30) % 5, x_test=images[30:],
            y_test=numpy.arange(10) % 5)
END
    pack npz.h5 a.npz
    pack pair.h5 a.npz --test a.npz
    "$python" "$e2e/own_data.py" idx letters- 20 24 26 1 52 26
    pack letters.h5 letters
    "$python" - <<'END'
import numpy, h5py
with h5py.File("npz.h5") as file, numpy.load("a.npz") as arrays, h5py.File("letters.h5") as letters:
    assert (file["train/image"][:] == arrays["x_train"].transpose(0, 3, 1, 2)).all()
    assert abs(file["mean"][2] - arrays["x_train"][..., 2].mean() / 255) < 6e-5
    assert abs(file["std"][2] - arrays["x_train"][..., 2].std() / 255) < 6e-5
    assert file.attrs["classes"] == 5 and letters.attrs["classes"] == 26
    assert letters["train/label"][:27].tolist() == list(range(26)) + [0]
END
}

# A sequence of Python, of more than 256 classes, that ends in the middle; and then does not.
interrupted() {
    cat >sequence.py <<'END'
import os, signal, sys, numpy
sys.path.insert(0, sys.argv[1])
from pack_images import pack
class Sequence:
    def __init__(self, count, last):
        self.count, self.last, self.seen = count, last, []
    def __len__(self):
        return self.count
    def __getitem__(self, i):
        self.seen.append(i)
        if i == self.last:
            raise KeyboardInterrupt
        return numpy.full((6, 5), i * 3 % 256, numpy.uint8), i % 300
train = Sequence(400, int(sys.argv[3]))
try:
    pack(sys.argv[2], train, Sequence(20, -1), class_names=[f"class {i}" for i in range(300)])
except KeyboardInterrupt:
    print("interrupted")
    sys.exit(75)
END
    local status=0
    "$python" sequence.py "$root/experiments" many.h5 333 2>/dev/null || status=$?
    [ "$status" -eq 75 ] && [ ! -e many.h5 ] && [ -e many.h5.part ]
    "$python" sequence.py "$root/experiments" many.h5 -1 2>/dev/null
    "$python" sequence.py "$root/experiments" whole.h5 -1 2>/dev/null
    "$python" - <<'END'
import h5py
with h5py.File("many.h5") as a, h5py.File("whole.h5") as b:
    for name in ("train/image", "train/label", "train/block_crc32", "test/image", "mean", "std"):
        assert (a[name][:] == b[name][:]).all(), name
    assert a.attrs["digest"] == b.attrs["digest"] and a.attrs["classes"] == 300
END
    [ ! -e many.h5.part ] && [ ! -e many.h5.part.json ]
    cat >many.yaml <<'END'
experiment: many
data: {file: many.h5}
network: {model: mlp, hidden: [8]}
training: {batch: 20, shards: 2, select: last}
runs:
  - {name: a, epochs: 1}
END
    train 2 many.yaml --output many
    "$python" -c "
import h5py
label = h5py.File('many/many/a.h5')['predictions/label'][:]
assert label.tolist() == list(range(20)), label"
}

bad() {
    refused 'pack_images: nowhere: neither a folder' "$python" "$root/experiments/pack_images.py" x.h5 nowhere
    mkdir -p empty
    refused 'has no folders, one for each class' "$python" "$root/experiments/pack_images.py" x.h5 empty
    cp npz.h5 bad.h5
    "$python" -c "
import h5py
with h5py.File('bad.h5', 'r+') as file:
    file['train/image'][3, 0, 0, 0] ^= 1"
    sed 's/many.h5/bad.h5/' many.yaml >bad.yaml
    refused 'images 0 and the next of /train/image have not the checksum' "$reslice" train bad.yaml
    sed -i 's/bad.h5/many.yaml/' bad.yaml
    refused 'many.yaml: not an HDF5 file' "$reslice" train bad.yaml
}

check "Fashion-MNIST packed, on 1, 2 and 4 ranks" fashion
check "CIFAR-10 packed, with augmentation" cifar
if if_pillow; then
    check "folders of grey pictures" pictures L 1
    check "folders of pictures in colour" pictures RGB 3
else
    echo "left out: folders of pictures; $python has no PIL (Debian: python3-pil)"
fi
check "arrays, IDX files" other_sources
check "interrupted packing, a sequence, 300 classes" interrupted
check "what is wrong" bad
finish
