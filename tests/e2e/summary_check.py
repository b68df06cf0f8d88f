#!/usr/bin/env python3
"""Compares `reslice summary --format json` with a count of its own.

    summary_check.py SUMMARY.json NETWORK [rows=128] [columns=128] [cell_bits=2]

NETWORK: resnet20, vgg11, depthwise, grouped. The shapes of the layers stand here once more, and every
weight layer is laid out cell by cell on arrays: a matrix says where a weight can be, and tiles are cut
from it. Exit status 1 when a number differs.
"""
import json
import sys

import numpy as np

BITS, INPUT_BITS, SIGNS = 8, 8, 2


class Count:
    """Walks through a network; `rows` collects what the table should say of each weight layer."""

    def __init__(self, channels, height, width, array):
        self.shape = channels, height, width
        self.array = array
        self.signed = True  # the input
        self.rows, self.weights = [], 0

    def layer(self, name, mask, outputs, pixels, weights):
        """mask [inputs, outputs]: where a weight can be."""
        rows, columns, cell = self.array
        slices = BITS // cell
        cut = [(r, c) for r in range(0, mask.shape[0], rows) for c in range(0, mask.shape[1], columns)]
        tile = [mask[r:r + rows, c:c + columns] for r, c in cut]
        used = sum(t.any() for t in tile)
        bitlines = sum(int(t.any(axis=0).sum()) for t in tile)
        deepest = max(int(t.sum(axis=0).max()) for t in tile)
        macs = int(mask.sum()) * pixels
        conversions = bitlines * pixels * slices * SIGNS * INPUT_BITS * (2 if self.signed else 1)
        self.rows.append({
            "layer": name, "output": "x".join(map(str, outputs)), "weights": weights, "MACs": macs,
            "tiles": "%dx%d" % (-(-mask.shape[0] // rows), -(-mask.shape[1] // columns)),
            "arrays": int(used) * slices * SIGNS,
            "utilisation": 100 * float(mask.sum()) / (used * rows * columns),
            "static bits": (deepest * (2**cell - 1)).bit_length(),
            "conversions / MAC": conversions / macs, "conversions": conversions,
            "cells": int(mask.sum()), "used": used})
        self.weights += weights

    def conv(self, name, outputs, kernel, stride=1, padding=0, groups=1, bias=False):
        channels, height, width = self.shape
        kh, kw = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        height = (height + 2 * padding - kh) // stride + 1
        width = (width + 2 * padding - kw) // stride + 1
        input_group = np.arange(channels * kh * kw) // (kh * kw) // (channels // groups)
        output_group = np.arange(outputs) // (outputs // groups)
        mask = input_group[:, None] == output_group[None, :]
        self.shape = outputs, height, width
        weights = outputs * (channels // groups) * kh * kw + (outputs if bias else 0)
        shape = self.shape if (height, width) != (1, 1) else (outputs,)
        self.layer(name, mask, shape, height * width, weights)

    def linear(self, name, outputs):
        inputs = int(np.prod(self.shape))
        self.layer(name, np.ones((inputs, outputs), bool), (outputs,), 1, outputs * (inputs + 1))
        self.shape = outputs, 1, 1

    def norm(self):
        self.weights += 2 * self.shape[0]

    def pool(self, size):
        channels, height, width = self.shape
        self.shape = channels, height // size, width // size


def resnet20(count):
    count.conv("conv1", 16, 3, 1, 1)
    count.norm()
    count.signed = False
    for stage in range(3):
        for block in range(3):
            name, before = f"layer{stage + 1}.{block}", count.shape
            step, outputs = 2 if stage and not block else 1, 16 * 2**stage
            count.conv(name + ".conv1", outputs, 3, step, 1)
            count.norm()
            count.conv(name + ".conv2", outputs, 3, 1, 1)
            count.norm()
            if step == 2:
                count.shape = before
                count.conv(name + ".downsample.0", outputs, 1, 2)
                count.norm()
    count.pool(8)
    count.linear("fc", 10)


def vgg11(count):
    plan = [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]
    number = 0
    for outputs in plan:
        if outputs == "M":
            count.pool(2)
            continue
        number += 1
        count.conv(f"conv{number}", outputs, 3, 1, 1, bias=True)
        count.signed = False
    for number, outputs in enumerate((512, 512, 10), 1):
        count.linear(f"fc{number}", outputs)


def depthwise(count):
    count.conv("stem", 40, 3, 2, 1)
    count.norm()
    count.signed = False
    count.conv("depth", 40, 3, 1, 1, groups=40)
    count.norm()
    count.signed = True  # no ReLU in between
    count.conv("point", 24, 1)
    count.conv("wide", 72, (3, 1), groups=24, bias=True)
    count.linear("head", 10)


def grouped(count):
    count.conv("first", 12, 5, 1, 2, groups=3, bias=True)
    count.signed = False
    count.conv("second", 300, 5, 2, 0, groups=4)
    count.pool(2)
    count.linear("fc1", 10)


NETWORKS = {"resnet20": (resnet20, (3, 32, 32)), "vgg11": (vgg11, (3, 32, 32)),
            "depthwise": (depthwise, (3, 21, 17)), "grouped": (grouped, (3, 28, 28))}


def main():
    wanted = dict(argument.split("=") for argument in sys.argv[3:])
    array = tuple(int(wanted.get(key, standard)) for key, standard in
                  (("rows", 128), ("columns", 128), ("cell_bits", 2)))
    build, shape = NETWORKS[sys.argv[2]]
    count = Count(*shape, array)
    build(count)
    layers, memory = json.load(open(sys.argv[1]))
    assert layers["table"] == "layers" and memory["table"] == "memory"
    names = [column["name"] for column in layers["columns"]]
    layers = [dict(zip(names, row)) for row in layers["rows"]]
    table = [row for row in layers if row["tiles"] is not None]
    wrong = [] if len(table) == len(count.rows) else [f"{len(table)} rows, not {len(count.rows)}"]
    for row, mine in zip(table, count.rows):
        for key in row.keys() & mine.keys():
            near = row[key] == mine[key] or (
                isinstance(mine[key], float) and abs(row[key] - mine[key]) < 0.0051)
            if not near:
                wrong.append(f"{row['layer']}: {key} {row[key]}, counted {mine[key]}")
    total = layers[-1]
    macs = sum(row["MACs"] for row in count.rows)
    rows, columns, _ = array
    for key, mine in (("weights", count.weights), ("MACs", macs),
                      ("arrays", sum(row["arrays"] for row in count.rows)),
                      ("static bits", max(row["static bits"] for row in count.rows)),
                      ("conversions / MAC", sum(row["conversions"] for row in count.rows) / macs),
                      ("utilisation", 100 * sum(row["cells"] for row in count.rows) /
                       (sum(row["used"] for row in count.rows) * rows * columns))):
        if abs(total[key] - mine) > (0.0051 if isinstance(mine, float) else 0):
            wrong.append(f"all: {key} {total[key]}, counted {mine}")
    print("\n".join(wrong) or f"{len(table)} layers agree, {count.weights} weights, {macs} MACs")
    sys.exit(bool(wrong))


main()
