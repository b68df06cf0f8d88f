#!/usr/bin/env python3
"""Result files as users open them: h5py and xarray, with labelled axes, units and descriptions.

    python_test.py FILE.h5...
"""
import sys
import unittest
import warnings

import h5py
import numpy as np
import xarray

AXES = {
    "history/test_accuracy": ("epoch",),
    "history/nonzero": ("epoch", "slice"),
    "layers/fc1/weight": ("out", "in"),
    "layers/fc1/weight_code": ("out", "in"),
    "layers/fc2/bias": ("out",),
    "activations/exponent": ("quantiser",),
    "slices/fc1/histogram": ("slice", "digit"),
    "slices/total/nonzero": ("slice",),
    "crossbars/fc1/column_sum": ("sign", "slice", "row_tile", "column"),
    "crossbars/fc2/current_histogram": ("sign", "slice", "input_bit", "current"),
    "adc/fc1/static": ("sign", "slice"),
    "adc/fc1/clip_rate": ("sign", "slice", "adc_bits"),
    "predictions/predicted": ("sample",),
}
ONLY_QUANTISED = ("slices", "crossbars", "adc", "_code")
ROOT = ("format", "version", "experiment", "run", "parent", "complete", "config", "seed", "shards",
        "test_accuracy", "epoch_kept")
# Not a number where nothing was trained or measured: epoch 0, a run without validation samples.
MAY_BE_NAN = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "rate")
ENGINES = (None, "h5netcdf", "netcdf4")


def datasets(file):
    found = []

    def visit(path, item):
        if isinstance(item, h5py.Dataset):
            found.append(path)

    file.visititems(visit)
    assert len(found) > 20, found
    return found


def is_quantised(path):
    with h5py.File(path, "r") as file:
        return bool(file.attrs["quantise"])


def expected_axes(path):
    skip = () if is_quantised(path) else ONLY_QUANTISED
    return {name: axes for name, axes in AXES.items() if not any(s in name for s in skip)}


def open_group(path, group, engine):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Debian's netCDF4 about its numpy
        return xarray.open_dataset(path, group=group, engine=engine)


class WithH5py(unittest.TestCase):
    def test_root(self):
        for path in FILES:
            with h5py.File(path, "r") as file:
                for name in ROOT:
                    self.assertIn(name, file.attrs, path)
                self.assertEqual(file.attrs["format"], "reslice")
                self.assertIn("training:\n", file.attrs["config"])
                self.assertGreater(len(file["provenance"].attrs), 5)

    def test_every_dataset_says_what_it_is(self):
        for path in FILES:
            with h5py.File(path, "r") as file:
                for name in datasets(file):
                    for attribute in ("description", "units"):
                        self.assertGreater(len(file[name].attrs[attribute]), 0, name)
                    self.assertIn("crc32", file[name].attrs, name)

    def test_every_axis_has_its_scale(self):
        for path in FILES:
            with h5py.File(path, "r") as file:
                for name in datasets(file):
                    if h5py.h5ds.is_scale(file[name].id):
                        continue
                    group = file[name].parent.name
                    for axis, dimension in enumerate(file[name].dims):
                        self.assertEqual(len(dimension), 1, f"{name}, axis {axis}")
                        self.assertEqual(dimension[0].parent.name, group, f"{name}, axis {axis}")
                        self.assertEqual(len(dimension[0]), file[name].shape[axis])

    def test_axes_have_the_promised_names(self):
        for path in FILES:
            with h5py.File(path, "r") as file:
                for name, axes in expected_axes(path).items():
                    found = tuple(d[0].name.split("/")[-1] for d in file[name].dims)
                    self.assertEqual(found, axes, name)

    def test_values_are_finite(self):
        for path in FILES:
            with h5py.File(path, "r") as file:
                for name in datasets(file):
                    if name.split("/")[-1] not in MAY_BE_NAN:
                        self.assertTrue(np.isfinite(file[name][()]).all(), name)
                trained = file["history/train_loss"][1:]
                self.assertTrue(np.isfinite(trained).all())


class WithXarray(unittest.TestCase):
    def test_every_group_opens_with_every_engine(self):
        for path in FILES:
            with h5py.File(path, "r") as file:
                groups = {name.rsplit("/", 1)[0] for name in datasets(file)}
                counts = {g: sum(isinstance(x, h5py.Dataset) for x in file[g].values())
                          for g in groups}
            self.assertGreater(len(groups), 4)
            for engine in ENGINES:
                for group in groups:
                    with open_group(path, group, engine) as data:
                        self.assertEqual(len(data.variables), counts[group], group)
                        self.assertEqual(set(data.dims), set(data.coords), f"{engine} {group}")

    def test_axes_units_and_descriptions(self):
        for path in FILES:
            for engine in ENGINES:
                for name, axes in expected_axes(path).items():
                    group, member = name.rsplit("/", 1)
                    with open_group(path, group, engine) as data:
                        self.assertEqual(data[member].dims, axes, f"{engine} {name}")
                        self.assertIn("units", data[member].attrs)
                        self.assertIn("description", data[member].attrs)

    def test_values_by_label(self):
        """The examples of the README: selecting by the labels of the axes."""
        for path in FILES:
            with open_group(path, "history", None) as history:
                last = history.test_accuracy.isel(epoch=-1)
                self.assertEqual(float(history.test_accuracy.sel(epoch=int(last.epoch))), last)
            if not is_quantised(path):
                continue
            with open_group(path, "adc/fc1", None) as adc, h5py.File(path, "r") as file:
                self.assertEqual(list(adc.sign.values), [1, -1])
                self.assertEqual(list(adc.adc_bits.values), list(range(1, 11)))
                negative = adc.clip_rate.sel(sign=-1, slice=3, adc_bits=2)
                self.assertEqual(float(negative), file["adc/fc1/clip_rate"][1, 3, 1])


FILES = sys.argv[1:]
unittest.main(argv=sys.argv[:1])
