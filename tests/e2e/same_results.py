#!/usr/bin/env python3
"""Compares two result files: every object, every byte of every dataset, every attribute.

    same_results.py A.h5 B.h5 [ATTRIBUTE]...

Left out are what must differ from run to run: the group /provenance and /history/seconds; and those
attributes of the root that are named.
Prints one line a difference; the exit status is 1 when there is one.
"""
import sys

import h5py

IGNORED = ("provenance", "history/seconds")
# Addresses inside the file; the scales themselves are compared through the dimensions' names.
REFERENCES = ("DIMENSION_LIST", "REFERENCE_LIST")


def objects(file):
    """Path -> object, the root included."""
    found = {"/": file}
    file.visititems(lambda path, obj: found.__setitem__(path, obj))
    return {p: o for p, o in found.items() if not p.startswith(IGNORED)}


def describe(obj):
    """Everything about one object that must be the same, as name -> bytes or text."""
    facts = {}
    for name, value in obj.attrs.items():
        if name not in REFERENCES:
            facts["attribute " + name] = value.tobytes() if hasattr(value, "tobytes") else value
    if isinstance(obj, h5py.Dataset):
        facts["type"] = str(obj.dtype)
        facts["shape"] = obj.shape
        facts["axes"] = [list(dimension.keys()) for dimension in obj.dims]
        facts["data"] = obj[()].tobytes()
    return facts


def differences(a, b, leave_out):
    there, here = objects(a), objects(b)
    for path in sorted(set(there) ^ set(here)):
        yield f"{path}: only in {'the first' if path in there else 'the second'}"
    for path in sorted(set(there) & set(here)):
        x, y = describe(there[path]), describe(here[path])
        for fact in sorted((set(x) | set(y)) - (leave_out if path == "/" else set())):
            if x.get(fact) != y.get(fact):
                yield f"{path}: {fact} differs"


def main():
    with h5py.File(sys.argv[1], "r") as a, h5py.File(sys.argv[2], "r") as b:
        found = list(differences(a, b, {"attribute " + name for name in sys.argv[3:]}))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
