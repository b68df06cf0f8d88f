"""What holds for the rows of /adc/assignments, whatever the network.

    crossbar_rows.py RESULT.h5 [--fewest BITS] [--start ROW] [--rows N]

Provisioned is within the loss and no dearer than another row that is and has, where that loses
something, no slice of fewer bits than --fewest. By layer it is no dearer than that. Rows that lose nothing on the
calibration samples clip nothing there. With --start, provisioned must be cheaper than this row, which
must be cheaper than one width a slice; with --rows there must be so many.
"""
import argparse

import h5py
import numpy as np


def isaac_pj(bits):
    return np.where(bits > 0, 0.1949 * bits + 0.00042 * 2.0 ** bits, 0.0)


def conversions(file, layer):
    """[sign, slice] of a sample, of a linear layer: bitlines with charge, input bits, passes."""
    group = file[f"crossbars/{layer}"]
    charged = (group["column_sum"][:] > 0).sum(axis=(2, 3))
    return charged * file["crossbars"].attrs["input_bits"] * group.attrs["input_passes"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--fewest", type=int, default=1)
    parser.add_argument("--start")
    parser.add_argument("--rows", type=int)
    wanted = parser.parse_args()
    with h5py.File(wanted.file) as file:
        adc, group = file["adc"].attrs, file["adc/assignments"]
        energy, bits = group["energy"][:], group["bits"][:]
        names = [group.attrs[f"assignment_{i}"] for i in range(len(energy))]
        loss = adc["exact_calibration_accuracy"] - group["calibration_accuracy"][:]
        layers = [group.attrs[f"layer_{i}"] for i in range(bits.shape[1])]
        per_layer = np.array([conversions(file, layer) for layer in layers])
        assert np.allclose((per_layer * isaac_pj(bits)).sum(axis=(1, 2, 3)), energy, rtol=1e-6)
        own = names.index("provisioned")
        good = loss <= adc["loss"] + 1e-12
        print(*(f"{n}: {e:.1f} pJ, loss {100 * l:.1f}" for n, e, l in zip(names, energy, loss)),
              sep="\n")
        lossless = bits[names.index("observed")].max(axis=(0, 1))
        allowed = (bits.max(axis=(1, 2)) >= np.minimum(wanted.fewest, lossless)).all(axis=1)
        assert good[own] and good.sum() > 1
        assert (energy[own] <= energy[:own + 1][(good & allowed)[:own + 1]]).all()
        assert good[own:].all() and (np.diff(energy[own:]) <= 0).all(), "by layer it is dearer"
        for name in ("static", "observed"):
            assert group["clip_rate"][names.index(name)] == 0, f"{name} clips"
        if wanted.start:
            start = names.index(wanted.start)
            widest = bits[start].max(axis=(0, 1))
            uniform = np.broadcast_to(widest, bits[start].shape)
            assert energy[start] < (per_layer * isaac_pj(uniform)).sum()
            assert good[start] and energy[own] <= energy[start]
            assert (bits[own] != bits[own].max(axis=(0, 1))).any(), "one width for all layers"
        assert wanted.rows is None or len(names) == wanted.rows


main()
