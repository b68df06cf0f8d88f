#!/usr/bin/env bash
# The same bytes on any number of ranks (ranks.sh): convolutional networks with batch norm, dropout,
# augmentation and residual sums.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/ranks.sh"

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

make_pictures
train_on_ranks images --data "$work/data"
check_ranks images "convolutional networks"
finish
