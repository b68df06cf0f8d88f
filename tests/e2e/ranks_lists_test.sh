#!/usr/bin/env bash
# The same bytes on any number of ranks (ranks.sh) from lists of layers, which are the built-in
# networks once more: also the same bytes as theirs.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/ranks.sh"

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
        same_results "$file" "$2/${file##*/}" config || return 1
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

# What is dropped from the batch that activation exponents come from before there was any training.
write_dropout() {
    cat >"$work/dropout.yaml" <<'END'
experiment: dropout
data: {name: fashion-mnist, train: 24, test: 20}
network: {layers: [flatten, linear: {outputs: 12}, relu, dropout, linear: {outputs: 10}]}
training: {batch: 24, shards: 4, rate: 0.02, select: test}
runs: [{name: first, epochs: 0, matrix: {training.seed: [2, 4, 6, 8]}}]
END
}

data=()
make_pictures
write_dropout
train_on_ranks dropout
check_ranks dropout "dropout before any training"
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
finish
