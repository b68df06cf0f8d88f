# shellcheck shell=bash
# The same bytes on any number of ranks: what ranks_*_test.sh share. Experiments are trained on
# different rank counts and every result file is compared, with h5diff and byte by byte; only
# /provenance and /history/seconds may differ.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)

# h5diff compares attributes too, but equal values with other bytes (0 and -0) and objects that are
# in one file only may escape it.
same() {
    h5diff --exclude-path /provenance --exclude-path /history/seconds "$1" "$2" &&
        same_results "$1" "$2"
}

# same_folders A B: the same files with the same contents.
same_folders() {
    diff <(cd "$1" && ls) <(cd "$2" && ls) || return 1
    local file
    for file in "$1"/*.h5; do
        same "$file" "$2/${file##*/}" || return 1
    done
}

# train_on_ranks NAME ARGUMENT...: $work/NAME.yaml on 1, 2 and 4 ranks, into $work/1, 2 and 4.
train_on_ranks() {
    local name=$1 ranks
    shift
    for ranks in 1 2 4; do
        train "$ranks" "$work/$name.yaml" --output "$work/$ranks" "$@"
    done
}

# check_ranks NAME WHAT: what that made is the same.
check_ranks() {
    local ranks
    for ranks in 2 4; do
        check "$2: 1 and $ranks ranks" same_folders "$work/1/$1" "$work/$ranks/$1"
    done
}

# All four kinds of runs, a matrix, plain floats, another seed's parent; a last batch that the
# shards do not divide, and a last block of test samples that is not full.
write_small() {
    {
        experiment_head small "validation: 1000, train: 5990, test: 1990" 100 4
        cat <<'END'
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
    } >"$work/small.yaml"
}

