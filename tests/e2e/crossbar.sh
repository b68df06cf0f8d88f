# shellcheck shell=bash
# What the tests of reslice crossbar share: three trained runs in $work/runs/, and the command.
python=$(find_python)
# shellcheck disable=SC2034 # for the tests
fashion=${RESLICE_DATA:-/usr/share/datasets}/fashion-mnist

cat >"$work/runs.yaml" <<'END'
experiment: runs
data: {name: fashion-mnist, train: 2000, test: 280, validation: 150}
network: {model: mlp, hidden: [20]}
training: {batch: 50, shards: 2, rate: 0.05}
runs:
  - {name: full, epochs: 2}
  - {name: bitslice, from: full, epochs: 1, prune: {threshold: 0.01},
     penalty: {name: bit-slice-l1, alpha: 0.5}}
  - {name: float, epochs: 1, fixed_point: {quantise: false}}
END

# crossbar RANKS FILE ARGUMENT...
crossbar() {
    local ranks=$1
    shift
    on_ranks "$ranks" "$reslice" crossbar "$@"
}

train 2 "$work/runs.yaml" --output "$work"
