"""The accuracy of an MLP on crossbars, from its result file alone, against what the program wrote.

    crossbar_twin.py RESULT.h5 FOLDER       FOLDER has the data set's idx files

Everything is computed anew with numpy: slices, bit-serial currents, clipping, shift-and-add.
"""
import gzip
import os
import sys

import h5py
import numpy as np

MEAN, STD = np.float32(0.2860), np.float32(0.3530)  # Fashion-MNIST


def read_idx(path, offset):
    """Of a plain file, or of the gzipped one beside it."""
    with open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz") as file:
        return np.frombuffer(file.read()[offset:], dtype=np.uint8)


def quantise(x, exponent, relu):
    code = np.rint(x / np.float32(2.0 ** (exponent - 8)))
    return np.clip(code, 0 if relu else -255, 255).astype(np.int64)


def crossbar(x, weight, bits):
    """x [n, inputs] and weight [outputs, inputs] codes; bits [sign, slice]."""
    total = np.zeros((x.shape[0], weight.shape[0]), dtype=np.int64)
    for first in range(0, x.shape[1], 128):
        rows = slice(first, first + 128)
        for passes, driven in ((1, np.maximum(x[:, rows], 0)), (-1, np.maximum(-x[:, rows], 0))):
            for sign in (0, 1):
                magnitude = np.maximum(weight[:, rows] * (1 - 2 * sign), 0)
                for k in range(4):
                    cells = (magnitude >> (2 * k) & 3).astype(np.float64)
                    for b in range(8):
                        current = (driven >> b & 1).astype(np.float64) @ cells.T
                        code = np.minimum(current, 2 ** int(bits[sign, k]) - 1).astype(np.int64)
                        total += passes * (1 - 2 * sign) * (code << (b + 2 * k))
    return total


def logits(file, pixels, bits):
    exponents = file["activations/exponent"][:]
    x = (pixels.astype(np.float32) / np.float32(255) - MEAN) / STD
    code = quantise(x, exponents[0], False)
    for layer in (0, 1):
        group = file[f"layers/fc{layer + 1}"]
        weight, bias = group["weight_code"], group["bias_code"]
        step = 2.0 ** (exponents[layer] - 8 + weight.attrs["exponent"] - 8)
        y = crossbar(code, weight[:].astype(np.int64), bits[layer]) * step
        y = y + bias[:] * 2.0 ** (bias.attrs["exponent"] - 8)
        code = quantise(y.astype(np.float32), exponents[layer + 1], layer == 0)
    return code


def main():
    with h5py.File(sys.argv[1]) as file:
        count = int(file["adc"].attrs["test_samples"])
        pixels = read_idx(f"{sys.argv[2]}/t10k-images-idx3-ubyte", 16).reshape(-1, 784)[:count]
        labels = read_idx(f"{sys.argv[2]}/t10k-labels-idx1-ubyte", 8)[:count]
        group = file["adc/assignments"]
        seen = set()
        for i, bits in enumerate(group["bits"][:]):
            accuracy = np.mean(np.argmax(logits(file, pixels, bits), axis=1) == labels)
            name, own = group.attrs[f"assignment_{i}"], group["test_accuracy"][i]
            print(f"{name}: {own} in the file, {accuracy} here")
            assert accuracy == own, "the program and numpy disagree"
            seen.add(own)
        assert len(seen) > 2, "all assignments have one accuracy: nothing was tested"


if __name__ == "__main__":
    main()
