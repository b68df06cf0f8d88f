"""What `reslice crossbar` said, against the file that it wrote.

    crossbar_says.py RESULT.h5 OUTPUT ERRORS

The bits by layer of every row that the search gave, where they are not one width a slice; the note about
slices without ADCs; a warning for every such row that loses more test accuracy than allowed, with the
number of the calibration samples and the standard error of an accuracy on them.
"""
import math
import re
import sys

import h5py


def main():
    out, errors = open(sys.argv[2]).read(), open(sys.argv[3]).read()
    with h5py.File(sys.argv[1]) as file:
        adc, group = file["adc"].attrs, file["adc/assignments"]
        bits = group["bits"][:]
        names = [group.attrs[f"assignment_{i}"] for i in range(len(bits))]
        layers = [group.attrs[f"layer_{i}"] for i in range(bits.shape[1])]
        shown = out.split("Provisioned ADC bits by layer")[-1]
        tables = warnings = 0
        for i in range(names.index("provisioned"), len(names)):
            if (bits[i] != bits[i, 0, 0]).any():
                tables += 1
                for l, layer in enumerate(layers):
                    for s, sign in enumerate("+-"):
                        row = " +".join([re.escape(names[i]), layer, re.escape(sign),
                                         *(str(b) for b in bits[i, l, s, ::-1])])
                        assert re.search(f"^{row}$", shown, re.M), row
            loss = adc["exact_test_accuracy"] - group["test_accuracy"][i]
            if loss > adc["loss"] + 1e-12:
                warnings += 1
                n = int(adc["calibration_samples"])
                right = round(adc["exact_calibration_accuracy"] * n) + 2
                wrong = n + 4 - right
                error = 100 * math.sqrt(right * wrong / (n + 4) ** 3)
                assert (f"reslice: warning: {names[i]}: test loss {100 * loss:.1f} points exceeds the "
                        f"allowed {100 * adc['loss']:g}: {n} calibration samples, on which an accuracy "
                        f"has a standard error of {error:.1f} points\n") in errors
        assert errors.count("test loss") == warnings
        assert ("Provisioned ADC bits by layer" in out) == (tables > 0)
        assert ("0 bits: " in out) == bool((bits.max(axis=(1, 2)) == 0).any())
        print(f"{tables} rows with bits by layer, {warnings} warnings")


main()
