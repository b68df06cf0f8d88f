#!/usr/bin/env python3
"""The main figure from result files, with xarray and h5netcdf: what is left in each slice, and which ADC
that asks for.

    experiments/analysis.py results/mnist-mlp/*.h5 [--output figure.svg]

Left: share of codes that are not 0, slice by slice. Right: accuracy against the ADC bits of one
slice, for the files that reslice crossbar has been at (the last of them is drawn).
Debian: python3-h5py python3-xarray python3-h5netcdf python3-matplotlib
"""
import argparse

import h5py
import matplotlib
import xarray

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402 (the backend first)

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]
MARKERS = "os^Dv*Xp"  # both: readers may be colour-blind, printers black and white


def open_result(path):
    """Attributes of the file, non-zero ratio by slice, accuracy by (slice, adc_bits) or None."""
    with h5py.File(path) as file:
        attributes = dict(file.attrs)
        has_sweep = "adc/sweep" in file
    total = xarray.open_dataset(path, group="slices/total", engine="h5netcdf")
    sweep = xarray.open_dataset(path, group="adc/sweep", engine="h5netcdf") if has_sweep else None
    return attributes, total.nonzero / total.attrs["codes"], sweep


def style(i):
    dashes = ["-", "--", ":", "-."]
    return {"color": COLOURS[i % 8], "marker": MARKERS[i % 8], "linestyle": dashes[i % 4]}


def draw(paths):
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    right.set_visible(False)
    for i, path in enumerate(paths):
        attributes, nonzero, sweep = open_result(path)
        run = attributes["run"]
        label = f"{run} ({100 * attributes['test_accuracy']:.2f} %)"
        left.plot([f"B{k}" for k in nonzero.slice.values], 100 * nonzero, label=label, **style(i))
        if sweep is None:
            continue
        right.clear()
        right.set_visible(True)
        for curve in sweep.calibration_accuracy:
            k = int(curve.slice)
            right.plot(curve.adc_bits, 100 * curve, label=f"B{k}", **style(k))
        right.set(title=run, xlabel="ADC bits of the slice, others lossless",
                  ylabel="calibration accuracy (%)")
        right.legend(title="slice")
    left.set(xlabel="slice", ylabel="non-zero codes (%)", yscale="log")
    left.invert_xaxis()  # the most significant slice first
    left.legend(title="run (test accuracy)", fontsize="small")
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", nargs="+", metavar="RESULT.h5")
    parser.add_argument("--output", default="figure.svg",
                        help="svg, pdf or png (default: %(default)s)")
    arguments = parser.parse_args()
    draw(arguments.results).savefig(arguments.output)


if __name__ == "__main__":
    main()
