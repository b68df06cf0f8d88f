"""Writes networks of the real PyTorch, as people write them, and checks what reslice imports of them.

    import_torch.py write FOLDER DATA      FOLDER/NETWORK.h5, and their logits as NETWORK.npy
    import_torch.py --has-torch            exit status 77 where there is no torch

Weights, biases and running statistics are random: every tensor has to find its place. DATA has the
folders fashion-mnist (idx) and cifar-10-batches-bin.
"""
import gzip
import sys

import h5py
import numpy as np

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError:
    print("skipped: this python3 has no torch")
    sys.exit(77)

FASHION = (0.2860,), (0.3530,)
CIFAR = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# of CIFAR-10's own training images, which most repositories take; import_test.sh sets them
OWN = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 20, 5), nn.Conv2d(20, 50, 5)
        self.fc1, self.fc2 = nn.Linear(800, 500), nn.Linear(500, 10)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        return self.fc2(functional.relu(self.fc1(x.flatten(1))))


class VGG(nn.Module):
    """As chengyangfu/pytorch-vgg-cifar10 has it, with which arXiv 1909.08496 was made."""

    def __init__(self, batch_norm):
        super().__init__()
        layers, inputs = [], 3
        for outputs in (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"):
            if outputs == "M":
                layers.append(nn.MaxPool2d(2))
                continue
            layers.append(nn.Conv2d(inputs, outputs, 3, padding=1))
            layers += [nn.BatchNorm2d(outputs)] if batch_norm else []
            layers.append(nn.ReLU())
            inputs = outputs
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(512, 512), nn.ReLU(),
            nn.Dropout(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class Block(nn.Module):
    def __init__(self, inputs, outputs, step, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, step, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.branch = shortcut
        way = nn.Sequential()
        if step != 1 or inputs != outputs:
            way = nn.Sequential(nn.Conv2d(inputs, outputs, 1, step, bias=False),
                                nn.BatchNorm2d(outputs))
        setattr(self, shortcut, way)

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + getattr(self, self.branch)(x))


class ResNet20(nn.Module):
    """Names as torchvision has them (downsample, fc), or as CIFAR-10 repositories do."""

    def __init__(self, shortcut, last):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        inputs = 16
        for stage, outputs in enumerate((16, 32, 64)):
            blocks = []
            for block in range(3):
                blocks.append(Block(inputs, outputs, 2 if stage and not block else 1, shortcut))
                inputs = outputs
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.last = last
        setattr(self, last, nn.Linear(64, 10))

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return getattr(self, self.last)(functional.adaptive_avg_pool2d(x, 1).flatten(1))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 40),
                         nn.ReLU(), nn.Linear(40, 10))


def shake(model):
    """Biases, scales and running statistics that are not what a new layer has."""
    with torch.no_grad():
        for layer in model.modules():
            if getattr(layer, "bias", None) is not None:
                layer.bias.normal_(0, 0.1)
            if isinstance(layer, nn.BatchNorm2d):
                layer.weight.uniform_(0.5, 1.5)
                layer.running_mean.normal_(0, 0.2)
                layer.running_var.uniform_(0.5, 2)


def write(path, state):
    with h5py.File(path, "w") as file:
        for name, tensor in state.items():
            file[name] = tensor.detach().cpu().numpy()


def images(folder, is_color, color=CIFAR):
    if is_color:
        with open(f"{folder}/cifar-10-batches-bin/test_batch.bin", "rb") as file:
            records = np.frombuffer(file.read(), np.uint8).reshape(-1, 3073)
        pixels, (mean, std) = records[:, 1:].reshape(-1, 3, 32, 32), color
    else:
        with gzip.open(f"{folder}/fashion-mnist/t10k-images-idx3-ubyte.gz") as file:
            pixels = np.frombuffer(file.read()[16:], np.uint8).reshape(-1, 1, 28, 28)
        mean, std = FASHION
    x = torch.from_numpy(pixels[:200].astype(np.float32)) / 255
    return (x - torch.tensor(mean).view(-1, 1, 1)) / torch.tensor(std).view(-1, 1, 1)


def main():
    if sys.argv[1] == "--has-torch":
        return
    torch.manual_seed(1)
    torch.set_num_threads(1)
    networks = {
        "mlp": mlp(), "lenet5": LeNet5(), "vgg11": VGG(False), "vgg11-norm": VGG(True),
        "resnet20": ResNet20("downsample", "fc"), "resnet20-cifar": ResNet20("shortcut", "linear"),
        "resnet20-own": ResNet20("shortcut", "linear")}
    for name, model in networks.items():
        shake(model)
        state = model.state_dict()
        if name == "resnet20-cifar":
            state = nn.DataParallel(model).state_dict()
        write(f"{sys.argv[2]}/{name}.h5", state)
        with torch.no_grad():
            logits = model.eval()(images(sys.argv[3], name not in ("mlp", "lenet5"),
                                         OWN if name == "resnet20-own" else CIFAR))
        np.save(f"{sys.argv[2]}/{name}.npy", logits.numpy())


main()
