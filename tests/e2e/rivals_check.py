#!/usr/bin/env python3
"""What the constraints of rivals.yaml (ranks_test.sh) promise, counted again on the result files.

    rivals_check.py FOLDER
"""
import sys

import h5py
import numpy as np

folder = sys.argv[1]


def weights(run, layer):
    with h5py.File(f"{folder}/{run}.h5") as file:
        return file[f"layers/{layer}/weight"][...], file[f"layers/{layer}/weight_code"][...]


def method(run, column):
    with h5py.File(f"{folder}/{run}.h5") as file:
        return file[f"method/{column}"][...].tolist()


def levels(w):
    return np.unique(np.abs(w[w != 0]))


# circulant: 30 x 800 in blocks of 16, the last row of blocks with 14 rows
w, code = weights("circulant", "fc1")
for r in range(30):
    for c in range(800):
        first = w[r // 16 * 16, c // 16 * 16 + (c - r) % 16]
        assert w[r, c] == first, (r, c)
        assert code[r, c] == code[r // 16 * 16, c // 16 * 16 + (c - r) % 16]
assert method("circulant", "block") == [0, 0, 16, 0]
assert method("circulant", "data_bits")[2] == 9 * 2 * 50 * 16

# grid: 2^bits values, multiples of one interval
for layer, bits in (("conv1", 3), ("conv2", 3), ("fc1", 2), ("fc2", 2)):
    values = levels(weights("grid", layer)[0])
    assert 0 < len(values) <= 2 ** (bits - 1), (layer, values)
    multiples = values / values[0]
    if len(values) == 2 ** (bits - 1):
        assert np.allclose(multiples, np.arange(1, len(values) + 1)), (layer, values)
assert method("grid", "grid_bits") == [3, 3, 2, 2]

# ternary: three values; groups as a twin counts them
for layer in ("conv2", "fc1"):
    assert len(np.unique(weights("ternary", layer)[0])) == 3, layer
assert len(levels(weights("ternary", "conv1")[0])) > 100
w = weights("ternary", "conv2")[1].reshape(50, 4, 5 * 25)
alive = int((w != 0).any(axis=2).sum())
assert method("ternary", "groups") == [0, 200, 30 * 50, 0]
assert method("ternary", "groups_alive")[1] == alive

# smartdeal: three inputs a row; a zero coefficient in about every row, or more
assert method("smartdeal", "pieces") == [0, 0, 0, 10]
assert method("smartdeal", "coefficients") == [0, 0, 0, 300]
assert 0 < method("smartdeal", "coefficients_nonzero")[3] < 300

for run in ("circulant", "grid", "ternary", "smartdeal"):
    for l, layer in enumerate(("conv1", "conv2", "fc1", "fc2")):
        code = weights(run, layer)[1]
        code = code.reshape(code.shape[0], -1)
        assert method(run, "nonzero")[l] == np.count_nonzero(code)
        tiles = [np.count_nonzero(code[:, i : i + 128], axis=1) for i in range(0, code.shape[1], 128)]
        assert method(run, "column_nonzero")[l] == max(t.max() for t in tiles), (run, layer)
