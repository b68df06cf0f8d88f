"""An exported file against the result file it comes from, with numpy.

    export_check.py RESULT.h5 CROSSBARS.h5 [FOLDER]    FOLDER: Fashion-MNIST, for an MLP's predictions
"""
import gzip
import sys

import h5py
import numpy as np

sys.path.insert(0, sys.path[0] + "/../../experiments")
from load_crossbars import multiply, values  # noqa: E402


def check_layer(result, name, layer, bits, width):
    source = result[f"layers/{name}"]
    code = source["weight_code"][:]
    code = code.reshape(len(code), -1)
    assert (layer["code"][:] == code).all()
    assert layer.attrs["weight_exponent"] == source["weight_code"].attrs["exponent"]
    if "bias" in source:
        step = 2.0 ** (source["bias_code"].attrs["exponent"] - bits)
        assert (layer["bias"][:] == source["bias_code"][:] * step).all()
    cells = layer["cells"][:]
    signs, slices, row_tiles, column_tiles, rows, columns = cells.shape
    assert cells.max() < 2 ** width
    matrix = np.moveaxis(cells.astype(np.int64), 4, 3).reshape(
        signs, slices, row_tiles * rows, column_tiles * columns)
    weights = sum((1 - 2 * sign) * (matrix[sign, k] << width * k)
                  for sign in range(2) for k in range(slices)).T
    assert (weights[:code.shape[0], :code.shape[1]] == code).all()
    assert not weights[code.shape[0]:].any() and not weights[:, code.shape[1]:].any()
    assert not (matrix[0].any(0) & matrix[1].any(0)).any(), "a weight on both signs"
    group = f"crossbars/{name}/column_sum"
    if result["crossbars"].attrs["rows"] == rows and result["crossbars"].attrs["cell_bits"] == width:
        sums = cells.sum(4, dtype=np.int64).reshape(signs, slices, row_tiles, -1)
        assert (sums[..., :len(code)] == result[group][:]).all()
        return 1
    return 0


def predictions(crossbars, folder):
    """Of an MLP, through the arrays alone."""
    with gzip.open(f"{folder}/t10k-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read()[16:], np.uint8).reshape(-1, 784)[:50]
    x = (pixels.astype(np.float32) / np.float32(255) - np.float32(0.2860)) / np.float32(0.3530)
    layers = [crossbars[f"layers/fc{i + 1}"] for i in range(len(crossbars["layers"]))]
    for i, layer in enumerate(layers):
        step = np.float32(2.0 ** (layer.attrs["input_exponent"] - 8))
        code = np.clip(np.rint(x / step), -255 if i == 0 else 0, 255).astype(np.int64)
        x = values(layer, multiply(layer, code)).astype(np.float32)
    return x


with h5py.File(sys.argv[1]) as result, h5py.File(sys.argv[2]) as crossbars:
    bits, width = crossbars.attrs["bits"], crossbars.attrs["cell_bits"]
    assert crossbars.attrs["format"] == "reslice-crossbars" and crossbars.attrs["version"] == 1
    assert crossbars.attrs["logit_exponent"] == result["activations/exponent"][-1]
    names = {name for name in result["layers"] if result[f"layers/{name}/weight"].ndim > 1}
    assert set(crossbars["layers"]) == names
    compared = sum(check_layer(result, name, crossbars[f"layers/{name}"], bits, width)
                   for name in names)
    if len(sys.argv) > 3:
        logits = predictions(crossbars, sys.argv[3])
        predicted = result["predictions/predicted"][:len(logits)]
        step = 2.0 ** (crossbars.attrs["logit_exponent"] - crossbars.attrs["input_bits"])
        same = np.clip(np.rint(logits / step), -255, 255).argmax(1) == predicted
        print(f"{same.sum()} of {len(same)} predictions, {compared} layers' column sums")
        assert same.all()
