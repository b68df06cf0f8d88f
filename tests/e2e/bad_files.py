#!/usr/bin/env python3
"""Makes the files of bad_input.txt in a folder: small MNIST-shaped data sets, each wrong in one way,
and with `results` damaged copies of DONE/e/pretrain.h5.

    bad_files.py data FOLDER
    bad_files.py results FOLDER
"""
import gzip
import os
import shutil
import struct
import sys
import zlib

import h5py
import numpy as np

TRAIN, TEST, SIDE = 120, 60, 28


def idx(array, lengths=None):
    """The bytes of an IDX file; `lengths` when the header shall not tell the truth."""
    lengths = lengths or array.shape
    head = struct.pack(">BBBB", 0, 0, 8, len(lengths)) + struct.pack(f">{len(lengths)}I", *lengths)
    return head + array.astype(np.uint8).tobytes()


def good_files():
    """File name -> bytes of a right set; the classes can be told apart by a bright row."""
    rng = np.random.default_rng(1)
    files = {}
    for part, count in (("train", TRAIN), ("t10k", TEST)):
        label = np.arange(count) % 10
        image = rng.integers(0, 60, (count, SIDE, SIDE))
        image[np.arange(count), 2 * label, :] += 190
        files[f"{part}-images-idx3-ubyte"] = idx(image)
        files[f"{part}-labels-idx1-ubyte"] = idx(label)
    return files


def write_set(folder, name, change=None):
    files = good_files()
    if change:
        change(files)
    path = os.path.join(folder, name, "mnist")
    os.makedirs(path)
    for file, data in files.items():
        if data is None:
            os.mkdir(os.path.join(path, file))
            continue
        with open(os.path.join(path, file), "wb") as out:
            out.write(data)


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


def packed(files, change):
    """Replaces the training images by a gzip file whose bytes go through `change`."""
    data = bytearray(gzip.compress(files.pop(IMAGES), mtime=0))
    files[IMAGES + ".gz"] = bytes(change(data))


def flip_middle(data):
    data[len(data) // 2] ^= 0xFF
    return data


CHANGES = {
    "one_missing": lambda f: f.pop(TEST_LABELS),
    "truncated": lambda f: f.update({IMAGES: f[IMAGES][:-1000]}),
    "trailing": lambda f: f.update({TEST_IMAGES: f[TEST_IMAGES] + b"abc"}),
    "magic": lambda f: f.update({IMAGES: b"\x7fELF" + f[IMAGES][4:]}),
    "swapped": lambda f: f.update({IMAGES: f[LABELS], LABELS: f[IMAGES]}),
    "count": lambda f: f.update({LABELS: idx(np.arange(TRAIN - 1) % 10)}),
    "range": lambda f: f.update({TEST_LABELS: idx(np.arange(TEST) % 11)}),
    "size": lambda f: f.update({IMAGES: idx(np.zeros((TRAIN, SIDE - 1, SIDE)))}),
    "gzip": lambda f: packed(f, flip_middle),
    "cut_gzip": lambda f: packed(f, lambda data: data[: len(data) // 2]),
    "folder": lambda f: f.update({IMAGES: None}),
}


def make_data(folder):
    write_set(folder, "good")
    for name, change in CHANGES.items():
        write_set(folder, name, change)


# ---- results ----


def damaged(folder, name, change):
    """A copy of DONE with the parent's file changed, and without the child's."""
    shutil.copytree(os.path.join(folder, "done"), os.path.join(folder, name))
    os.remove(os.path.join(folder, name, "e", "child.h5"))
    change(os.path.join(folder, name, "e", "pretrain.h5"))


def in_file(edit):
    def change(path):
        with h5py.File(path, "r+") as file:
            edit(file)

    return change


def flip_bit(dataset):
    """One bit of the raw data in the file; HDF5 itself does not notice."""
    place, name = dataset.id.get_offset() + dataset.nbytes // 2, dataset.file.filename
    dataset.file.close()
    with open(name, "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 4]))


def truncate(path):
    os.truncate(path, os.path.getsize(path) // 2)


def overwrite(path, data):
    with open(path, "wb") as file:
        file.write(data)


def foreign(path):
    with h5py.File(path, "w") as file:
        file["x"] = [1, 2, 3]


def reshape(file):
    """The bias with one more element, and a right checksum."""
    old = file["layers/fc2/bias"]
    crc, attrs = old.attrs["crc32"], dict(old.attrs)
    del file["layers/fc2/bias"]
    new = file.create_dataset("layers/fc2/bias", data=np.zeros(11, "f4"))
    for name in ("description", "units"):
        new.attrs[name] = attrs[name]
    new.attrs["crc32"] = crc


def set_exponent(file):
    """An exponent that no float has, and a right checksum."""
    exponents = file["activations/exponent"]
    exponents[0] = 1000
    exponents.attrs.modify("crc32", np.uint32(zlib.crc32(exponents[:].tobytes())))


def absurd_currents(file):
    """A shape of terabytes, of which nothing is stored."""
    name = next(f"crossbars/{name}/current_histogram" for name in file["crossbars"]
                if "current_histogram" in file[f"crossbars/{name}"])
    shape = file[name].shape[:3] + (2**36,)
    del file[name]
    file.create_dataset(name, shape, "u8", chunks=(1, 1, 1, 1024)).attrs["crc32"] = np.uint32(0)


def many_seeds(file):
    del file.attrs["seed"]
    file.attrs["seed"] = np.arange(1000)


def set_attribute(name, value):
    return in_file(lambda file: file.attrs.modify(name, np.int64(value)))


def make_results(folder):
    damaged(folder, "flipped", lambda p: flip_bit(h5py.File(p, "r")["layers/fc1/weight"]))
    damaged(folder, "truncated", truncate)
    damaged(folder, "empty", lambda p: overwrite(p, b""))
    damaged(folder, "text", lambda p: overwrite(p, b"this is not HDF5\n" * 100))
    damaged(folder, "foreign", foreign)
    damaged(folder, "newer", set_attribute("version", 2))
    damaged(folder, "incomplete", set_attribute("complete", 0))
    damaged(folder, "gone", in_file(lambda file: file["layers/fc2"].pop("weight")))
    damaged(folder, "reshaped", in_file(reshape))
    damaged(folder, "exponent", in_file(set_exponent))
    for name, change in (("absurd", absurd_currents), ("seeds", many_seeds)):
        copy = os.path.join(folder, f"{name}.h5")
        shutil.copy(os.path.join(folder, "done", "e", "child.h5"), copy)
        in_file(change)(copy)
    copy = os.path.join(folder, "flipped_slices.h5")
    shutil.copy(os.path.join(folder, "done", "e", "child.h5"), copy)
    flip_bit(h5py.File(copy, "r")["slices/total/nonzero"])


{"data": make_data, "results": make_results}[sys.argv[1]](sys.argv[2])
