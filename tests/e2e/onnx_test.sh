#!/usr/bin/env bash
# reslice import of ONNX files: the logits of onnxruntime (tests/vectors/make_onnx.py), on ranks, on
# crossbars, fine-tuned; what is damaged or not supported is one line that names the node.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)
vectors=${RESLICE_VECTORS:-$root/tests/vectors}/onnx
make_pictures
export RESLICE_DATA=$work/data
color=(--set data.name=cifar10)

if ! "$reslice" import "$vectors/plain.onnx" --names >"$work/out" 2>"$work/err" &&
    grep -q 'built without protobuf-c' "$work/err"; then
    check "a build without protobuf-c says so" test "$(wc -l <"$work/err")" -eq 1
    finish
    exit
fi

# logits NETWORK RANKS
logits() {
    on_ranks "$2" "$reslice" import "$vectors/$1.onnx" "${color[@]}" \
        --set fixed_point.quantise=false --logits --fresh -o "$work/out.h5"
    "$python" "$e2e/networks_twin.py" compare "$work/out.h5" "$vectors/$1.npy"
}

# Quantised, the other commands take it; the crossbars give the exact integers.
like_a_trained_run() {
    on_ranks 2 "$reslice" import "$vectors/residual.onnx" "${color[@]}" --set crossbar.samples=2 \
        -o "$work/residual.h5"
    "$reslice" crossbar "$work/residual.h5" --quick --selftest --samples 4 --test 4 \
        --calibrate train --set crossbar.samples=2
    "$reslice" report "$work/residual.h5" | grep -F 'a.conv2'
    "$reslice" summary "$work/residual.h5" | grep -F 'conv 3x3, 24 groups'
    "$reslice" export "$work/residual.h5" -o "$work/cells.h5"
    "$python" - "$work/residual.h5" <<'END'
import sys, h5py
file = h5py.File(sys.argv[1])
assert file.attrs["run"] == "residual" and "relu6" in file.attrs["config"]
assert file["layers/a.conv2/weight"].shape == (24, 1, 3, 3)
END
}

# --names prints an experiment file; a run of it is imported, another comes from it.
fine_tuning() {
    "$reslice" import "$vectors/plain.onnx" --names >"$work/tune.yaml"
    cat >>"$work/tune.yaml" <<'END'
  - name: tuned
    from: plain
    epochs: 1
    penalty: {name: bit-slice-l1, alpha: 0.5}
END
    "$python" - "$work/tune.yaml" <<'END' # both have that network
import sys
text = open(sys.argv[1]).read()
head, rest = text.split("runs:\n")
network = rest[rest.index("    network:\n"):rest.index("  - name: tuned")]
runs = rest.replace(network, "").replace("samples: 100", "samples: 2")
sections = "data: {name: cifar10, validation: 40}\n" + network.replace("\n    ", "\n").lstrip()
open(sys.argv[1], "w").write(head + sections + "runs:\n" + runs)
END
    "$reslice" import "$vectors/plain.onnx" --network "$work/tune.yaml" --output "$work"
    on_ranks 2 "$reslice" train "$work/tune.yaml" --output "$work" | tee "$work/log"
    grep -q 'plain: complete' "$work/log"
    [ -s "$work/import/tuned.h5" ]
    sed 's/outputs: 12/outputs: 13/' "$work/tune.yaml" >"$work/other.yaml"
    refuses 'is not that of the ONNX file from layer 4, conv2 on' \
        "$vectors/plain.onnx" --network "$work/other.yaml"
}

# refuses WHAT ARGUMENT...: status 2 and one line that contains WHAT.
refuses() {
    local what=$1 status=0
    shift
    "$reslice" import "$@" -o "$work/none.h5" >"$work/out" 2>"$work/err" || status=$?
    cat "$work/err"
    [ "$status" -eq 2 ] && [ "$(grep -c '^reslice: ' "$work/err")" -eq 1 ]
    [ ! -e "$work/none.h5" ]
    grep -qF -e "$what" "$work/err"
}

refusals() {
    refuses 'cannot be read: No such file' "$work/none.onnx"
    refuses 'cannot be read: Is a directory' "$work/folder.onnx"
    refuses 'an ONNX model, not an HDF5 file' "$vectors/plain.onnx" --network resnet "${color[@]}"
    refuses '--run: value' "$vectors/plain.onnx" --run a
    refuses '(Conv): its weight has 324 values; with these images it takes 108' \
        "$vectors/residual.onnx" --set data.name=fashion-mnist --set data.train=8 --set data.test=4 \
        --data /usr/share/datasets
    printf 'experiment: a\ntraining: {select: last}\nruns: [{name: a}]\n' >"$work/model.yaml"
    refuses 'has a built-in network there' "$vectors/plain.onnx" --network "$work/model.yaml"
}

damaged() {
    local name what count=0
    mkdir "$work/bad"
    "$python" "$e2e/bad_onnx.py" "$work/bad" "$vectors/residual.onnx" >"$work/list"
    while IFS=: read -r name what; do
        count=$((count + 1))
        refuses "${what# }" "$work/bad/$name.onnx" "${color[@]}" --set data.train=8 \
            --set data.test=4 >"$work/said" || {
            echo "$name: expected '${what# }'"
            cat "$work/said"
            return 1
        }
    done <"$work/list"
    [ "$count" -ge 50 ]
}

mkdir "$work/folder.onnx"
check "residuals, depthwise, Clip, odd padding" logits residual 1
check "on two ranks" logits residual 2
check "auto_pad, Pad, Transpose, MatMul, Constant, float_data" logits plain 1
check "a shape that is worked out, ReduceMean" logits shapes 1
check "crossbar, report, summary and export take it" like_a_trained_run
check "fine-tuning" fine_tuning
check "refused, in one line" refusals
check "damaged and unsupported files" damaged
finish
