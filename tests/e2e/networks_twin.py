"""The networks for ImageNet once more, as torchvision defines them, in numpy.

    networks_twin.py names NETWORK SUMMARY.json   layers and parameters of reslice summary
    networks_twin.py write NETWORK FOLDER DATA    FOLDER/NETWORK.h5 (a state_dict) and logits, as .npy
    networks_twin.py compare RESULT.h5 LOGITS.npy largest difference, at most 1e-4 of the largest logit

A module is a function of (state, prefix, x); Sequential gives its parts the prefixes 0, 1, …, as
torch.nn.Sequential does, so names come from the structure. Without images the layers are listed only.
"""
import json
import sys

import h5py
import numpy as np

PUBLISHED = {"alexnet": 61100840, "vgg16": 138357544, "resnet18": 11689512, "resnet50": 25557032,
             "mobilenetv2": 3504872}


class Listing:
    """Shapes go through; layers are [name, parameters]."""

    def __init__(self):
        self.layers = []

    def conv(self, name, shape, outputs, kernel, step, padding, groups, bias):
        side = (shape[1] + 2 * padding - kernel) // step + 1
        self.layers.append([name, outputs * (shape[0] // groups * kernel**2 + bias)])
        return outputs, side, side

    def norm(self, name, shape):
        self.layers.append([name, 2 * shape[0]])
        return shape

    def linear(self, name, shape, outputs):
        self.layers.append([name, outputs * (int(np.prod(shape)) + 1)])
        return (outputs,)

    def max_pool(self, shape, kernel, step, padding):
        side = (shape[1] + 2 * padding - kernel) // step + 1
        return shape[0], side, side

    def mean(self, shape):
        return (shape[0],)

    def clip(self, shape, most):
        return shape

    def add(self, shape, other):
        assert shape == other
        return shape

    def channels(self, shape):
        return shape[0]


class Numbers:
    """Images [n, c, h, w] in double; weights are drawn."""

    def __init__(self):
        self.draw, self.state = np.random.default_rng(5), {}

    def tensor(self, name, shape, low, high):
        self.state[name] = self.draw.uniform(low, high, shape).astype(np.float32)
        return self.state[name].astype(np.float64)

    def conv(self, name, x, outputs, kernel, step, padding, groups, bias):
        inside = x.shape[1] // groups
        bound = np.sqrt(6.0 / (inside * kernel**2))
        weight = self.tensor(f"{name}.weight", (outputs, inside, kernel, kernel), -bound, bound)
        x = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
        windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))
        windows = windows[:, :, ::step, ::step]
        n, height, width = x.shape[0], windows.shape[2], windows.shape[3]
        windows = windows.reshape(n, groups, inside, height, width, kernel**2)
        windows = windows.transpose(1, 0, 3, 4, 2, 5).reshape(groups, n * height * width, -1)
        y = windows @ weight.reshape(groups, outputs // groups, -1).transpose(0, 2, 1)
        y = y.reshape(groups, n, height, width, -1).transpose(1, 0, 4, 2, 3)
        y = y.reshape(n, outputs, height, width)
        return y + self.tensor(f"{name}.bias", outputs, -0.2, 0.2).reshape(-1, 1, 1) if bias else y

    def norm(self, name, x):
        n = x.shape[1]
        scale = self.tensor(f"{name}.weight", n, 0.5, 1.5)
        shift = self.tensor(f"{name}.bias", n, -0.3, 0.3)
        mean = self.tensor(f"{name}.running_mean", n, -0.1, 0.1)
        variance = self.tensor(f"{name}.running_var", n, 0.5, 2)
        self.state[f"{name}.num_batches_tracked"] = np.int64(3)
        factor = (scale / np.sqrt(variance + 1e-5)).reshape(-1, 1, 1)
        return (x - mean.reshape(-1, 1, 1)) * factor + shift.reshape(-1, 1, 1)

    def linear(self, name, x, outputs):
        x = x.reshape(len(x), -1)
        bound = np.sqrt(3.0 / x.shape[1])
        weight = self.tensor(f"{name}.weight", (outputs, x.shape[1]), -bound, bound)
        return x @ weight.T + self.tensor(f"{name}.bias", outputs, -0.2, 0.2)

    def max_pool(self, x, kernel, step, padding):
        x = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2), constant_values=-np.inf)
        windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))
        return windows[:, :, ::step, ::step].max(axis=(4, 5))

    def mean(self, x):
        return x.mean(axis=(2, 3))

    def clip(self, x, most):
        return np.clip(x, 0, most)

    def add(self, x, y):
        return x + y

    def channels(self, x):
        return x.shape[1]


# ---- modules ----


def Sequential(*parts):
    def run(state, prefix, x):
        for number, part in enumerate(parts):
            x = part(state, f"{prefix}.{number}" if prefix else str(number), x)
        return x
    return run


def Conv(outputs, kernel, step=1, padding=0, groups=1, bias=False):
    def run(state, prefix, x):
        return state.conv(prefix, x, outputs, kernel, step, padding, groups, bias)
    return run


def Norm(state, prefix, x):
    return state.norm(prefix, x)


def Linear(outputs):
    return lambda state, prefix, x: state.linear(prefix, x, outputs)


def ReLU(state, prefix, x):
    return state.clip(x, None)


def ReLU6(state, prefix, x):
    return state.clip(x, 6)


def Dropout(state, prefix, x):
    return x


def MaxPool(kernel, step, padding=0):
    return lambda state, prefix, x: state.max_pool(x, kernel, step, padding)


# ---- networks ----


def alexnet(state, x, classes):
    features = Sequential(Conv(64, 11, 4, 2, bias=True), ReLU, MaxPool(3, 2),
                          Conv(192, 5, 1, 2, bias=True), ReLU, MaxPool(3, 2),
                          Conv(384, 3, 1, 1, bias=True), ReLU, Conv(256, 3, 1, 1, bias=True), ReLU,
                          Conv(256, 3, 1, 1, bias=True), ReLU, MaxPool(3, 2))
    classifier = Sequential(Dropout, Linear(4096), ReLU, Dropout, Linear(4096), ReLU,
                            Linear(classes))
    return classifier(state, "classifier", features(state, "features", x))


def vgg16(state, x, classes):
    parts = []
    for width in (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512,
                  "M"):
        parts += [MaxPool(2, 2)] if width == "M" else [Conv(width, 3, 1, 1, bias=True), ReLU]
    classifier = Sequential(Linear(4096), ReLU, Dropout, Linear(4096), ReLU, Dropout,
                            Linear(classes))
    return classifier(state, "classifier", Sequential(*parts)(state, "features", x))


def block(convolutions, expansion):
    """convolutions: (kernel, padding) of each; the step is that of the first 3x3 one."""
    def run(state, prefix, x, width, step):
        y, outputs = x, width * expansion
        strided = [kernel for kernel, _ in convolutions].index(3)
        for number, (kernel, padding) in enumerate(convolutions, 1):
            last = number == len(convolutions)
            conv = Conv(outputs if last else width, kernel, step if number - 1 == strided else 1,
                        padding)
            y = Norm(state, f"{prefix}.bn{number}", conv(state, f"{prefix}.conv{number}", y))
            y = y if last else ReLU(state, "", y)
        if step != 1 or state.channels(x) != outputs:
            x = Sequential(Conv(outputs, 1, step), Norm)(state, f"{prefix}.downsample", x)
        return ReLU(state, "", state.add(y, x))
    return run


def residual(layers, one, state, x, classes):
    x = ReLU(state, "", Norm(state, "bn1", Conv(64, 7, 2, 3)(state, "conv1", x)))
    x = MaxPool(3, 2, 1)(state, "", x)
    for stage, blocks in enumerate(layers):
        for number in range(blocks):
            x = one(state, f"layer{stage + 1}.{number}", x, 64 * 2**stage,
                    2 if stage and not number else 1)
    return Linear(classes)(state, "fc", state.mean(x))


def resnet18(state, x, classes):
    return residual((2, 2, 2, 2), block(((3, 1), (3, 1)), 1), state, x, classes)


def resnet50(state, x, classes):
    return residual((3, 4, 6, 3), block(((1, 0), (3, 1), (1, 0)), 4), state, x, classes)


def conv_norm(outputs, kernel, step=1, groups=1):
    return Sequential(Conv(outputs, kernel, step, kernel // 2, groups), Norm, ReLU6)


def inverted(expand, outputs, step):
    def run(state, prefix, x):
        inputs = state.channels(x)
        inner = inputs * expand
        parts = [conv_norm(inner, 1)] if expand != 1 else []
        parts += [conv_norm(inner, 3, step, inner), Conv(outputs, 1), Norm]
        y = Sequential(*parts)(state, f"{prefix}.conv", x)
        return state.add(y, x) if step == 1 and inputs == outputs else y
    return run


def mobilenetv2(state, x, classes):
    parts = [conv_norm(32, 3, 2)]
    for expand, outputs, blocks, step in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2),
                                          (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
                                          (6, 320, 1, 1)):
        parts += [inverted(expand, outputs, 1 if i else step) for i in range(blocks)]
    x = Sequential(*parts, conv_norm(1280, 1))(state, "features", x)
    return Sequential(Dropout, Linear(classes))(state, "classifier", state.mean(x))


NETWORKS = {"alexnet": alexnet, "vgg16": vgg16, "resnet18": resnet18, "resnet50": resnet50,
            "mobilenetv2": mobilenetv2}


def names(network, summary):
    listing = Listing()
    NETWORKS[network](listing, (3, 224, 224), 1000)
    table = json.load(open(summary))[0]
    column = [entry["name"] for entry in table["columns"]].index("weights")
    there = [[row[0], row[column]] for row in table["rows"] if row[0]]
    total = there.pop()
    assert sorted(map(tuple, there)) == sorted(map(tuple, listing.layers)), \
        set(map(tuple, there)) ^ set(map(tuple, listing.layers))
    assert total == ["all", PUBLISHED[network]], total
    print(f"{network}: {len(there)} layers, {total[1]} parameters")


def write(network, folder, data):
    with open(f"{data}/cifar-10-batches-bin/test_batch.bin", "rb") as file:
        pixels = np.frombuffer(file.read(), np.uint8).reshape(-1, 3073)[:4, 1:]
    mean = np.array((0.485, 0.456, 0.406)).reshape(-1, 1, 1)
    std = np.array((0.229, 0.224, 0.225)).reshape(-1, 1, 1)
    numbers = Numbers()
    logits = NETWORKS[network](numbers, (pixels.reshape(-1, 3, 32, 32) / 255 - mean) / std, 10)
    np.save(f"{folder}/{network}.npy", logits)
    with h5py.File(f"{folder}/{network}.h5", "w") as file:
        for name, value in numbers.state.items():
            file[name] = value


def compare(path, expected):
    with h5py.File(path) as file:
        there = file["predictions/logit"][:]
    expected = np.load(expected)
    largest, difference = np.abs(expected).max(), np.abs(there - expected).max()
    print(f"{path}: largest |logit| {largest:.3g}, difference {difference:.2g}")
    assert there.shape == expected.shape and largest > 0.1 and difference < 1e-4 * largest


if __name__ == "__main__":
    {"names": names, "write": write, "compare": compare}[sys.argv[1]](*sys.argv[2:])
