#!/usr/bin/env python3
"""Recomputes with numpy what a result file says, from its weights and the data set's own files.

    recount.py FILE.h5 DATA_FOLDER [--change DATASET]

Codes, digits, slice histograms, column sums, the inference of the test samples with every bitline
current on the way, ADC bits and clip rates, predictions, accuracy and loss, all checksums. Prints
one line a disagreement; the exit status is 1 when there is one. With --change the first element of
that dataset is changed in memory first: then there has to be one.
"""
import gzip
import os
import sys
import zlib

import h5py
import numpy as np

F4 = np.float32
MEAN, STD = F4(0.2860), F4(0.3530)  # Fashion-MNIST
wrong = []


def agree(fine, what):
    if not np.all(fine):
        wrong.append(what)


class Result:
    """The file, each dataset read once; `change` names one to be falsified."""

    def __init__(self, path, change):
        self.file = h5py.File(path, "r")
        self.change = change
        root = self.file.attrs
        self.bits, self.width = int(root["bits"]), int(root["slice_bits"])
        self.top = 2**self.bits - 1

    def __getitem__(self, path):
        data = self.file[path][()]
        if path == self.change:
            first = data.reshape(-1)[:1]
            first += 1 if data.dtype.kind != "f" else F4(0.25)
        return data

    def attrs(self, path):
        return self.file[path].attrs


def digits(code, width, count):
    """[count, ...] digit k of |code|."""
    shifts = width * np.arange(count).reshape((-1,) + (1,) * code.ndim)
    return np.abs(code.astype(np.int64)) >> shifts & (2**width - 1)


def exponent_of(x):
    """Smallest integer s with max|x| <= 2^s."""
    largest, s = max(float(np.abs(x).max()), 1e-5), -40
    while largest > 2.0**s:
        s += 1
    return s


# ---- what is stored ----


def check_checksums(result):
    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            agree(zlib.crc32(item[()].tobytes()) == item.attrs["crc32"], f"{name}: checksum")

    result.file.visititems(visit)


def check_codes(result, layer):
    for member in ("weight", "bias"):
        path = f"layers/{layer}/{member}_code"
        value, code, attrs = result[f"layers/{layer}/{member}"], result[path], result.attrs(path)
        exponent = int(attrs["exponent"])
        scaled = np.rint(value / F4(2.0 ** (exponent - result.bits)))
        agree(exponent == exponent_of(value), f"{path}: exponent")
        agree(code == np.clip(scaled, -result.top, result.top), f"{path}: codes")
        agree(attrs["saturated"] == (np.abs(scaled) > result.top).sum(), f"{path}: saturated")
        parts = digits(code, result.width, result.bits // result.width)
        sums = sum(part << result.width * k for k, part in enumerate(parts))
        agree(sums == np.abs(code), f"{path}: digits do not give the code back")


def check_slices(result, layers):
    slices, levels = result.bits // result.width, 2**result.width
    total = np.zeros((slices, levels), np.int64)
    names = [(f"slices/{layer}{end}", f"layers/{layer}/{member}_code")
             for layer in layers for member, end in (("weight", ""), ("bias", ".bias"))]
    for group, path in names:
        parts = digits(result[path], result.width, slices)
        counts = np.array([np.bincount(part.ravel(), minlength=levels) for part in parts])
        total += counts
        agree(result[f"{group}/histogram"] == counts, f"{group}: histogram")
        agree(result[f"{group}/nonzero"] == counts[:, 1:].sum(1), f"{group}: nonzero")
        agree(result.attrs(group)["codes"] == counts[0].sum(), f"{group}: codes")
    agree(result["slices/total/histogram"] == total, "slices/total: histogram")
    agree(result["slices/total/nonzero"] == total[:, 1:].sum(1), "slices/total: nonzero")
    kept = int(result.attrs("/")["epoch_kept"])
    share = total[:, 1:].sum(1) / total[0].sum()
    agree(result["history/nonzero"][kept] == share, "history: nonzero of the kept epoch")


# ---- crossbars ----


def cells_of(result, layer):
    """[sign, slice, out, in] digits on the arrays of each sign."""
    code = result[f"layers/{layer}/weight_code"].astype(np.int64)
    cell = int(result.attrs("crossbars")["cell_bits"])
    parts = digits(code, cell, result.bits // cell)
    return np.stack([parts * (code > 0), parts * (code < 0)])


def tiles_of(result, inputs):
    rows = int(result.attrs("crossbars")["rows"])
    return [slice(first, min(first + rows, inputs)) for first in range(0, inputs, rows)]


def check_column_sums(result, layer, cells):
    group = f"crossbars/{layer}"
    tiles = tiles_of(result, cells.shape[3])
    sums = np.stack([cells[..., tile].sum(3) for tile in tiles], axis=2)
    agree(result[f"{group}/column_sum"] == sums, f"{group}: column_sum")
    agree(result[f"{group}/zero_columns"] == (sums == 0).sum((2, 3)), f"{group}: zero_columns")
    columns = int(result.attrs("crossbars")["columns"])
    column_tiles = -(-cells.shape[2] // columns)
    agree(result.attrs(group)["row_tiles"] == len(tiles), f"{group}: row_tiles")
    agree(result.attrs(group)["column_tiles"] == column_tiles, f"{group}: column_tiles")
    agree(result.attrs(group)["arrays"] == len(tiles) * column_tiles * 2 * cells.shape[1],
          f"{group}: arrays")
    return sums


def check_currents(result, layer, cells, codes):
    """Every bitline current of every test sample, by brute force."""
    group, bits = f"crossbars/{layer}", result.bits
    rows = int(result.attrs("crossbars")["rows"])
    bins = rows * (2 ** int(result.attrs("crossbars")["cell_bits"]) - 1) + 1
    counts = np.zeros(cells.shape[:2] + (bits, bins), np.int64)
    is_signed = layer == "fc1"  # its inputs are the normalised pixels
    passes = [codes, -codes] if is_signed else [codes]
    for tile in tiles_of(result, cells.shape[3]):
        for inputs in passes:
            magnitude = np.clip(inputs[:, tile], 0, None)
            for bit in range(bits):
                driven = (magnitude >> bit & 1).astype(F4)
                for sign, k in np.ndindex(cells.shape[:2]):
                    current = driven @ cells[sign, k][:, tile].T.astype(F4)
                    counts[sign, k, bit] += np.bincount(current.astype(np.int64).ravel(),
                                                        minlength=bins)
    stored = result[f"{group}/current_histogram"]
    agree(stored.shape == counts.shape and (stored == counts).all(), f"{group}: current_histogram")
    conversions = len(codes) * len(passes) * len(tiles_of(result, cells.shape[3])) * cells.shape[2]
    agree(stored.sum(3) == conversions, f"{group}: conversions")
    agree(result.attrs(group)["input_passes"] == len(passes), f"{group}: input_passes")
    return counts


def check_adc(result, layer, sums, counts):
    group, pooled = f"adc/{layer}", counts.sum(2)
    for sign, k in np.ndindex(pooled.shape[:2]):
        here, at = pooled[sign, k], f"[{sign},{k}]"
        below, total = np.cumsum(here), here.sum()
        largest = {
            "static": sums[sign, k].max(),
            "observed": np.flatnonzero(here).max(),
            "percentile_99_9": np.argmax(below >= 0.999 * total),
            "percentile_99_99": np.argmax(below >= 0.9999 * total),
        }
        for name, current in largest.items():
            agree(result[f"{group}/{name}"][sign, k] == int(current).bit_length(),
                  f"{group}/{name}{at}")
        for i, adc_bits in enumerate(result[f"{group}/adc_bits"]):
            rate = here[2 ** int(adc_bits):].sum() / total
            agree(result[f"{group}/clip_rate"][sign, k, i] == rate, f"{group}/clip_rate{at}")


# ---- inference ----


def read_idx(folder, name):
    path = os.path.join(folder, name)
    with open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz") as file:
        raw = file.read()
    axes = raw[3]
    shape = np.frombuffer(raw, ">u4", axes, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape)


def quantise(x, exponent, bits, relu):
    code = np.clip(np.rint(x * F4(2.0 ** (bits - exponent))), 1 - 2**bits, 2**bits - 1)
    return (np.maximum(code, 0) if relu else code).astype(np.int64)


def linear(result, layer, codes, exponent):
    path = f"layers/{layer}/"
    weight = result.attrs(path + "weight_code")
    bias = result[path + "bias_code"].astype(F4)
    bias = bias * F4(2.0 ** (result.attrs(path + "bias_code")["exponent"] - result.bits))
    total = codes @ result[path + "weight_code"].astype(np.int64).T
    scale = F4(2.0 ** (exponent + int(weight["exponent"]) - 2 * result.bits))
    return total.astype(F4) * scale + bias


def check_predictions(result, logits, label):
    predicted, correct = logits.argmax(1), logits.argmax(1) == label
    agree(result["predictions/label"] == label, "predictions: label")
    agree(result["predictions/predicted"] == predicted, "predictions: predicted")
    agree(result["predictions/correct"] == correct, "predictions: correct")
    root = result.attrs("/")
    agree(root["test_accuracy"] == correct.sum() / len(label), "test_accuracy")
    shifted = logits.astype(float) - logits.max(1, keepdims=True)
    loss = np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(label)), label]
    agree(abs(root["test_loss"] - loss.mean()) < 1e-6, "test_loss")
    kept = int(root["epoch_kept"])
    agree(result["history/test_accuracy"][kept] == root["test_accuracy"], "history: test_accuracy")
    agree(result["history/test_loss"][kept] == root["test_loss"], "history: test_loss")


def main():
    change = sys.argv[sys.argv.index("--change") + 1] if "--change" in sys.argv else None
    result = Result(sys.argv[1], change)
    layers = sorted(result.file["layers"])
    check_checksums(result)
    check_slices(result, layers)

    count = len(result["predictions/label"])
    pixels = read_idx(sys.argv[2], "t10k-images-idx3-ubyte")[:count].reshape(count, -1)
    label = read_idx(sys.argv[2], "t10k-labels-idx1-ubyte")[:count]
    exponents = result["activations/exponent"]
    x = (pixels.astype(F4) / F4(255) - MEAN) / STD
    codes = quantise(x, int(exponents[0]), result.bits, relu=False)
    for i, layer in enumerate(layers):
        check_codes(result, layer)
        cells = cells_of(result, layer)
        sums = check_column_sums(result, layer, cells)
        counts = check_currents(result, layer, cells, codes)
        check_adc(result, layer, sums, counts)
        out = linear(result, layer, codes, int(exponents[i]))
        codes = quantise(out, int(exponents[i + 1]), result.bits, relu=i + 1 < len(layers))
    logits = codes.astype(F4) * F4(2.0 ** (int(exponents[-1]) - result.bits))
    check_predictions(result, logits, label)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


sys.exit(main())
