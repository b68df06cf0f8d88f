"""Damaged and unsupported ONNX files, written byte by byte: needs no onnx.

    bad_onnx.py FOLDER GOOD.onnx      FOLDER/NAME.onnx; prints "NAME: what reslice must say", a line each

Numbers of fields are those of the standard's onnx.proto.
"""
import struct
import sys


def varint(value):
    value &= (1 << 64) - 1
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name, dims, values=None, kind=1, raw=None, more=b""):
    data = b"".join(struct.pack("<f", v) for v in values) if raw is None else raw
    return b"".join(field(1, d) for d in dims) + field(2, kind) + field(8, name) + (
        field(9, data) if data else b"") + more


def attribute(name, value):
    if isinstance(value, list):
        return field(1, name) + b"".join(field(8, v) for v in value)
    return field(1, name) + field({int: 3, float: 2, str: 4, bytes: 5}[type(value)], value)


def node(kind, inputs, output, name=None, domain="", **attributes):
    return (b"".join(field(1, i) for i in inputs) + field(2, output) +
            field(3, name or f"the_{kind}") + field(4, kind) +
            b"".join(field(5, attribute(k, v)) for k, v in attributes.items()) +
            (field(7, domain) if domain else b""))


def value(name, dims):
    shape = b"".join(field(1, field(1, d)) for d in dims)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def model(nodes, tensors=(), inputs=("x",), outputs=("y",), opset=13):
    graph = b"".join(field(1, n) for n in nodes) + b"".join(field(5, t) for t in tensors)
    graph += b"".join(field(11, value(i, [1, 3, 32, 32])) for i in inputs)
    graph += b"".join(field(12, value(o, [1, 10])) for o in outputs)
    return field(1, 8) + field(8, field(2, opset)) + field(7, graph)


W = tensor("w", [4, 3, 3, 3], [0.1] * 108)
FC = tensor("fc", [10, 4], [0.1] * 40)


def network(*middle, tensors=(), conv=None, fc=FC, **how):
    """x - Conv - middle … - GlobalAveragePool - Flatten - Gemm; what goes through the middle is a, b, …"""
    last = chr(ord("a") + len(middle))
    return model([conv or node("Conv", ["x", "w"], "a"), *middle,
                  node("GlobalAveragePool", [last], "p"), node("Flatten", ["p"], "f"),
                  node("Gemm", ["f", "fc"], "y", transB=1)], [W, fc, *tensors], **how)


def conv(**attributes):
    return node("Conv", ["x", "w"], "a", **attributes)


def cases(good):
    one = tensor("one", [1], [1.0])
    yield "empty", b"", "has 0 bytes"
    yield "text", b"this is no protocol buffer\n", "is no ONNX file, or is cut off or damaged"
    yield "no-graph", field(1, 8), "is no ONNX file, or one without a graph"
    for share in (1, 50, 99):
        yield f"cut-{share}", good[:len(good) * share // 100], "is cut off or damaged"
    yield "bomb", field(7, field(1, b"") * 3000000), "more than 64 MiB and 4 times its size"
    yield "nodes", field(7, field(1, field(4, "Relu")) * 5000), "has 5000 nodes"
    yield "circle", model([node("Add", ["x", "b"], "a"), node("Relu", ["a"], "b"),
                           node("Relu", ["b"], "y")]), "node 'the_Add' (Add): reads 'b', which nothing"
    yield "self", model([node("Relu", ["y"], "y")]), "node 'the_Relu' (Relu): reads 'y', which nothing"
    yield "order", model([node("Relu", ["a"], "y"), node("Relu", ["x"], "a", "second")]), "reads 'a'"
    yield "twice", model([node("Relu", ["x"], "y"), node("Relu", ["x"], "y")]), "'y' is written twice"
    yield "unread", model([node("Relu", ["x"], "a")]), "its output 'y' is not made from its input 'x'"
    yield "constant", model([node("Relu", ["one"], "y")], [one]), "is not made from its input"
    yield "no-input", model([node("Relu", ["one"], "y")], [one], inputs=()), "has no input"
    yield "no-output", model([node("Relu", ["x"], "y")], outputs=()), "has no output"
    yield "two-inputs", network(inputs=("x", "z")), "has two inputs, 'x' and 'z'"
    yield "two-outputs", network(outputs=("y", "f")), "has 2 outputs"
    yield "huge", model([node("Conv", ["x", "v"], "y")], [tensor("v", [2**40, 2**40, 3, 3], [1])]), \
        "tensor 'v' has a side of 1099511627776"
    yield "negative", model([node("Conv", ["x", "v"], "y")], [tensor("v", [-1, 3, 3, 3], [1])]), \
        "tensor 'v' has a side of -1"
    yield "axes", model([node("Conv", ["x", "v"], "y")], [tensor("v", [1] * 7, [1])]), "has 7 axes"
    yield "fewer", model([node("Conv", ["x", "v"], "y")], [tensor("v", [9, 3, 3, 3], [1])]), \
        "tensor 'v' should have 243 values by its shape, and has fewer"
    yield "odd", model([node("Conv", ["x", "v"], "y")], [tensor("v", [1], raw=b"12345")]), "and has others"
    yield "external", model([node("Conv", ["x", "v"], "y")], [tensor(
        "v", [9, 3, 3, 3], [], more=field(14, 1))]), "the values of 'v' are in another file"
    yield "float16", model([node("Conv", ["x", "v"], "y")], [tensor(
        "v", [4, 3, 3, 3], raw=bytes(216), kind=10)]), "(Conv): its input 2 is of float16"
    yield "lrn", network(node("LRN", ["a"], "b", "norm1", size=5)), \
        "node 'norm1' (LRN): this operator is not supported; supported: Add, AveragePool"
    yield "domain", network(node("Relu", ["a"], "b", domain="com.microsoft")), "(Relu): this operator"
    yield "scale", network(node("Mul", ["a", "one"], "b"), tensors=[one]), "node 'the_Mul' (Mul): this"
    yield "excite", model([conv(), node("GlobalAveragePool", ["a"], "s"), node("Mul", ["a", "s"], "m"),
                           node("Relu", ["m"], "y")], [W]), "node 'the_Mul' (Mul): this operator"
    yield "dilation", network(conv=conv(dilations=[2, 2])), "(Conv): dilations; supported: 1"
    yield "strides", network(conv=conv(strides=[1, 2])), "(Conv): strides; supported: the same"
    yield "pads", network(conv=conv(pads=[1, 1])), "(Conv): pads has 2 numbers"
    yield "padding", network(conv=conv(pads=[1, -1, 1, 1])), "(Conv): a side is padded by -1 pixels"
    yield "wide", network(conv=conv(pads=[3, 3, 3, 3])), "padding 3, 3, 3, 3 is not below the kernel"
    yield "lower", network(conv=conv(auto_pad="SAME_LOWER")), "auto_pad is SAME_LOWER; supported: NOTSET"
    yield "group", network(conv=conv(group=0)), "(Conv): group is 0; supported: 1 to 32768"
    yield "groups", network(conv=conv(group=3)), "conv: 3 groups do not divide"
    yield "clip", network(node("Clip", ["a"], "b", min=0.0, max=5.0)), "clips to 0 .. 5; supported: 0 .. 6"
    yield "relu-first", model([node("Relu", ["x"], "y")]), "(Relu): must stand behind a layer"
    yield "add", network(node("Add", ["a", "one"], "b"), tensors=[one]), "one number for each of 4 outputs"
    yield "double", network(node("Add", ["a", "a"], "b")), "node 'the_Add' (Add): adds a value to itself"
    yield "sum", network(node("Relu", ["a"], "r"), node("Sum", ["a", "r", "a"], "c")), "adds 3 values"
    yield "braid", model([conv(), node("Conv", ["a", "v"], "b", "one"), node("Conv", ["a", "v"], "c", "two"),
                          node("Add", ["b", "c"], "d"), node("Conv", ["b", "v"], "e", "three"),
                          node("Add", ["d", "e"], "f"), node("GlobalAveragePool", ["f"], "y")],
                         [W, tensor("v", [4, 4, 1, 1], [.1] * 16)]), "that do not meet as those of a residual"
    yield "window", network(node("MaxPool", ["a"], "b", kernel_shape=[2, 3])), "kernel_shape; supported: square"
    yield "kernel", network(tensors=[tensor("v", [4, 3, 17, 1], [.1] * 204)], conv=node(
        "Conv", ["x", "v"], "a")), "(Conv): a kernel of 17 x 1; supported: 1 to 16"
    yield "image", model([conv(), node("MatMul", ["a", "fc"], "y")], [W, FC]), "(MatMul): works on flat values"
    yield "no-weights", model([node("Conv", ["x", "x"], "y")]), "(Conv): its input 2 must be weights of the file"
    yield "input-less", model([node("Conv", [], "a"), node("Relu", ["x"], "y")]), "(Relu): must stand behind"
    yield "classes", network(fc=tensor("fc", [7, 4], [.1] * 28)), "ends with 7 values; the data set has 10"
    yield "inputs", network(fc=tensor("fc", [10, 5], [.1] * 50)), \
        "node 'the_Gemm' (Gemm): its weight has 50 values; with these images it takes 40"
    yield "nan", network(fc=tensor("fc", [10, 4], [float("nan")] * 40)), \
        "node 'the_Gemm' (Gemm): a weight is not finite"
    norm = [tensor(n, [4], [v] * 4) for n, v in (("s", 1.), ("b1", 0.), ("m", 0.), ("var", -1.))]
    yield "variance", network(node("BatchNormalization", ["a", "s", "b1", "m", "var"], "b"), tensors=norm), \
        "(BatchNormalization): a variance is negative"
    yield "epsilon", network(node("BatchNormalization", ["a", "s", "b1", "m", "var"], "b", epsilon=0.0),
                             tensors=norm), "(BatchNormalization): epsilon is 0; supported: above 0"
    yield "layers", deep(), "the network has more than 256 layers"


def deep():
    nodes = [conv()] + [node("Conv", [f"v{i}" if i else "a", "v"], f"v{i + 1}") for i in range(300)]
    return model([*nodes, node("GlobalAveragePool", ["v300"], "y")], [W, tensor("v", [4, 4, 1, 1], [.1] * 16)])


def main():
    good = open(sys.argv[2], "rb").read()
    for name, content, said in cases(good):
        with open(f"{sys.argv[1]}/{name}.onnx", "wb") as file:
            file.write(content)
        print(f"{name}: {said}")


main()
