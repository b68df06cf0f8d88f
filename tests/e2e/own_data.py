"""Made-up data sets of one's own.

    own_data.py idx BASE HEIGHT WIDTH CLASSES FIRST_LABEL TRAIN TEST     four IDX files BASE…
    own_data.py label FILE INDEX VALUE                                   another label

A class is a bright bar of lines at a place of its own, in noise: easy to learn."""
import random
import struct
import sys


def picture(draw, height, width, label, classes):
    pixels = bytearray(draw.randbytes(height * width))
    for i, value in enumerate(pixels):
        pixels[i] = value // 4
    size = len(pixels)
    for at in range(label * size // classes, (label + 1) * size // classes):
        pixels[at] = 200 - pixels[at]
    return bytes(pixels)


def write_idx(base, height, width, classes, first, train, test):
    draw = random.Random(1)
    for part, count in (("train", train), ("test", test)):
        labels = [i % classes for i in range(count)]
        with open(f"{base}{part}-images-idx3-ubyte", "wb") as file:
            file.write(struct.pack(">IIII", 0x803, count, height, width))
            for label in labels:
                file.write(picture(draw, height, width, label, classes))
        with open(f"{base}{part}-labels-idx1-ubyte", "wb") as file:
            file.write(struct.pack(">II", 0x801, count))
            file.write(bytes(label + first for label in labels))


def change_label(path, index, value):
    with open(path, "r+b") as file:
        file.seek(8 + index)
        file.write(bytes([value]))


if __name__ == "__main__":
    if sys.argv[1] == "idx":
        write_idx(sys.argv[2], *map(int, sys.argv[3:]))
    else:
        change_label(sys.argv[2], *map(int, sys.argv[3:]))
