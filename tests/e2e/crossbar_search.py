"""The ADC bits that `reslice crossbar --exhaustive` chose for an MLP, against a search with numpy.

    crossbar_search.py RESULT.h5 FOLDER       FOLDER has the data set's idx files

Accuracies and energies are computed anew (see crossbar_twin.py), and every combination is tried.
"""
import itertools
import sys

import h5py
import numpy as np

from crossbar_twin import crossbar, quantise, read_idx, MEAN, STD


def isaac_pj(bits):
    return 0.1949 * bits + 0.00042 * 2.0 ** bits if bits > 0 else 0.0


def conversions(weight, passes):
    """Of a sample, by slice: bitlines that have a cell other than 0, times input bits and passes."""
    count = np.zeros(4)
    for first in range(0, weight.shape[1], 128):
        for sign in (1, -1):
            magnitude = np.maximum(sign * weight[:, first:first + 128], 0)
            for k in range(4):
                count[k] += np.count_nonzero((magnitude >> (2 * k) & 3).sum(axis=1)) * 8 * passes
    return count


class Network:
    """Two layers on calibration samples; what a slice adds to the first is computed once a width."""

    def __init__(self, file, pixels, labels):
        self.labels = labels
        self.exponents = file["activations/exponent"][:]
        self.layers = [file[f"layers/fc{i}"] for i in (1, 2)]
        self.weight = [group["weight_code"][:].astype(np.int64) for group in self.layers]
        self.bias = [g["bias_code"][:] * 2.0 ** (g["bias_code"].attrs["exponent"] - 8)
                     for g in self.layers]
        x = (pixels.astype(np.float32) / np.float32(255) - MEAN) / STD
        self.input = quantise(x, self.exponents[0], False)
        self.part = [[self.first(k, n) for n in range(11)] for k in range(4)]
        self.conversions = sum(conversions(w, p) for w, p in zip(self.weight, (2, 1)))

    def first(self, k, bits):
        widths = np.zeros((2, 4), dtype=int)
        widths[:, k] = bits
        return crossbar(self.input, self.weight[0], widths)

    def value(self, layer, total):
        weight = self.layers[layer]["weight_code"]
        step = 2.0 ** (self.exponents[layer] - 8 + weight.attrs["exponent"] - 8)
        return (total * step + self.bias[layer]).astype(np.float32)

    def accuracy(self, bits):
        total = sum(self.part[k][bits[k]] for k in range(4))
        code = quantise(self.value(0, total), self.exponents[1], True)
        total = crossbar(code, self.weight[1], np.array([bits, bits]))
        code = quantise(self.value(1, total), self.exponents[2], False)
        return np.mean(np.argmax(code, axis=1) == self.labels)

    def energy(self, bits):
        return sum(n * isaac_pj(b) for n, b in zip(self.conversions, bits))


def cheapest(network, widths, wanted):
    choices = sorted(itertools.product(*widths), key=network.energy)
    for tried, bits in enumerate(choices):
        if network.accuracy(bits) >= wanted:
            return bits, tried + 1, len(choices)
    raise AssertionError("no combination is good enough")


def main():
    with h5py.File(sys.argv[1]) as file:
        count = int(file["adc"].attrs["calibration_samples"])
        pixels = read_idx(f"{sys.argv[2]}/train-images-idx3-ubyte", 16).reshape(-1, 784)[-count:]
        labels = read_idx(f"{sys.argv[2]}/train-labels-idx1-ubyte", 8)[-count:]
        network = Network(file, pixels, labels)
        group = file["adc/assignments"]
        own = next(i for i in range(len(group["energy"]))
                   if group.attrs[f"assignment_{i}"] == "provisioned")
        found = group["bits"][own].max(axis=(0, 1))
        exact = file["adc"].attrs["exact_calibration_accuracy"]
        wanted = exact - file["adc"].attrs["loss"] - 1e-12
        observed = max(int(file[f"adc/fc{i}/calibration_observed"][:].max()) for i in (1, 2))
        assert network.accuracy([observed] * 4) == exact
        assert np.isclose(group["energy"][own], network.energy(found), rtol=1e-6, atol=0)
        assert network.accuracy(found) == group["calibration_accuracy"][own] >= wanted
        bits, tried, choices = cheapest(network, [range(observed + 1)] * 4, wanted)
        print(f"in the file {found} {group['energy'][own]:.1f} pJ; here {bits} "
              f"{network.energy(bits):.1f} pJ, the {tried}th of {choices}")
        assert tried > 1, "the cheapest of all is good: nothing was searched"
        assert np.isclose(network.energy(found), network.energy(bits), rtol=1e-6, atol=0)


main()
