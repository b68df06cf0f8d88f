#!/usr/bin/env python3
"""Makes onnx/*.onnx and their logits, onnx/*.npy: small networks that have what `reslice import` reads.

    make_onnx.py FOLDER        needs onnx, onnxruntime and numpy; written with onnx 1.23, onnxruntime 1.32

The images are the test pictures of make_pictures in tests/e2e/common.sh, normalised as CIFAR-10 is.
"""
import random
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

draw = np.random.default_rng(11)


def pictures():
    source = random.Random(1)
    for _ in range(6):  # the files in their order
        records = [(source.randrange(10), source.randbytes(3072)) for _ in range(24)]
    pixels = np.array([np.frombuffer(data, np.uint8) for _, data in records]).reshape(-1, 3, 32, 32)
    mean = np.array((0.485, 0.456, 0.406)).reshape(-1, 1, 1)
    std = np.array((0.229, 0.224, 0.225)).reshape(-1, 1, 1)
    return ((pixels / 255 - mean) / std).astype(np.float32)


class Graph:
    def __init__(self):
        self.nodes, self.tensors, self.number = [], [], 0

    def tensor(self, name, value, raw=True):
        value = np.asarray(value)
        if raw:
            self.tensors.append(numpy_helper.from_array(value, name))
        else:
            kind = TensorProto.DOUBLE if value.dtype == np.float64 else TensorProto.FLOAT
            self.tensors.append(helper.make_tensor(name, kind, value.shape, value.ravel()))
        return name

    def node(self, kind, inputs, **attributes):
        self.number += 1
        output = f"v{self.number}"
        name = attributes.pop("name", f"{kind.lower()}_{self.number}")
        self.nodes.append(helper.make_node(kind, inputs, [output], name=name, **attributes))
        return output

    def conv(self, x, name, inputs, outputs, kernel, bias=True, raw=True, dtype=np.float32, **attributes):
        kh, kw = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        inside = inputs // attributes.get("group", 1)
        bound = np.sqrt(6 / (inside * kh * kw))
        weight = draw.uniform(-bound, bound, (outputs, inside, kh, kw)).astype(dtype)
        names = [x, self.tensor(f"{name}.weight", weight, raw)]
        if bias:
            names.append(self.tensor(f"{name}.bias", draw.uniform(-.2, .2, outputs).astype(dtype), raw))
        return self.node("Conv", names, **attributes)

    def norm(self, x, name, channels, **attributes):
        values = (("weight", .5, 1.5), ("bias", -.3, .3), ("running_mean", -.2, .2),
                  ("running_var", .5, 2))
        names = [self.tensor(f"{name}.{member}", draw.uniform(low, high, channels).astype(np.float32))
                 for member, low, high in values]
        return self.node("BatchNormalization", [x, *names], **attributes)

    def uniform(self, name, shape, bound, raw=True):
        return self.tensor(name, draw.uniform(-bound, bound, shape).astype(np.float32), raw)

    def save(self, path, output, opset, shape=("n", 3, 32, 32), out=("n", 10)):
        given = helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)
        result = helper.make_tensor_value_info(output, TensorProto.FLOAT, out)
        graph = helper.make_graph(self.nodes, "graph", [given], [result], self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def residual(path):
    """Two residuals, one inside the other's shortcut; depthwise; odd padding; Clip; names of PyTorch."""
    g = Graph()
    six, zero = g.tensor("six", np.float32(6)), g.tensor("zero", np.float32(0))
    x = g.conv("image", "stem", 3, 12, 3, False, strides=[2, 2], pads=[0, 1, 2, 1])
    x = g.node("Clip", [g.norm(x, "stem.norm", 12, epsilon=0.003), zero, six])
    x = g.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1], ceil_mode=1)
    y = g.node("Relu", [g.conv(x, "a.conv1", 12, 24, 1)])
    y = g.node("Relu", [g.conv(y, "a.conv2", 24, 24, 3, True, False, group=24, pads=[1] * 4)])
    y = g.norm(g.conv(y, "a.conv3", 24, 16, 1, False), "a.norm", 16)
    s = g.conv(x, "a.short1", 12, 16, (3, 1), pads=[1, 0, 1, 0])
    t = g.node("Relu", [g.conv(s, "a.short2", 16, 16, (1, 3), group=4, pads=[0, 1, 0, 1])])
    s = g.node("Sum", [s, t])
    x = g.node("Relu", [g.node("Add", [s, y])])
    y = g.conv(g.node("Relu", [g.conv(x, "b.conv1", 16, 8, 1)]), "b.conv2", 8, 16, 3, pads=[1] * 4)
    x = g.node("Add", [x, y])
    x = g.node("AveragePool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1],
               count_include_pad=1)
    shape = g.tensor("one.pixel", np.array([-1, 1, 1, 16]))  # channels last, as TensorFlow leaves it
    x = g.node("Flatten", [g.node("Reshape", [g.node("GlobalAveragePool", [x]), shape])])
    x = g.node("Gemm", [x, g.uniform("fc.weight", (16, 10), .5), g.uniform("fc.bias", (1, 10), .3)],
               alpha=1.5, beta=.5)
    g.save(path, g.node("Softmax", [x], axis=1), 13)
    return x  # logits


def plain(path):
    """auto_pad, Constant, Transpose and Pad in front, ReLU behind a maximum, MatMul and Add, float64."""
    g = Graph()
    x = g.node("Transpose", ["image"], perm=[0, 3, 1, 2])
    pads = g.node("Constant", [], value=numpy_helper.from_array(np.array([0, 0, 1, 0, 0, 0, 1, 2])))
    x = g.node("Pad", [x, pads], mode="constant")
    x = g.conv(x, "onnx::Conv_1", 3, 8, 5, strides=[2, 2])
    x = g.node("Identity", [g.node("MaxPool", [x], kernel_shape=[2, 2])])
    x = g.node("Relu", [x])
    x = g.conv(x, "onnx::Conv_2", 8, 12, 2, False, strides=[2, 2], auto_pad="SAME_UPPER")
    x = g.node("Add", [g.uniform("onnx::bias", (12, 1, 1), .2), x])
    x = g.node("AveragePool", [g.node("Relu", [x])], kernel_shape=[2, 2], pads=[1, 0, 0, 1])
    shape = g.node("Constant", [], value=numpy_helper.from_array(np.array([-1, 588])))
    x = g.node("Dropout", [g.node("Reshape", [x, shape])])
    x = g.node("MatMul", [x, g.uniform("onnx::MatMul_3", (588, 20), .08, False)])
    x = g.node("Relu", [g.node("Add", [x, g.uniform("b1", (20,), .2)])])
    x = g.node("Gemm", [x, g.uniform("w2", (10, 20), .4), g.uniform("b2", (1,), .2)], transB=1)
    g.save(path, x, 17, ("n", 32, 32, 3))
    return x


def shapes(path):
    """A shape that is worked out, as PyTorch writes x.view(x.size(0), -1); ReduceMean; version 18."""
    g = Graph()
    x = g.node("Relu", [g.conv("image", "conv", 3, 6, 3, strides=[2, 2])])
    x = g.node("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
    size = g.node("Shape", [x])
    samples = g.node("Gather", [size, g.tensor("first", np.int64(0))], axis=0)
    samples = g.node("Unsqueeze", [samples, g.tensor("axis", np.array([0]))])
    shape = g.node("Concat", [samples, g.tensor("rest", np.array([-1]))], axis=0)
    x = g.node("Relu", [g.node("Gemm", [g.node("Reshape", [x, shape]),
                                        g.uniform("fc1.weight", (72, 294), .15)], transB=1)])
    x = g.node("Reshape", [x, g.tensor("image.shape", np.array([0, 8, 3, 3]))])
    x = g.conv(x, "last", 8, 10, 3, pads=[1] * 4)
    x = g.node("ReduceMean", [x, g.tensor("axes", np.array([-1, 2]))], keepdims=0)
    g.save(path, x, 18)
    return x


def main():
    images = pictures()
    for build in (residual, plain, shapes):
        path = f"{sys.argv[1]}/{build.__name__}.onnx"
        logits = build(path)
        model = onnx.load(path)
        model.graph.output.append(helper.make_tensor_value_info(logits, TensorProto.FLOAT, ("n", 10)))
        if model.graph.output[0].name == logits:
            del model.graph.output[0]
        session = onnxruntime.InferenceSession(model.SerializeToString())
        last = build.__name__ == "plain"
        given = images.transpose(0, 2, 3, 1) if last else images
        expected = session.run([logits], {"image": np.ascontiguousarray(given)})[0]
        np.save(f"{sys.argv[1]}/{build.__name__}.npy", expected)
        print(path, expected.shape, np.abs(expected).max())


main()
