#!/usr/bin/env python3
"""Packs labelled images into one file for reslice: data: {file: OUTPUT.h5}.

    pack_images.py OUTPUT.h5 SOURCE [--test SOURCE | --test-every N] [--size 32x32] [--grey | --colour]

A SOURCE is
    a folder with a folder of pictures (PNG, JPEG, whatever Pillow opens) for each class, or with two such
        folders, train/ and test/ (or val/);
    an .npz file with x_train, y_train, x_test, y_test, or train_images, train_labels, …;
    a folder with four IDX files, or what their names begin with;
    a folder with the binary version of CIFAR-10.

Pictures of folders are packed in a mixed order, always the same; others keep theirs. They have one size,
or --size gives them one (Pillow's bilinear filter); transparent ones stand on white. Channels are those
of the first picture: grey or red, green, blue. What is packed when it is interrupted is kept in
OUTPUT.h5.part: the same command goes on from there. In Python, any sequence of (image, label) will do, an
image being a Pillow image or an array [height, width] or [height, width, channels] of uint8:

    from pack_images import pack
    pack("my.h5", train, test, name="my images", class_names=["cat", "dog"])

The format is described in data/README.md.
"""
import argparse
import gzip
import json
import os
import random
import sys
import time
import zlib

import h5py
import numpy

BLOCK = 16  # images with one checksum
PART, PROGRESS = ".part", ".part.json"


class PackError(Exception):
    """What is wrong with the images, in one line."""


# ---- sources: sequences of (image, label) ----


class Pictures:
    """Files of pictures; images are opened one at a time."""

    def __init__(self, paths, labels):
        self.paths, self.labels = paths, labels

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        try:
            from PIL import Image
        except ImportError as why:
            raise PackError("pictures need Pillow: apt install python3-pil, or pip install pillow") from why
        try:
            with Image.open(self.paths[i]) as image:
                image.load()
                return image, self.labels[i]
        except (OSError, SyntaxError) as why:
            raise PackError(f"{self.paths[i]}: no picture that Pillow can open: {why}") from why


class Arrays:
    """Images and labels as arrays."""

    def __init__(self, images, labels, what):
        self.images, self.labels = images, numpy.asarray(labels).reshape(-1)
        if len(self.images) != len(self.labels):
            raise PackError(f"{what}: {len(self.labels)} labels for {len(self.images)} images")

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return self.images[i], int(self.labels[i])


def folders_in(path):
    return sorted(entry.name for entry in os.scandir(path) if entry.is_dir())


def pictures_of(path, classes):
    """The pictures of a folder that has a folder for each class."""
    unknown = sorted(set(folders_in(path)) - set(classes))
    if unknown:
        raise PackError(f"{path}: has a folder {unknown[0]}, which is no class of the training images")
    paths, labels = [], []
    for label, name in enumerate(classes):
        folder = os.path.join(path, name)
        files = sorted(f for f in os.listdir(folder) if not f.startswith(".")) if os.path.isdir(folder) else []
        paths += [os.path.join(folder, f) for f in files]
        labels += [label] * len(files)
    return Pictures(paths, labels)


def read_folder(path):
    """Training and test pictures, the latter None if there is no folder of them, and names of classes."""
    parts = folders_in(path)
    tests = [name for name in ("test", "val") if name in parts]
    if "train" in parts and tests:
        train, test = os.path.join(path, "train"), os.path.join(path, tests[0])
    else:
        train, test = path, None
    classes = folders_in(train)
    if not classes:
        raise PackError(f"{path}: has no folders, one for each class")
    return pictures_of(train, classes), test and pictures_of(test, classes), classes


def read_npz(path):
    keys = (("x_train", "y_train", "x_test", "y_test"),
            ("train_images", "train_labels", "test_images", "test_labels"))
    with numpy.load(path) as file:
        for names in keys:
            if all(name in file for name in names):
                arrays = [file[name] for name in names]
                return Arrays(*arrays[:2], path), Arrays(*arrays[2:], path), None
        raise PackError(f"{path}: has {', '.join(file)}; expected {', '.join(keys[0])}")


def find_idx(base, part, what):
    for end in ("", ".gz"):
        for between in ("-", "."):
            path = f"{base}{part}-{what}{between}idx{3 if what == 'images' else 1}-ubyte{end}"
            if os.path.isfile(path):
                return path
    return None


def read_idx(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        data = file.read()
    axes = data[3] if data[:3] == b"\0\0\x08" else 0
    shape = numpy.frombuffer(data, ">u4", axes, 4).astype(int) if axes in (1, 3) else [-1]
    if len(data) != 4 + 4 * axes + numpy.prod(shape, dtype=int):
        raise PackError(f"{path}: no IDX file of bytes, or damaged")
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * axes).reshape(shape)


def read_idx_set(base):
    parts = []
    for names in (("train",), ("test", "t10k")):
        found = [(find_idx(base, n, "images"), find_idx(base, n, "labels")) for n in names]
        found = [pair for pair in found if all(pair)]
        if not found:
            raise PackError(f"{base}{names[-1]}-images-idx3-ubyte and -labels-idx1-ubyte: missing")
        parts.append(Arrays(*map(read_idx, found[0]), base))
    least = min(int(part.labels.min()) for part in parts if len(part))
    if least == 1:  # as reslice reads them
        for part in parts:
            part.labels = part.labels - 1
    return parts[0], parts[1], None


def read_cifar10(folder):
    def read(names):
        records = numpy.concatenate([numpy.fromfile(os.path.join(folder, name), numpy.uint8)
                                     for name in names])
        if len(records) % 3073:
            raise PackError(f"{folder}: not the binary version of CIFAR-10")
        records = records.reshape(-1, 3073)
        images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        return Arrays(images, records[:, 0], folder)

    names = "airplane automobile bird cat deer dog frog horse ship truck".split()
    return read([f"data_batch_{i}.bin" for i in range(1, 6)]), read(["test_batch.bin"]), names


def read_source(path):
    """(training images, test images or None, names of classes or None)"""
    if path.endswith(".npz"):
        return read_npz(path)
    for end in ("/", "-"):
        if find_idx(path.rstrip("/") + end, "train", "images"):
            return read_idx_set(path.rstrip("/") + end)
    if os.path.isfile(os.path.join(path, "test_batch.bin")):
        return read_cifar10(path)
    if os.path.isdir(path):
        return read_folder(path)
    raise PackError(f"{path}: neither a folder of images, IDX files, CIFAR-10 nor an .npz file")


class Subset:
    """Some of a sequence, or all in another order."""

    def __init__(self, sequence, chosen):
        self.sequence, self.chosen = sequence, chosen
        if hasattr(sequence, "labels"):
            self.labels = [sequence.labels[i] for i in chosen]

    def __len__(self):
        return len(self.chosen)

    def __getitem__(self, i):
        return self.sequence[self.chosen[i]]


def split(sequence, every):
    """Every so manieth image is for testing."""
    test = list(range(every - 1, len(sequence), every))
    kept = sorted(set(range(len(sequence))) - set(test))
    return Subset(sequence, kept), Subset(sequence, test)


def mixed(sequence):
    """Always the same order, in which classes follow each other as they come: reslice takes validation
    samples from the end of the training images, and the first ones to calibrate."""
    order = list(range(len(sequence)))
    random.Random(1).shuffle(order)
    return Subset(sequence, order)


# ---- one image ----


def is_picture(image):
    return hasattr(image, "convert") and hasattr(image, "getbands")


def as_bytes(image, size, channels):
    """An image as uint8 [channels, height, width]; channels 0: as many as it has."""
    if is_picture(image) or size:
        from PIL import Image

        if not is_picture(image):
            image = Image.fromarray(numpy.asarray(image))
        if "A" in image.getbands() or "transparency" in image.info:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
            image = image.convert("RGB")
        is_grey = image.mode in ("1", "L", "I;16", "I", "F", "LA")
        image = image.convert("L" if (channels or (1 if is_grey else 3)) == 1 else "RGB")
        if size:
            image = image.resize((size[1], size[0]), Image.BILINEAR)
    array = numpy.asarray(image)
    if array.dtype != numpy.uint8 or array.ndim not in (2, 3):
        raise PackError(f"an image of {array.dtype} {list(array.shape)}; expected uint8 [height, width] or "
                        "[height, width, channels]")
    array = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
    return numpy.ascontiguousarray(array)


# ---- the file ----


class Bar:
    """One line on a terminal, one line every tenth elsewhere."""

    def __init__(self, total):
        self.total, self.start, self.shown = total, time.time(), -1

    def show(self, done, bytes_done):
        tenth = 10 * done // self.total
        if sys.stderr.isatty():
            rate = bytes_done / max(time.time() - self.start, 1e-9) / 1e6
            print(f"\r{done}/{self.total} images, {rate:.0f} MB/s ", end="\n" if done == self.total else "",
                  file=sys.stderr, flush=True)
        elif tenth > self.shown:
            print(f"{done}/{self.total} images", file=sys.stderr, flush=True)
        self.shown = tenth


def create(path, counts, shape):
    """An HDF5 file with room for the images, which then are written without HDF5: whatever interrupts
    that, the file stays sound. Returns the offset of each part."""
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_alignment(1 << 16, 1 << 20)
    access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    file = h5py.File(h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, fapl=access))
    offsets = {}
    with file:
        for part, count in counts.items():
            group = file.create_group(part)
            properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            properties.set_layout(h5py.h5d.CONTIGUOUS)
            properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
            space = h5py.h5s.create_simple((count, *shape))
            data = h5py.h5d.create(group.id, b"image", h5py.h5t.STD_U8LE, space, properties)
            offsets[part] = data.get_offset()
    return offsets


class Packing:
    """Images on their way into OUTPUT.h5.part."""

    def __init__(self, output, parts, size, channels):
        self.output, self.parts, self.size = output, parts, size
        first = as_bytes(parts["train"][0][0], size, channels)
        self.shape = first.shape
        self.counts = {part: len(images) for part, images in parts.items()}
        plan = {"counts": self.counts, "shape": self.shape, "size": size,
                "first": zlib.crc32(first.tobytes())}
        self.plan = json.loads(json.dumps(plan))
        self.done, self.offsets = self.resume()

    def resume(self):
        try:
            with open(self.output + PROGRESS, encoding="utf-8") as file:
                there = json.load(file)
            if there["plan"] == self.plan and os.path.isfile(self.output + PART):
                return there["done"], there["offsets"]
        except (OSError, ValueError, KeyError):
            pass
        offsets = create(self.output + PART, self.counts, self.shape)
        return dict.fromkeys(self.parts, 0), offsets

    def note(self, descriptor):
        """What is on the disk is not packed again."""
        os.fsync(descriptor)
        text = json.dumps({"plan": self.plan, "done": self.done, "offsets": self.offsets})
        with open(self.output + PROGRESS + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(self.output + PROGRESS + ".new", self.output + PROGRESS)

    def image(self, part, i):
        try:
            image, label = self.parts[part][i]
            array = as_bytes(image, self.size, self.shape[0])
        except PackError as why:
            raise PackError(f"image {i} of {part}: {why}") from why
        if array.shape != self.shape:
            raise PackError(f"image {i} of {part}: {list(array.shape)} instead of {list(self.shape)} "
                            "(channels, height, width); --size gives all images one size")
        if not 0 <= label < 65536:
            raise PackError(f"image {i} of {part}: label {label}; allowed: 0 to 65535")
        return array, label

    def block(self, descriptor, part, first):
        """Bytes and labels of a block, written unless that was done before."""
        count = min(BLOCK, self.counts[part] - first)
        bytes_each = int(numpy.prod(self.shape))
        offset = self.offsets[part] + first * bytes_each
        if first + count <= self.done[part]:
            labels = self.labels_of(part, first, count)
            return os.pread(descriptor, count * bytes_each, offset), labels
        images = [self.image(part, i) for i in range(first, first + count)]
        data = b"".join(array.tobytes() for array, _ in images)
        os.pwrite(descriptor, data, offset)
        return data, [label for _, label in images]

    def labels_of(self, part, first, count):
        source = self.parts[part]
        known = getattr(source, "labels", None)
        if known is None:
            return [source[i][1] for i in range(first, first + count)]
        return [int(label) for label in known[first:first + count]]


def pack(output, train, test, name=None, class_names=None, size=None, channels=0, mean=None, std=None,
         source="", licence=""):
    """Packs two sequences of (image, label) into the file `output`."""
    if len(train) == 0 or len(test) == 0:
        raise PackError(f"{len(train)} training and {len(test)} test images; at least 1 of each is needed")
    packing = Packing(output, {"train": train, "test": test}, size, channels)
    bar = Bar(len(train) + len(test))
    digest, checksums, labels = 0, {}, {}
    sums, squares = [0] * packing.shape[0], [0] * packing.shape[0]
    done, bytes_done, noted = 0, 0, time.time()
    descriptor = os.open(output + PART, os.O_RDWR)
    try:
        for part, count in packing.counts.items():
            checksums[part], labels[part] = [], []
            for first in range(0, count, BLOCK):
                data, of_block = packing.block(descriptor, part, first)
                digest = zlib.crc32(data, digest)
                checksums[part].append(zlib.crc32(data))
                labels[part] += of_block
                if part == "train":
                    array = numpy.frombuffer(data, numpy.uint8).reshape(-1, *packing.shape).astype(numpy.uint64)
                    for c in range(packing.shape[0]):
                        sums[c] += int(array[:, c].sum())
                        squares[c] += int((array[:, c] ** 2).sum())
                packing.done[part] = max(packing.done[part], first + len(of_block))
                done, bytes_done = done + len(of_block), bytes_done + len(data)
                bar.show(done, bytes_done)
                if time.time() - noted > 5:
                    packing.note(descriptor)
                    noted = time.time()
            values = numpy.array(labels[part])
            for shift in (0, 8) if values.max() > 255 else (0,):
                digest = zlib.crc32((values >> shift & 255).astype(numpy.uint8).tobytes(), digest)
    finally:
        packing.note(descriptor)
        os.close(descriptor)
    pixels = len(train) * packing.shape[1] * packing.shape[2]
    own_mean = [round(s / pixels / 255, 4) for s in sums]
    own_std = [round(max(q / pixels - (s / pixels) ** 2, 0) ** 0.5 / 255, 4) or 1.0
               for s, q in zip(sums, squares)]
    classes = max(max(labels["train"]) + 1, len(class_names or []))
    if max(labels["test"]) >= classes:
        raise PackError(f"a test image has label {max(labels['test'])}, the training images have {classes} classes")
    with h5py.File(output + PART, "r+") as file:
        describe(file, packing.shape, name or os.path.basename(output).rsplit(".", 1)[0], classes, digest)
        file.attrs.update({"source": source, "licence": licence})
        file["mean"] = numpy.array(mean or own_mean, numpy.float64)
        file["std"] = numpy.array(std or own_std, numpy.float64)
        if class_names:
            file["class_names"] = [str(text) for text in class_names]
        for part in packing.counts:
            file[part]["label"] = numpy.array(labels[part], numpy.uint16)
            file[part]["block_crc32"] = numpy.array(checksums[part], numpy.uint32)
    finish(output)


def describe(file, shape, name, classes, digest):
    for found in ("mean", "std", "class_names", "train/label", "train/block_crc32", "test/label",
                  "test/block_crc32"):
        if found in file:  # interrupted behind the last image
            del file[found]
    file.attrs.update({"format": "reslice-images", "version": 1, "name": name, "channels": shape[0],
                       "height": shape[1], "width": shape[2], "classes": classes, "digest": digest})


def finish(output):
    """On the disk first, then under its name."""
    descriptor = os.open(output + PART, os.O_RDWR)
    os.fsync(descriptor)
    os.close(descriptor)
    os.replace(output + PART, output)
    os.remove(output + PROGRESS)


# ---- command line ----


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0], epilog=__doc__.split("\n", 2)[2],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", metavar="OUTPUT.h5")
    parser.add_argument("source", metavar="SOURCE")
    parser.add_argument("--test", metavar="SOURCE", help="where the test images are: another folder of classes")
    parser.add_argument("--test-every", type=int, metavar="N", help="every N-th image is a test image")
    parser.add_argument("--size", metavar="HEIGHTxWIDTH", help="resize all images to it")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--grey", action="store_const", dest="channels", const=1, default=0)
    kind.add_argument("--colour", action="store_const", dest="channels", const=3)
    parser.add_argument("--mean", type=float, nargs="+", help="of pixel / 255, a number a channel, instead of the images' own")
    parser.add_argument("--std", type=float, nargs="+", help="see --mean")
    parser.add_argument("--name", help="of the data set")
    parser.add_argument("--licence", default="", help="noted in the file")
    return parser.parse_args()


def main():
    given = parse()
    size = given.size and tuple(int(side) for side in given.size.split("x"))
    train, test, names = read_source(given.source)
    is_sorted = isinstance(train, Pictures)  # class by class
    if given.test:
        test = pictures_of(given.test, names) if names else read_source(given.test)[0]
    elif given.test_every:
        train, test = split(train, given.test_every)
    if test is None:
        raise PackError(f"{given.source}: no test images; --test SOURCE or --test-every N says which they are")
    if is_sorted:
        train, test = mixed(train), mixed(test)
    pack(given.output, train, test, given.name, names, size, given.channels, given.mean, given.std,
         given.source, given.licence)
    print(f"{given.output}: {len(train)} training and {len(test)} test images")


if __name__ == "__main__":
    try:
        main()
    except PackError as error:
        sys.exit(f"pack_images: {error}")
    except KeyboardInterrupt:
        print("\npack_images: interrupted; the same command goes on from here", file=sys.stderr)
        sys.exit(75)
