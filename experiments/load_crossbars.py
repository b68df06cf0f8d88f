"""Reads what `reslice export` writes: the arrays of a layer, multiplied as hardware does it.

    reslice export results/quickstart/bitslice.h5 -o crossbars.h5
    python3 experiments/load_crossbars.py crossbars.h5

Inputs enter bit by bit, each bitline adds the cells of its rows whose bit is 1, and what the ADCs read
is shifted and added. Without an ADC model the result is the exact integer product. Put yours in `adc`.
"""
import sys

import h5py
import numpy as np


def multiply(layer, x, adc=lambda current, sign, slice: current):
    """x [n, inputs], codes of the inputs -> [n, outputs], the sums that the arrays give."""
    file = layer.file.attrs
    cells = layer["cells"][:]  # [sign, slice, row_tile, column_tile, row, column]
    signs, slices, row_tiles, column_tiles, rows, columns = cells.shape
    padded = np.zeros((len(x), row_tiles * rows), np.int64)
    padded[:, :x.shape[1]] = x
    total = np.zeros((len(x), column_tiles * columns), np.int64)
    for polarity in (1, -1):  # signed inputs enter in two passes
        magnitude = np.maximum(polarity * padded, 0).reshape(len(x), row_tiles, rows)
        for bit in range(file["input_bits"]):
            driven = magnitude >> bit & 1
            for sign in range(signs):
                for k in range(slices):
                    for tile in range(row_tiles):
                        array = np.concatenate(cells[sign, k, tile], axis=1).astype(np.int64)
                        read = adc(driven[:, tile] @ array, sign, k)
                        shift = bit + file["cell_bits"] * k
                        total += polarity * (1 - 2 * sign) * (read << shift)
    return total[:, :layer.attrs["outputs"]]


def values(layer, sums):
    """Sums of products of codes as numbers, with the bias that is added digitally."""
    file, own = layer.file.attrs, layer.attrs
    scale = 2.0 ** (own["input_exponent"] - file["input_bits"] +
                    own["weight_exponent"] - file["bits"])
    return sums * scale + (layer["bias"][:] if "bias" in layer else 0)


def main():
    draw = np.random.default_rng(1)
    with h5py.File(sys.argv[1]) as file:
        for name, layer in file["layers"].items():
            end = 2 ** int(file.attrs["input_bits"])
            low = 1 - end if layer.attrs["input_signed"] else 0
            x = draw.integers(low, end, (4, layer.attrs["inputs"]))
            sums = multiply(layer, x)
            exact = (sums == x @ layer["code"][:].astype(np.int64).T).all()
            print(f"{name}: {layer['cells'].shape} cells, " +
                  ("exact" if exact else "NOT the integer product"))
            if not exact:
                sys.exit(1)


if __name__ == "__main__":
    main()
