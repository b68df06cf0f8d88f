"""Figures and pages of reslice, against h5py and an XML parser.

    plot_check.py figures FOLDER FILE.h5...     numbers (.dat) and pictures of reslice plot --keep
    plot_check.py page PAGE.html [FILE.h5...]   a page of reslice report --html
    plot_check.py picture FILE.svg              well-formed and self-contained
"""
import html.parser
import os
import re
import sys
import xml.etree.ElementTree as xml

import h5py
import numpy as np

LABELS = {  # the words on the axes of each figure: how often
    "nonzero": {"weights and biases with a non-zero digit": 1},
    "energy": {"ADC energy of a sample (nJ": 1, "accuracy on 200 test samples (%)": 1},
    "training": {"epoch": 1, "loss (nat)": 1, "accuracy (%)": 1},
    "weights": {"digit of the slice": 1, "weights and biases (%": 1},
    "currents": {"bitline current (cell levels)": 2, "conversions (%)": 2},
    "adc": {"ADC bits of the slice": 2, "accuracy on 100 validation samples (%)": 1},
}


def blocks(path):
    """Lines of numbers, block by block; words and comments left out."""
    with open(path, encoding="utf-8") as file:
        for block in file.read().split("\n\n\n"):
            rows = [re.sub(r" ?#.*", "", line).split() for line in block.splitlines()]
            yield [row for row in rows if row]


def numbers(rows, columns=None):
    return np.array([[float(cell) for cell in row[:columns]] for row in rows])


def picture(path):
    text = open(path, encoding="utf-8").read()
    xml.fromstring(text)
    outside(text, path)
    return text


def outside(text, path):
    """Nothing is loaded from elsewhere: addresses stand in names of XML languages only."""
    text = re.sub(r'xmlns(:\w+)?="http://[^"]*"', "", text)
    text = re.sub(r"<!DOCTYPE[^>]*>|<metadata>.*?</metadata>", "", text, flags=re.S)
    assert "http:" not in text and "https:" not in text and "<script" not in text, path
    assert not re.search(r'(href|src)=["\'](?!#)', text), path
    assert "@import" not in text and not re.search(r"url\((?!#)", text), path


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-12)


def check_training(file, path):
    rows = numbers(next(blocks(path)))
    history = file["history"]
    names = [f"{part}_{what}" for what in ("loss", "accuracy")
             for part in ("train", "validation", "test")]
    close(rows[:, 0], history["epoch"][:])
    for i, name in enumerate(names):
        close(rows[:, 1 + i], history[name][:] * (100 if "accuracy" in name else 1))
    close(rows[:, 7:], 100 * history["nonzero"][:])


def codes(file):
    found = []
    file["layers"].visititems(
        lambda name, item: found.append(item[:].ravel()) if name.endswith("_code") else None)
    return np.abs(np.concatenate(found).astype(int))


def check_weights(file, path):
    magnitude = codes(file)
    for k, rows in zip((3, 2, 1, 0), blocks(path)):
        counts = np.bincount(magnitude >> (2 * k) & 3, minlength=4)
        close(numbers(rows), np.stack([np.arange(4), counts, 100 * counts / len(magnitude)], 1))


def check_currents(file, path):
    slices = iter((3, 2, 1, 0))
    layers = [layer["current_histogram"][:] for layer in file["crossbars"].values()]
    thresholds = {k: set() for k in range(4)}
    for rows in blocks(path):
        rows = numbers(rows)
        if rows.shape[1] == 3:
            k = next(slices)
            counts = sum(h[:, k].sum(axis=(0, 1)) for h in layers)
            close(rows[:, 1], counts)
            close(rows[:, 2], 100 * counts / counts.sum())
        else:
            thresholds[k].add(int(rows[0, 0]))
    for name in ("static", "observed", "percentile_99_99", "percentile_99_9"):
        bits = np.max([layer[name][:].max(axis=0) for layer in file["adc"].values()
                       if name in layer], axis=0)
        for k in range(4):
            assert bits[k] in thresholds[k], (name, k, thresholds)


def check_adc(file, path):
    rows = numbers(next(blocks(path)))
    close(rows[:, 1:].T, 100 * file["adc/sweep/calibration_accuracy"][:])


def check_nonzero(files, path):
    quantised = [f for f in files if f.attrs["quantise"]]
    groups = {}
    for file in quantised:
        groups.setdefault(re.sub("seed=.*", "", file.attrs["run"]), []).append(file)
    for k, rows in zip((3, 2, 1, 0), blocks(path)):
        rows = numbers(rows)
        assert len(rows) == len(groups)
        for row, seeds in zip(rows, groups.values()):
            shares = [100 * np.mean(codes(f) >> (2 * k) & 3 != 0) for f in seeds]
            close(row[1:], [np.mean(shares), np.std(shares, ddof=1) if len(shares) > 1 else 0])


def check_energy(files, path):
    points = []
    for file in files:
        if "adc/assignments" in file:
            group = file["adc/assignments"]
            points += zip(group["energy"][:] / 1000, 100 * group["test_accuracy"][:])
    front, *runs = [numbers(rows, 2) for rows in blocks(path)]
    close(np.array(sorted(map(tuple, np.concatenate(runs)))), np.array(sorted(points)))
    best = {(e, a) for e, a in points
            if not any(f <= e and b >= a and (f, b) != (e, a) for f, b in points)}
    close(front, np.array(sorted(best)))


OF_RUN = {"training": check_training, "weights": check_weights, "currents": check_currents,
          "adc": check_adc}
OF_ALL = {"nonzero": check_nonzero, "energy": check_energy}


def check_labels(figure, text):
    for words, count in LABELS[figure].items():
        found = len(re.findall(">" + re.escape(words), text))
        assert found >= count, (figure, words, found)


def file_name(run):
    return re.sub(rb"[^-\w.,=@+]", b"_", run.encode()).decode()


def figures(folder, paths):
    files = [h5py.File(path) for path in paths]
    seen = []
    for name in sorted(os.listdir(folder)):
        stem, ending = os.path.splitext(name)
        if ending != ".svg":
            continue
        figure, _, run = stem.partition("-")
        check_labels(figure, picture(f"{folder}/{name}"))
        if figure in OF_ALL:
            OF_ALL[figure](files, f"{folder}/{stem}.dat")
        else:
            file, = (f for f in files if file_name(f.attrs["run"]) == run)
            OF_RUN[figure](file, f"{folder}/{stem}.dat")
        seen.append(figure)
    print(seen)
    assert seen == ["adc"] + 4 * ["currents"] + ["energy", "nonzero"] + 4 * ["training"] + \
        4 * ["weights"], seen


class Ids(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.tags, self.words = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_data(self, data):
        self.words.append(data)


def page(path, files):
    text = picture(path)
    parser = Ids()
    parser.feed(text)
    assert len(parser.ids) == len(set(parser.ids)), "an id stands twice"
    for name in re.findall(r'href=["\']#([^"\']*)|url\(#([^)]*)\)', text):
        assert "".join(name) in parser.ids, name
    words = " ".join(parser.words)
    for file in map(h5py.File, files):
        assert file.attrs["experiment"] in words and file.attrs["run"] in words
        assert file["provenance"].attrs["git_commit"] in words
        assert file.attrs["config"].strip() in words
        assert f"{100 * file.attrs['test_accuracy']:.2f}" in words or "seed=" in file.attrs["run"]
    if files:
        assert parser.tags.count("svg") == 15, parser.tags.count("svg")
    assert parser.tags.count("table") > 5


what, path, *paths = sys.argv[1:]
if what == "figures":
    figures(path, paths)
elif what == "page":
    page(path, paths)
else:
    picture(path)
