"""Weight files and logits from numpy, for the import test: needs no PyTorch.

    import_twin.py write FOLDER DATA             FOLDER/{mlp,resnet,padded}.h5 and their logits as .npy
    import_twin.py compare RESULT.h5 LOGITS.npy  largest difference, at most 1e-4
    import_twin.py pictures FOLDER               made-up CIFAR-10 files
    import_twin.py break FILE.h5 HOW             renames, drops or reshapes a tensor

The ResNet (depth 8, width 8) has the names of CIFAR-10 repositories, the MLP those of
torch.nn.Sequential, as groups and in other float types.
"""
import gzip
import json
import pickle
import os
import sys
import zipfile

import h5py
import numpy as np

FASHION = (0.2860,), (0.3530,)
CIFAR = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
draw = np.random.default_rng(1)


def normalise(pixels, mean, std):
    return (pixels / 255.0 - np.reshape(mean, (-1, 1, 1))) / np.reshape(std, (-1, 1, 1))


def pictures(folder):
    os.makedirs(f"{folder}/cifar-10-batches-bin")
    for name in [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]:
        with open(f"{folder}/cifar-10-batches-bin/{name}", "wb") as file:
            for _ in range(40):
                file.write(bytes([draw.integers(10)]) + draw.bytes(3072))


def test_images(folder):
    with gzip.open(f"{folder}/fashion-mnist/t10k-images-idx3-ubyte.gz") as file:
        grey = np.frombuffer(file.read()[16:], np.uint8).reshape(-1, 1, 28, 28)[:200]
    with open(f"{folder}/cifar-10-batches-bin/test_batch.bin", "rb") as file:
        color = np.frombuffer(file.read(), np.uint8).reshape(-1, 3073)[:, 1:]
    return normalise(grey, *FASHION), normalise(color.reshape(-1, 3, 32, 32), *CIFAR)


def conv(x, weight, step):
    """x [n, c, h, w], weight [out, c, k, k]; padding k // 2."""
    k, padded = weight.shape[2], np.pad(x, ((0, 0), (0, 0), *[(weight.shape[2] // 2,) * 2] * 2))
    n, height, width = x.shape[0], x.shape[2], x.shape[3]
    y = np.zeros((n, weight.shape[0], -(-height // step), -(-width // step)))
    for u in range(k):
        for v in range(k):
            window = padded[:, :, u:u + height:step, v:v + width:step]
            y += np.einsum("nchw,oc->nohw", window, weight[:, :, u, v], optimize=True)
    return y


class State(dict):
    def tensor(self, name, shape, low, high):
        self[name] = draw.uniform(low, high, shape).astype(np.float32)
        return self[name].astype(np.float64)

    def conv_norm(self, x, conv_name, norm_name, outputs, k, step):
        shape = (outputs, x.shape[1], k, k)
        bound = np.sqrt(3.0 / np.prod(shape[1:]))
        y = conv(x, self.tensor(f"{conv_name}.weight", shape, -bound, bound), step)
        scale = self.tensor(f"{norm_name}.weight", outputs, 0.5, 1.5)
        shift = self.tensor(f"{norm_name}.bias", outputs, -0.3, 0.3)
        mean = self.tensor(f"{norm_name}.running_mean", outputs, -0.3, 0.3)
        variance = self.tensor(f"{norm_name}.running_var", outputs, 0.5, 2)
        self[f"{norm_name}.num_batches_tracked"] = np.int64(7)
        factor = (scale / np.sqrt(variance + 1e-5)).reshape(-1, 1, 1)
        return y * factor + (shift.reshape(-1, 1, 1) - mean.reshape(-1, 1, 1) * factor)

    def linear(self, x, name, outputs):
        bound = np.sqrt(3.0 / x.shape[1])
        weight = self.tensor(f"{name}.weight", (outputs, x.shape[1]), -bound, bound)
        return x @ weight.T + self.tensor(f"{name}.bias", outputs, -0.2, 0.2)


def pad_shortcut(x, outputs):
    """Option A of He et al. 2016: every other pixel, channels of zeros before and behind."""
    more = outputs - x.shape[1]
    return np.pad(x[:, :, ::2, ::2], ((0, 0), (more // 2, more - more // 2), (0, 0), (0, 0)))


def resnet(state, x, pads=False):
    x = np.maximum(state.conv_norm(x, "module.conv1", "module.bn1", 8, 3, 1), 0)
    for stage, outputs in enumerate((8, 16, 32)):
        name, step = f"module.layer{stage + 1}.0", 2 if stage else 1
        y = np.maximum(state.conv_norm(x, f"{name}.conv1", f"{name}.bn1", outputs, 3, step), 0)
        y = state.conv_norm(y, f"{name}.conv2", f"{name}.bn2", outputs, 3, 1)
        if stage and pads:
            x = pad_shortcut(x, outputs)
        elif stage:
            x = state.conv_norm(x, f"{name}.shortcut.0", f"{name}.shortcut.1", outputs, 1, step)
        x = np.maximum(x + y, 0)
    return state.linear(x.mean((2, 3)), "module.linear", 10)


def mlp(state, x):
    """Eleven layers: a sort by letters would put layer 10 before layer 2."""
    x = x.reshape(len(x), -1)
    for layer in range(10):
        x = np.maximum(state.linear(x, f"{2 * layer + 1}", 24), 0)
    return state.linear(x, "21", 10)


def write(folder, data):
    grey, color = test_images(data)
    for name, build, x in (("mlp", mlp, grey), ("resnet", resnet, color),
                           ("padded", lambda state, x: resnet(state, x, True), color)):
        state = State()
        np.save(f"{folder}/{name}.npy", build(state, x))
        with h5py.File(f"{folder}/{name}.h5", "w") as file:
            for key, value in state.items():
                if name == "mlp":  # groups, and numbers that are not float32
                    file[key.replace(".", "/")] = value.astype(np.float64)
                else:
                    file[key] = value


def compare(path, expected):
    with h5py.File(path) as file:
        there = file["predictions/logit"][:]
        classes = file["predictions/predicted"][:]
        quantised = file.attrs["quantise"]
    expected = np.load(expected)[:len(there)]
    difference = np.abs(there - expected).max()
    print(f"{path}: largest |logit| {np.abs(expected).max():.3g}, difference {difference:.2g}")
    assert (there.argmax(1) == classes).all()
    assert len(expected) == len(there) and np.abs(expected).max() > 0.1
    assert quantised or difference < 1e-4


def damage(path, how):
    with h5py.File(path, "a") as file:
        if how == "missing":
            del file["module.bn1.running_var"]
        elif how == "extra":
            file["module.layer9.0.conv1.weight"] = np.zeros((2, 2, 3, 3), np.float32)
        elif how == "shape":
            del file["module.linear.weight"]
            file["module.linear.weight"] = np.zeros((10, 64), np.float32)
        elif how == "nan":
            file["module.linear.bias"][3] = np.nan
        elif how == "negative":
            file["module.bn1.running_var"][2] = -1
        elif how == "text":
            del file["module.linear.bias"]
            file["module.linear.bias"] = "no numbers"
        elif how == "no-bias":
            del file["module.linear.bias"]


# ---- the same weights as other programs leave them ----


def rename(file, new_name):
    for name in list(file):
        file.move(name, new_name(name))


def whole_checkpoint(file):
    """A trainer's checkpoint: the network in a group, a profiler's buffers, an optimiser, words."""
    rename(file, lambda name: name.replace("module.", "state_dict/model."))
    file["state_dict/model.conv1.total_ops"] = np.zeros(1)
    file["state_dict/criterion.weight"] = np.ones(10, np.float32)
    file["optimizer/state/0/exp_avg"] = np.zeros((8, 3, 3, 3), np.float32)
    file["optimizer/param_groups/0/lr"] = 0.1
    file["epoch"] = 7
    file["arch"] = "resnet8"


def prune(file):
    """torch.nn.utils.prune: weight = weight_orig * weight_mask, also of a bias."""
    masks = np.random.default_rng(3)
    for name, kind in (("conv1.weight", bool), ("layer1.0.conv1.weight", np.float32),
                       ("linear.weight", np.uint8), ("linear.bias", np.float32)):
        value = file[f"module.{name}"][:]
        del file[f"module.{name}"]
        file[f"module.{name}_orig"] = value
        file[f"module.{name}_mask"] = (masks.random(value.shape) < 0.5).astype(kind)


def retype(kind):
    def change(file):
        for name in list(file):
            if file[name].ndim > 0:
                value = file[name][:]
                del file[name]
                file[name] = value.astype(kind)
    return change


def codes(kind):
    def change(file):
        value = file["module.layer1.0.conv1.weight"][:]
        del file["module.layer1.0.conv1.weight"]
        file["module.layer1.0.conv1.weight"] = (np.rint(value * 100) > 0 if kind == bool else
                                                np.rint(value * 100)).astype(kind)
    return change


def twice(file):
    for name in list(file):
        file[name.replace("module.", "ema.")] = file[name][()]


FORMS = {
    "bare": lambda file: rename(file, lambda name: name.replace("module.", "")),
    "compiled": lambda file: rename(file, lambda name: name.replace("module.", "_orig_mod.")),
    "lightning": lambda file: rename(file, lambda name: name.replace("module.", "model.")),
    "parallel": lambda file: rename(file, lambda name: "module." + name),
    "own": lambda file: rename(file, lambda name: name.replace("module.", "net/body.part1.")),
    "checkpoint": whole_checkpoint,
    "pruned": prune,
    "float16": retype(np.float16),
    "float64": retype(np.float64),
    "big-endian": retype(">f4"),
    "int8": codes(np.int8),
    "uint8": codes(np.uint8),
    "bool": codes(bool),
    "twice": twice,
}


def form(path, how):
    with h5py.File(path, "a") as file:
        FORMS[how](file)


def same_weights(path, result):
    """Every weight and bias of the result is that of the file, whatever stands in front of its name."""
    state, compared = {}, 0
    with h5py.File(path) as file:
        file.visititems(lambda name, item: state.update({name.replace("/", "."): item[()]})
                        if isinstance(item, h5py.Dataset) else None)
    for name in [name for name in state if name.endswith("_orig")]:
        state[name[:-5]] = state[name] * state[name[:-5] + "_mask"]
    with h5py.File(result) as file:
        for layer in file["layers"]:
            for member in ("weight", "bias"):
                if member not in file[f"layers/{layer}"]:
                    continue
                there = file[f"layers/{layer}/{member}"][:]
                own = f"{layer.replace('downsample', 'shortcut')}.{member}"
                own = own.replace("fc.", "linear.")
                found = [name for name in state if name == own or name.endswith(f".{own}")]
                found = [name for name in found if len(name) == min(map(len, found))]
                assert len(found) == 1, (own, found)
                assert (there == state[found[0]].astype(np.float32)).all(), own
                compared += 1
    print(f"{compared} tensors")
    assert compared > 20


# ---- files that are not HDF5 ----


def other_formats(weights, folder):
    """One file of each format that holds weights, the archive of NumPy with all tensors."""
    with h5py.File(weights) as file:
        state = {name: file[name][()] for name in file}
    np.savez(f"{folder}/weights.npz", **state)
    np.save(f"{folder}/one.npy", state["module.conv1.weight"])
    with zipfile.ZipFile(f"{folder}/model.pt", "w") as file:
        file.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
        file.writestr("archive/version", b"3\n")
    with open(f"{folder}/old.pth", "wb") as file:
        pickle.dump(0x1950A86A20F9469CFC6C, file, protocol=2)
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    with open(f"{folder}/model.safetensors", "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header + bytes(4))
    with open(f"{folder}/model.onnx", "wb") as file:
        file.write(b"\x08\x07\x12\x07pytorch\x1a\x031.9")


if __name__ == "__main__":
    {"write": write, "compare": compare, "pictures": pictures, "break": damage, "form": form,
     "same": same_weights, "formats": other_formats}[sys.argv[1]](
        *sys.argv[2:])
