#!/usr/bin/env bash
# The same bytes on any number of ranks: trains experiments on different rank counts and compares
# every result file, with h5diff and byte by byte; only /provenance and /history/seconds may differ.
#
#     ranks_test.sh small|full|levels|images|lists|constraints|rivals
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)

# h5diff compares attributes too, but equal values with other bytes (0 and -0) and objects that are
# in one file only may escape it.
same() {
    h5diff --exclude-path /provenance --exclude-path /history/seconds "$1" "$2" &&
        "$python" "$e2e/same_results.py" "$1" "$2"
}

# same_folders A B: the same files with the same contents.
same_folders() {
    diff <(cd "$1" && ls) <(cd "$2" && ls) || return 1
    local file
    for file in "$1"/*.h5; do
        same "$file" "$2/${file##*/}" || return 1
    done
}

# All four kinds of runs, a matrix, plain floats, another seed's parent; a last batch that the
# shards do not divide, and a last block of test samples that is not full.
cat >"$work/small.yaml" <<'END'
experiment: small
data: {name: fashion-mnist, validation: 1000, train: 5990, test: 1990}
network: {model: mlp, hidden: [100]}
training: {batch: 64, shards: 4, rate: 0.05, momentum: 0.5, nesterov: true, schedule: one-cycle}
runs:
  - name: pretrain
    epochs: 2
    matrix: {training.seed: [1, 2]}
    penalty: {name: l1, alpha: 5}
  - name: pruned
    from: pretrain
    prune: {threshold: 0.01}
  - name: l1
    from: pretrain
    epochs: 2
    prune: {threshold: 0.01}
    penalty: {name: l1, alpha: 5}
  - name: bitslice
    from: pretrain
    epochs: 2
    prune: {threshold: 0.01}
    penalty: {name: bit-slice-l1, alpha: 0.5}
  - name: float
    fixed_point: {quantise: false}
    epochs: 2
    training: {weight_decay: 0.001, schedule: cosine, select: test}
END

# One bit of a dataset, then of an attribute, then a missing object must be noticed.
can_fail() {
    local good=$1 bad=$work/bad.h5 change
    for change in "f['predictions/predicted'][7] ^= 1" "f['layers/fc1/weight'][3, 5] *= -1" \
        "f.attrs['pruned'] += 1" "f['slices/fc1/nonzero'].attrs['units'] = 'x'" \
        "del f['adc/fc2/static']"; do
        cp "$good" "$bad"
        "$python" -c "
import sys, h5py
with h5py.File(sys.argv[1], 'r+') as f:
    $change" "$bad"
        if same "$good" "$bad"; then
            echo "not noticed: $change"
            return 1
        fi
    done
}

# A second start trains nothing and writes nothing; --fresh makes the same bytes again; and a child
# whose parent comes from a file of another rank count is the same child.
rerun() {
    local folder=$work/rerun/small
    cp -r "$work/1" "$work/rerun"
    touch -d 2001-01-01 "$folder"/*.h5
    train 2 "$work/small.yaml" --output "$work/rerun"
    [ -z "$(find "$folder" -newermt 2002-01-01 -name '*.h5')" ]
    rm "$folder"/bitslice*.h5
    train 4 "$work/small.yaml" --output "$work/rerun" --run bitslice
    [ "$(find "$folder" -newermt 2002-01-01 -name '*.h5' | wc -l)" -eq 2 ]
    train 2 "$work/small.yaml" --output "$work/rerun" --fresh --run l1
    same_folders "$work/1/small" "$folder"
}

small() {
    local ranks
    for ranks in 1 2 4; do
        train "$ranks" "$work/small.yaml" --output "$work/$ranks"
    done
    check "a changed file is noticed" can_fail "$work/1/small/bitslice@seed=1.h5"
    check "two seeds differ" fails same "$work/1/small/l1@seed=1.h5" "$work/1/small/l1@seed=2.h5"
    for ranks in 2 4; do
        check "small, 4 shards: 1 and $ranks ranks" same_folders "$work/1/small" \
            "$work/$ranks/small"
    done
    check "run again" rerun
    for ranks in 1 3; do
        train "$ranks" "$work/small.yaml" --output "$work/three$ranks" --set training.shards=3 \
            --run l1
    done
    check "small, 3 shards: 1 and 3 ranks" same_folders "$work/three1/small" "$work/three3/small"
    check "3 and 4 shards differ" fails same "$work/1/small/l1@seed=1.h5" \
        "$work/three1/small/l1@seed=1.h5"
}

# The quick start's data in full, one epoch.
full() {
    local ranks
    for ranks in 1 2 4; do
        train "$ranks" "$root/experiments/quickstart.yaml" --output "$work/$ranks" --set epochs=1
    done
    for ranks in 2 4; do
        check "quickstart, one epoch: 1 and $ranks ranks" same_folders "$work/1/quickstart" \
            "$work/$ranks/quickstart"
    done
}

# Every instruction set below the best one; on a machine without it the best one is tried again.
levels() {
    local level ranks
    for level in portable avx2; do
        export RESLICE_SIMD=$level
        for ranks in 1 2 4; do
            train "$ranks" "$work/small.yaml" --output "$work/$level$ranks" --run bitslice@seed=1 \
                --run float
        done
        for ranks in 2 4; do
            check "$level kernels: 1 and $ranks ranks" same_folders "$work/${level}1/small" \
                "$work/$level$ranks/small"
        done
    done
}

# Convolutional networks on made-up pictures: batch norm, dropout, augmentation, residual sums.
make_pictures() {
    mkdir -p "$work/data/cifar-10-batches-bin"
    "$python" - "$work/data/cifar-10-batches-bin" <<'END'
import random, sys
draw = random.Random(1)
for name in [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]:
    with open(f"{sys.argv[1]}/{name}", "wb") as file:
        for record in range(24):
            file.write(bytes([draw.randrange(10)]) + draw.randbytes(3072))
END
}

write_images() {
    cat >"$work/images.yaml" <<'END'
experiment: images
data: {name: cifar10, validation: 20, flip: true, crop: 4}
network: {model: resnet, depth: 8, width: 8}
training: {batch: 24, shards: 4, rate: 0.05, momentum: 0.9, weight_decay: 0.001}
crossbar: {samples: 5}
runs:
  - name: resnet
    epochs: 2
    penalty: {name: l1, alpha: 5}
  - name: bitslice
    from: resnet
    epochs: 1
    prune: {threshold: 0.01}
    penalty: {name: bit-slice-l1, alpha: 0.5}
  - name: float
    fixed_point: {quantise: false}
    epochs: 1
  - name: vgg
    network: {model: vgg11, batch_norm: true}
    data: {train: 24}
    epochs: 1
END
}

images() {
    local ranks
    make_pictures
    write_images
    for ranks in 1 2 4; do
        train "$ranks" "$work/images.yaml" --data "$work/data" --output "$work/$ranks"
    done
    for ranks in 2 4; do
        check "convolutional networks: 1 and $ranks ranks" same_folders "$work/1/images" \
            "$work/$ranks/images"
    done
}

# ---- constraints: their projections are divided over ranks ----

cat >"$work/constraints.yaml" <<'END'
experiment: constraints
data: {name: fashion-mnist, validation: 100, train: 500, test: 200}
network: {model: mlp, hidden: [30, 7]}
training: {batch: 64, shards: 4, rate: 0.05, momentum: 0.5}
runs:
  - {name: dense, epochs: 1, penalty: {name: l1, alpha: 5}}
  - name: admm
    from: dense
    epochs: 2
    sparsity: {keep: [0.1, 0, 0.5]}
    column-sparsity: {nonzeros: 10}
    impose: {every: 5, rho: 0.1}
  - {name: retrain, from: admm, epochs: 1, sparsity: {keep: [0.1, 0, 0.5]}, impose: {by: hard}}
  - {name: limit, from: dense, epochs: 1, adc-limit: {bits: [3, 3, 3, 1]}, impose: {rho: 0.1}}
  - name: forward
    from: limit
    epochs: 1
    adc-limit: {bits: [3, 3, 3, 1, 9, 9, 9, 9, 2, 2, 2, 2]}
    column-sparsity: {nonzeros: 9}
    impose: {by: forward}
  - {name: child, from: limit}
END

# What the constraints promise, from the codes in the files. A child keeps the exponents.
obeys() {
    "$python" - "$1" <<'END'
import sys, h5py, numpy as np
def codes(run, layer):
    data = h5py.File(f"{sys.argv[1]}/{run}.h5")["layers"][layer]["weight_code"]
    return data[()].astype(int), data.attrs
def columns(code):
    return [code[:, first:first + 128] for first in range(0, code.shape[1], 128)]
for run in "admm", "retrain":
    assert np.count_nonzero(codes(run, "fc1")[0]) <= 0.1 * 784 * 30, run
    assert np.count_nonzero(codes(run, "fc3")[0]) <= 0.5 * 7 * 10, run
for run, limited in ("admm", 10), ("forward", 9):
    for layer in "fc1", "fc2", "fc3":
        for part in columns(codes(run, layer)[0]):
            assert np.count_nonzero(part, axis=1).max() <= limited, (run, layer)
def limits(run, layer, bits):
    for part in columns(codes(run, layer)[0]):
        for sign in 1, -1:
            for k, n in enumerate(bits):
                digit = np.maximum(sign * part, 0) >> 2 * k & 3
                assert digit.sum(axis=1).max() < 2 ** n, (run, layer, k)
for layer in "fc1", "fc2", "fc3":
    limits("limit", layer, (3, 3, 3, 1))
def static_bits(run, layer): # as the program maps it; the wider sign of each slice, B0 first
    return h5py.File(f"{sys.argv[1]}/{run}.h5")["adc"][layer]["static"][()].max(axis=0)
for layer in "fc1", "fc2", "fc3":
    assert (static_bits("limit", layer) <= (3, 3, 3, 1)).all(), layer
    for run, limited in ("admm", 10), ("forward", 9):
        assert static_bits(run, layer).max() <= np.ceil(np.log2(1 + 3 * limited)), (run, layer)
limits("forward", "fc1", (3, 3, 3, 1))
limits("forward", "fc3", (2, 2, 2, 2))
for layer in "fc1", "fc2", "fc3":
    a, b = codes("limit", layer), codes("child", layer)
    assert (a[0] == b[0]).all() and a[1]["exponent"] == b[1]["exponent"] == b[1]["exponent_floor"]
assert np.isfinite(h5py.File(f"{sys.argv[1]}/admm.h5")["history/residual"][1:]).all()
END
}

# Every result can be mapped, whatever imposed its constraint, and no ADC within its limits clips.
mapped() {
    local run
    for run in "$work"/1/constraints/*.h5; do
        cp "$run" "$work/mapped.h5"
        on_ranks 2 "$reslice" crossbar "$work/mapped.h5" --quick --selftest --samples 50 --test 50
    done
    run=$work/1/constraints/limit.h5
    cp "$run" "$work/mapped.h5"
    on_ranks 1 "$reslice" crossbar "$work/mapped.h5" --quick --samples 50 --test 50 --adc "$1"
    "$python" - "$work/mapped.h5" "($1)" <<'END'
import sys, h5py
with h5py.File(sys.argv[1]) as file:
    group = file["adc/assignments"]
    names = [group.attrs[f"assignment_{i}"] for i in range(len(group["clip_rate"]))]
    here = names.index(sys.argv[2])
    assert group["clip_rate"][here] == 0, "a converter clips"
    assert group["test_accuracy"][here] == file["adc"].attrs["exact_test_accuracy"]
END
}

# The zeros of a pruned parent would not stay.
refuses_pruned_parents() {
    local status=0
    sed '$a\  - {name: fit, from: retrain, smartdeal: {threshold: 0.1}, impose: {by: hard}}' \
        "$work/constraints.yaml" >"$work/filled.yaml"
    on_ranks 2 "$reslice" train "$work/filled.yaml" --output "$work/2" 2>"$work/err" || status=$?
    cat "$work/err"
    [ "$status" -eq 2 ] && [ ! -e "$work/2/constraints/fit.h5" ]
    grep -q "run 'fit': smartdeal on fc1.weight, which the parent run has pruned" "$work/err"
}

constraints() {
    local ranks
    for ranks in 1 2 4; do
        train "$ranks" "$work/constraints.yaml" --output "$work/$ranks"
    done
    check "the constraints are kept" obeys "$work/1/constraints"
    check "results with constraints on crossbars" mapped 1,3,3,3
    for ranks in 2 4; do
        check "constraints: 1 and $ranks ranks" same_folders "$work/1/constraints" \
            "$work/$ranks/constraints"
    done
    check "a fit of pruned weights is refused" refuses_pruned_parents
}

# ---- constraints on values, and the group lasso ----

write_rivals() {
    cat >"$work/rivals.yaml" <<'END'
experiment: rivals
data: {name: fashion-mnist, validation: 100, train: 700, test: 300}
network:
  layers:
    - conv: {outputs: 20, kernel: 5}
    - relu
    - max-pool: {size: 2}
    - conv: {outputs: 50, kernel: 5}
    - relu
    - max-pool: {size: 2}
    - flatten
    - linear: {outputs: 30}
    - relu
    - linear: {outputs: 10}
training: {batch: 64, shards: 4, rate: 0.02, momentum: 0.9}
crossbar: {samples: 5}
runs:
  - name: circulant
    epochs: 1
    circulant: {block: [0, 8, 16, 0], gain: 4}
    impose: {by: hard, every: 1}
  - name: grid
    from: circulant
    epochs: 1
    grid: {bits: [3, 3, 2, 2]}
    impose: {by: admm, every: 4, rho: 0.01}
  - name: sparse # nothing is trained: indices, and groups without a weight
    from: circulant
    sparsity: {keep: [0.5, 0.02, 0.01, 0]}
    grid: {bits: [3, 3, 2, 0]}
    impose: {by: hard}
    group-lasso: {alpha: 0, group: [0, 5, 16, 0]}
  - name: ternary
    from: circulant
    epochs: 1
    ternary: {threshold: [0, 0.05, 0.05, 0]}
    impose: {by: forward}
    group-lasso: {alpha: 0.01, group: [0, 5, 16, 0]}
    penalty: {name: bit-slice-l1, alpha: 0.5}
  - name: smartdeal
    from: circulant
    epochs: 1
    smartdeal: {threshold: [0, 0, 0, 0.03]}
    impose: {by: hard}
END
}

rivals() {
    local ranks
    write_rivals
    for ranks in 1 2 4; do
        train "$ranks" "$work/rivals.yaml" --output "$work/$ranks"
    done
    for ranks in 2 4; do
        check "constraints: 1 and $ranks ranks" same_folders "$work/1/rivals" "$work/$ranks/rivals"
    done
    check "the methods on one page" env RIVALS="$work/rivals.yaml" RESLICE="$reslice" \
        "$root/experiments/rivals/rivals.sh" -n 2 -o "$work/1"
    check "what the constraints promise" "$python" "$e2e/rivals_check.py" "$work/1/rivals"
}

# ---- lists of layers: the built-in networks once more ----

# write_garments NAME MLP LENET5: an experiment with these two networks.
write_garments() {
    cat >"$work/$1.yaml" <<END
experiment: lists
data: {name: fashion-mnist, validation: 100, train: 700, test: 300}
training: {batch: 64, shards: 4, rate: 0.02, momentum: 0.9}
crossbar: {samples: 5}
runs:
  - {name: mlp, epochs: 1, network: $2}
  - name: lenet5
    epochs: 1
    network: &lenet5 $3
    penalty: {name: l1, alpha: 5}
  - name: bitslice
    from: lenet5
    network: *lenet5
    epochs: 1
    prune: {threshold: 0.01}
    penalty: {name: bit-slice-l1, alpha: 0.5}
  - name: float
    epochs: 1
    network: *lenet5
    fixed_point: {quantise: false}
END
}

mlp_list='{layers: [flatten, linear: {outputs: 50}, relu, linear: {outputs: 10}]}'
lenet5_list='
      layers:
        - conv: {outputs: 20, kernel: 5}
        - relu
        - max-pool: {size: 2}
        - conv: {outputs: 50, kernel: 5}
        - relu
        - max-pool: {size: 2}
        - flatten
        - linear: {outputs: 500}
        - relu
        - linear: {outputs: 10}'

# resnet_block NAME WIDTH STRIDE: a basic block; one that changes the shape has a shortcut.
resnet_block() {
    cat <<END
        - residual:
            name: $1
            layers:
              - conv: {outputs: $2, kernel: 3, stride: $3, padding: 1, bias: false}
              - batch-norm
              - relu
              - conv: {outputs: $2, kernel: 3, padding: 1, bias: false}
              - batch-norm
END
    if [ "$3" -ne 1 ]; then
        cat <<END
            shortcut:
              - conv: {outputs: $2, kernel: 1, stride: $3, bias: false, quantise: false,
                       name: $1.downsample.0}
              - batch-norm: {name: $1.downsample.1}
END
    fi
    echo "        - relu"
}

resnet_list() {
    cat <<END

      layers:
        - conv: {outputs: 8, kernel: 3, padding: 1, bias: false}
        - batch-norm
        - relu
$(resnet_block layer1.0 8 1)
$(resnet_block layer2.0 16 2)
$(resnet_block layer3.0 32 2)
        - global-average-pool
        - quantise: {name: pool}
        - flatten
        - linear: {outputs: 10, name: fc}
END
}

# vgg_layer NUMBER WIDTH [pool]
vgg_layer() {
    cat <<END
        - conv: {outputs: $2, kernel: 3, padding: 1, bias: false}
        - batch-norm: {name: conv$1.norm}
        - relu
END
    if [ $# -eq 3 ]; then
        echo "        - max-pool: {size: 2}"
    fi
}

vgg_list() {
    cat <<END

      layers:
$(vgg_layer 1 64 pool)
$(vgg_layer 2 128 pool)
$(vgg_layer 3 256)
$(vgg_layer 4 256 pool)
$(vgg_layer 5 512)
$(vgg_layer 6 512 pool)
$(vgg_layer 7 512)
$(vgg_layer 8 512 pool)
        - flatten
        - dropout
        - linear: {outputs: 512}
        - relu
        - dropout
        - linear: {outputs: 512}
        - relu
        - linear: {outputs: 10}
END
}

# write_coloured NAME RESNET VGG
write_coloured() {
    cat >"$work/$1.yaml" <<END
experiment: lists
data: {name: cifar10, validation: 20, flip: true, crop: 4}
training: {batch: 24, shards: 4, rate: 0.05, momentum: 0.9, weight_decay: 0.001}
crossbar: {samples: 5}
runs:
  - name: resnet
    epochs: 2
    network: $2
  - name: vgg
    data: {train: 24}
    epochs: 1
    network: $3
END
}

# All bytes but those of the settings, which have the network in another way.
same_as_model() {
    local file
    diff <(cd "$1" && ls) <(cd "$2" && ls) || return 1
    for file in "$1"/*.h5; do
        "$python" "$e2e/same_results.py" "$file" "$2/${file##*/}" config || return 1
    done
}

# A second start knows its own list, and tells another one from it.
knows_its_list() {
    local file=$work/again.yaml
    cp "$work/garments_list.yaml" "$file"
    cp -r "$work/garments_list1" "$work/again"
    touch -d 2001-01-01 "$work"/again/lists/*.h5
    train 1 "$file" --output "$work/again"
    [ -z "$(find "$work/again" -newermt 2002-01-01 -name '*.h5')" ]
    sed -i 's/outputs: 500/outputs: 501/' "$file"
    fails on_ranks 1 "$reslice" train "$file" --output "$work/again" >"$work/again.log" 2>&1
    cat "$work/again.log"
    grep -q "other settings.*outputs: 500.*outputs: 501" "$work/again.log"
}

lists() {
    local ranks kind data=()
    make_pictures
    write_garments garments_model '{model: mlp, hidden: [50]}' '{model: lenet5}'
    write_garments garments_list "$mlp_list" "$lenet5_list"
    write_coloured coloured_model '{model: resnet, depth: 8, width: 8}' \
        '{model: vgg11, batch_norm: true}'
    write_coloured coloured_list "$(resnet_list)" "$(vgg_list)"
    for kind in garments coloured; do
        train 1 "$work/${kind}_model.yaml" "${data[@]}" --output "$work/${kind}_model"
        for ranks in 1 2; do
            train "$ranks" "$work/${kind}_list.yaml" "${data[@]}" --output "$work/${kind}_list$ranks"
        done
        data=(--data "$work/data")
    done
    for kind in garments coloured; do
        for ranks in 1 2; do
            check "$kind, list and model, $ranks ranks" same_as_model \
                "$work/${kind}_list$ranks/lists" "$work/${kind}_model/lists"
        done
        check "$kind, list, 1 and 2 ranks" same_folders "$work/${kind}_list1/lists" \
            "$work/${kind}_list2/lists"
    done
    check "report of lists" "$reslice" report "$work"/*_list1/lists/*.h5
    check "its own list and another one" knows_its_list
}

"${1:-small}"
finish
