#!/usr/bin/env bash
# Trains a quantised, a pruned and a float run and looks at their files with h5py and xarray.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)

cat >"$work/runs.yaml" <<'END'
experiment: runs
data: {name: fashion-mnist, train: 2000, test: 300}
network: {model: mlp, hidden: [20]}
training: {batch: 50, shards: 2, rate: 0.05, select: last}
runs:
  - {name: full, epochs: 2}
  - {name: pruned, from: full, prune: {threshold: 0.02}}
  - {name: float, epochs: 1, fixed_point: {quantise: false}}
END
train 2 "$work/runs.yaml" --output "$work"
check "h5py and xarray" "$python" "$e2e/python_test.py" "$work"/runs/*.h5
finish
