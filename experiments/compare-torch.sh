#!/usr/bin/env bash
# reslice bench against the same training step in PyTorch (torch_peer.py), in turn on one core.
#
#     experiments/compare-torch.sh [-n ROUNDS] [-s SECONDS] [-c CORE] [-m MODES] [NETWORK...]
#
# ROUNDS (5) of SECONDS (10) for each program; CORE is the first that this process may use; NETWORK: mlp,
# lenet5, resnet20, vgg11 (all). MODES, "eager compiled", says how PyTorch runs. Prints samples a second as
# median (least to most), and how many times those of PyTorch reslice's median is. $RESLICE is the program
# (build/reslice), $PYTHON a Python that has PyTorch, which nothing else needs:
#
#     python3 -m venv venv && venv/bin/pip install torch && PYTHON=venv/bin/python experiments/compare-torch.sh
#
# The core should have nothing else to do.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
reslice=${RESLICE:-$here/../build/reslice}
python=${PYTHON:-python3}
rounds=5 seconds=10 core="" modes="eager compiled"
while getopts n:s:c:m: option; do
    case $option in
        n) rounds=$OPTARG ;;
        s) seconds=$OPTARG ;;
        c) core=$OPTARG ;;
        m) modes=$OPTARG ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
networks=("$@")
[ $# -gt 0 ] || networks=(mlp lenet5 resnet20 vgg11)

"$python" -c 'import torch' 2>/dev/null || {
    echo "$python has no PyTorch: python3 -m venv venv && venv/bin/pip install torch, then PYTHON=venv/bin/python $0" >&2
    exit 2
}
[ "$core" ] || core=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 # one core each
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# measure FILE COMMAND...: appends its samples a second, on the core.
measure() {
    local rate
    taskset -c "$core" "${@:2}" >"$work/said" 2>"$work/wrong" || {
        cat "$work/said" "$work/wrong" >&2
        echo "failed: ${*:2}" >&2
        exit 1
    }
    rate=$(sed -n 's|^ *\([0-9.]*\) samples/s.*|\1|p' "$work/said")
    echo "$rate" >>"$1"
}

# median FILE
median() {
    sort -g "$1" | awk '{ x[NR] = $1 } END { print (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2 }'
}

# spread FILE: "median (least to most)"
spread() {
    printf '%.0f (%.0f to %.0f)' "$(median "$1")" "$(sort -g "$1" | head -n 1)" "$(sort -g "$1" | tail -n 1)"
}

# compare NETWORK KIND OPTION...: all programs in turn, then a row for each mode.
compare() {
    local round mode options
    rm -f "$work"/rate.*
    for ((round = 0; round < rounds; round++)); do
        for mode in $modes; do
            options=("${@:3}")
            [ "$mode" = eager ] || options+=(--compile)
            measure "$work/rate.reslice" "$reslice" bench --network "$1" --seconds "$seconds" "${@:3}"
            measure "$work/rate.$mode" "$python" "$here/torch_peer.py" "$1" --seconds "$seconds" \
                "${options[@]}"
        done
    done
    for mode in $modes; do
        echo "| $1 | $2 | $mode | $(spread "$work/rate.reslice") | $(spread "$work/rate.$mode") |" \
            "$(echo "$(median "$work/rate.reslice") $(median "$work/rate.$mode")" |
                awk '{ printf "%.2fx", $1 / $2 }') |"
    done
}

"$reslice" bench --seconds 0.01 | sed -n 1,2p
echo "PyTorch $("$python" -c 'import torch; print(torch.__version__)'), core $core, $rounds rounds of $seconds s"
echo
echo "| network | arithmetic | PyTorch | reslice samples/s | PyTorch samples/s | ratio |"
echo "|---|---|---|---|---|---|"
for network in "${networks[@]}"; do
    compare "$network" quantised
    compare "$network" float --float
done
