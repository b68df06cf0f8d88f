#!/usr/bin/env python3
"""The training step of `reslice bench` in PyTorch, to measure against.

    experiments/torch_peer.py NETWORK [--float] [--compile] [--batch N] [--seconds T] [--threads N]

The same networks, batches, 8-bit dynamic fixed point of weights and activations with straight-through
gradients, bit-slice L1 and SGD with momentum, on noise that lies ready. Prints "N samples/s".
"""
import argparse
import time

import torch
from torch import nn
from torch.nn import functional as F

BITS = 8
BATCH = {"mlp": 64, "lenet5": 64, "vgg11": 128, "resnet20": 128}


def step_of(x):
    """2^(s - 8) for the smallest s with max|x| <= 2^s. A tensor, which torch.compile can keep."""
    return torch.exp2(torch.ceil(torch.log2(x.abs().max().clamp(min=1e-5))) - BITS)


def codes_of(x, step):
    return torch.round(x / step).clamp_(1 - 2**BITS, 2**BITS - 1)


class FixedPoint(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        step = step_of(x)
        return codes_of(x, step).mul_(step)

    @staticmethod
    def backward(ctx, gradient):
        return gradient  # straight through


quantise = FixedPoint.apply  # main replaces it for --float


class Quantiser(nn.Module):
    def forward(self, x):
        return quantise(x)


class Linear(nn.Linear):
    def forward(self, x):
        return F.linear(x, quantise(self.weight), quantise(self.bias))


class Conv(nn.Conv2d):
    def forward(self, x):
        bias = None if self.bias is None else quantise(self.bias)
        return F.conv2d(x, quantise(self.weight), bias, self.stride, self.padding)


def linear_relu(inputs, outputs):
    return [Linear(inputs, outputs), Quantiser(), nn.ReLU()]


def mlp():
    return nn.Sequential(nn.Flatten(), Quantiser(), *linear_relu(784, 100), Linear(100, 10), Quantiser())


def lenet5():
    layers = [Quantiser()]
    for inputs, outputs in (1, 20), (20, 50):
        layers += [Conv(inputs, outputs, 5), Quantiser(), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), *linear_relu(800, 500), Linear(500, 10), Quantiser())


def vgg11():
    layers, inputs = [Quantiser()], 3
    for outputs, pools in (64, 1), (128, 1), (256, 0), (256, 1), (512, 0), (512, 1), (512, 0), (512, 1):
        layers += [Conv(inputs, outputs, 3, padding=1), Quantiser(), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if pools else []
        inputs = outputs
    layers.append(nn.Flatten())
    for _ in range(2):
        layers += [nn.Dropout(), *linear_relu(512, 512)]
    return nn.Sequential(*layers, Linear(512, 10), Quantiser())


def conv_norm(inputs, outputs, stride):
    conv = Conv(inputs, outputs, 3, stride, 1, bias=False)
    return [conv, Quantiser(), nn.BatchNorm2d(outputs), Quantiser()]


class Block(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.branch = nn.Sequential(*conv_norm(inputs, outputs, stride), nn.ReLU(),
                                    *conv_norm(outputs, outputs, 1))
        self.shortcut = nn.Sequential()
        if inputs != outputs:
            self.shortcut = nn.Sequential(Conv(inputs, outputs, 1, stride, bias=False),
                                          nn.BatchNorm2d(outputs), Quantiser())

    def forward(self, x):
        return F.relu(quantise(self.branch(x) + self.shortcut(x)))


def resnet20():
    layers, inputs = [Quantiser(), *conv_norm(3, 16, 1), nn.ReLU()], 16
    for outputs in 16, 32, 64:
        for block in range(3):
            layers.append(Block(inputs, outputs, 2 if block == 0 and outputs > 16 else 1))
            inputs = outputs
    return nn.Sequential(*layers, nn.AvgPool2d(8), nn.Flatten(), Quantiser(), Linear(64, 10), Quantiser())


@torch.no_grad()
def add_penalty(parameters, alpha, count):
    """Bit-slice L1, arXiv 1909.08496: of every 2-bit digit k that is not 0, a slope of 4^-k."""
    for p in parameters:
        step = step_of(p)
        code = codes_of(p, step).abs_().to(torch.int32)
        slope = torch.zeros_like(p)
        for k in range(4):
            slope.add_(((code >> 2 * k) & 3) != 0, alpha=4.0**-k)
        p.grad.add_(slope.mul_(torch.sign(p)).div_(step), alpha=alpha / (4 * count))


def main():
    global quantise
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("network", choices=BATCH)
    parser.add_argument("--float", action="store_true", help="without quantisation and penalty")
    parser.add_argument("--compile", action="store_true", help="through torch.compile")
    parser.add_argument("--batch", type=int, help="instead of that of reslice bench")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    if args.float:
        quantise = lambda x: x
    net = globals()[args.network]()
    batch = args.batch or BATCH[args.network]
    shape = (1, 28, 28) if args.network in ("mlp", "lenet5") else (3, 32, 32)
    images, labels = torch.randn(batch, *shape), torch.arange(batch) % 10
    sgd = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    quantised = [p for m in net.modules() if isinstance(m, (Linear, Conv)) for p in m.parameters()]
    count = sum(p.numel() for p in quantised)
    forward = torch.compile(net) if args.compile else net
    penalise = torch.compile(add_penalty) if args.compile else add_penalty

    def run_step():
        sgd.zero_grad(set_to_none=True)
        F.cross_entropy(forward(images), labels).backward()
        if not args.float:
            penalise(quantised, 0.5, count)
        sgd.step()

    for _ in range(4):  # to warm up, and to compile
        run_step()
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < args.seconds:
        run_step()
        steps += 1
    print(f"{steps * batch / (time.perf_counter() - start):.1f} samples/s")


if __name__ == "__main__":
    main()
