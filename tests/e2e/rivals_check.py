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


with h5py.File(f"{folder}/grid.h5") as file:
    method_names = list(file["method"])


def static_bits(run, layer):
    with h5py.File(f"{folder}/{run}.h5") as file:
        return file[f"adc/{layer}/static"][...]


def levels(w):
    return np.unique(np.abs(w[w != 0]))


# circulant: 30 x 800 in blocks of 16 and 50 x 20 x 25 in blocks of 8, the last rows of blocks cut off
assert method("circulant", "block") == [0, 8, 16, 0]
for l, layer, block in ((1, "conv2", 8), (2, "fc1", 16)):
    w, code = (x.reshape(x.shape[0], x.shape[1], -1) for x in weights("circulant", layer))
    tied = {}
    for (r, c, tap), value in np.ndenumerate(w):
        place = r // block, c // block, tap, (c - r) % block
        assert tied.setdefault(place, (value, code[r, c, tap])) == (value, code[r, c, tap]), place
    assert method("circulant", "data_bits")[l] == 9 * len(tied)

# grid: 2^bits values, multiples of one interval
for run, layer, bits in (
    ("grid", "conv1", 3),
    ("grid", "conv2", 3),
    ("grid", "fc1", 2),
    ("grid", "fc2", 2),
    ("sparse", "conv1", 3),
    ("sparse", "conv2", 3),
    ("sparse", "fc1", 2),
):
    values = levels(weights(run, layer)[0])
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

# storage, arrays and columns of every layer, counted in other ways than the program does
ROWS = COLUMNS = 128
SLICES = 4
LAYERS = ("conv1", "conv2", "fc1", "fc2")


def stored_bits(code, value_bits, is_grid):
    """Entries of (zeros before it, value); zeros that do not fit an index take an entry of value 0."""
    best = None
    flat = code.ravel()
    for bits in range(1, 17):
        entries = gap = pending = 0
        for value in flat:
            if value == 0 and gap == 2**bits - 1:
                pending, gap = pending + 1, 0  # counts when a weight follows
            elif value == 0:
                gap += 1
            else:
                entries, pending, gap = entries + 1 + pending, 0, 0
        size = entries * (value_bits + bits)
        best = size if best is None else min(best, size)
    has_zero_level = is_grid and 0 in flat
    return min(best, flat.size * (value_bits + has_zero_level))


def arrays(rows, columns):
    """Arrays of one sign that the cells of a matrix touch."""
    return len({(r // ROWS, c // COLUMNS) for r in range(rows) for c in range(columns)})


def placed(outputs, inputs, block):
    """Arrays of both signs and passes, with one vector and as many shifted copies as there is room for."""
    vectors = -(-outputs // block) * SLICES
    one = arrays(inputs, vectors)
    copies = max(d for d in range(1, block + 1) if block % d == 0 and arrays(inputs, vectors * d) == one)
    return 2 * one, block // copies


VALUE_BITS = {"grid": (3, 3, 2, 2), "sparse": (3, 3, 2, 9), "ternary": (9, 2, 2, 9)}
BLOCKS = {("circulant", "conv2"): 8, ("circulant", "fc1"): 16}
for run in ("circulant", "grid", "sparse", "ternary", "smartdeal"):
    for l, layer in enumerate(LAYERS):
        code = weights(run, layer)[1]
        outputs, inputs = code.shape[0], code[0].size
        flat = code.reshape(outputs, -1)
        got = {name: method(run, name)[l] for name in method_names}
        block = BLOCKS.get((run, layer), 1)
        bits = VALUE_BITS.get(run, (9,) * 4)[l]
        assert (got["weights"], got["value_bits"]) == (flat.size, bits), (run, layer)
        assert got["nonzero"] == np.count_nonzero(flat)
        for name, part in (("nonzero", flat != 0), ("positive", flat > 0), ("negative", flat < 0)):
            most = max(part[:, i : i + ROWS].sum(axis=1).max() for i in range(0, inputs, ROWS))
            assert got["column_" + name] == most, (run, layer, name)
        # the columns that are counted are those of the crossbars: plus and minus, 2-bit cells
        for bits_of_sign, name in zip(static_bits(run, layer), ("positive", "negative")):
            lossless = np.ceil(np.log2(1 + 3 * got["column_" + name]))
            assert bits_of_sign.max() <= lossless, (run, layer, name)
        assert got["dense_arrays"] == 2 * arrays(inputs, outputs * SLICES), (run, layer)
        assert (got["block_arrays"], got["passes"]) == placed(outputs, inputs, block), (run, layer)
        if (run, layer) == ("smartdeal", "fc2"):
            # zero map, bases of 8 bits, sign and one of up to 64 powers
            rest = got["stored_bits"] - got["coefficients"] - 72 * got["pieces"]
            assert rest % got["coefficients_nonzero"] == 0, rest
            assert 1 <= rest // got["coefficients_nonzero"] <= 7, rest
            assert got["refit"] < 0.01, got["refit"]
        elif run == "ternary" and bits == 2:
            assert got["data_bits"] == got["stored_bits"] == 2 * flat.size
        elif block == 1:
            assert got["data_bits"] == got["nonzero"] * bits
            assert got["stored_bits"] == stored_bits(code, bits, bits < 9), (run, layer)
        else:
            assert got["stored_bits"] == got["data_bits"]  # counted above
assert method("circulant", "passes")[1] == 2 and method("circulant", "block_arrays")[1] == 8
assert method("sparse", "stored_bits")[1] < 2 * 500 * 9  # indices, not all zeros

# groups: 5 channels of conv2, 16 inputs of fc1
for run in ("sparse", "ternary"):
    for l, layer, group in ((1, "conv2", 5 * 25), (2, "fc1", 16)):
        parts = weights(run, layer)[1].reshape(-1, group) != 0
        alive = parts[parts.any(axis=1)]
        assert run == "ternary" or 0 < len(alive) < len(parts)
        assert method(run, "groups_alive")[l] == len(alive)
        fewest_zeros = 1 - alive.mean(axis=1).max()
        bits = VALUE_BITS[run][l]
        compression = 32 / bits / (len(alive) / len(parts) * (1 - fewest_zeros))
        assert np.isclose(method(run, "group_compression")[l], compression), layer
