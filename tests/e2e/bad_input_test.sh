#!/usr/bin/env bash
# Bad input of every kind in bad_input.txt: each rank ends with status 2, and all of them together
# write one line, which starts with "reslice: " and says what is wrong and where.
#
#     bad_input_test.sh [part of a name]       only the rows whose name has it
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)
only=${1:-}

cat >"$work/good.yaml" <<'END'
experiment: e
data: {name: mnist, validation: 12}
network: {model: mlp, hidden: [8]}
training: {batch: 24, shards: 12, rate: 0.01}
runs:
  - {name: pretrain, epochs: 1}
  - {name: child, from: pretrain, epochs: 1, prune: {threshold: 0.01}}
END

make_files() {
    mkdir -p "$work/folder" "$work/data" "$work/is_file" "$work/is_folder/e/pretrain.h5"
    : >"$work/empty.yaml"
    : >"$work/is_file/e"
    "$python" "$e2e/bad_files.py" data "$work/data"
    export RESLICE_DATA=$work/data/good
    train 1 "$work/good.yaml" --output "$work/done"
    "$python" "$e2e/bad_files.py" results "$work"
    long=$(printf 'x%.0s' {1..250})
    long=$long/$long/$long/$long/$long
}

# Runs one rank of a job, with its words and its status in files of its own: mpirun would mix the
# words with its own and end the other ranks on the first status that is not 0.
cat >"$work/rank.sh" <<'END'
#!/bin/sh
words=$1
shift
rank=${OMPI_COMM_WORLD_RANK:-0}
"$@" >"$words.out.$rank" 2>"$words.err.$rank"
echo $? >"$words.status.$rank"
exit 0
END
chmod +x "$work/rank.sh"

# run_job RANKS ARGUMENT...: leaves $job.{out,err,status}.RANK. Each job has a folder of its own:
# two that train into one would find each other's lock.
run_job() {
    local ranks=$1
    shift
    mkdir "$job.mpi"
    if [ "$ranks" -eq 1 ]; then # as users start one
        (cd "$job.mpi" && OMPI_MCA_orte_tmpdir_base=$job.mpi timeout 100 "$work/rank.sh" "$job" \
            "$reslice" "$@" </dev/null)
        return
    fi
    (cd "$job.mpi" && OMPI_MCA_orte_tmpdir_base=$job.mpi timeout 100 "$mpiexec" -q --bind-to none \
        -n "$ranks" "$work/rank.sh" "$job" "$reslice" "$@" </dev/null)
}

every_rank_has_status() {
    local want=$1 ranks=$2 rank status
    for ((rank = 0; rank < ranks; rank++)); do
        status=$(cat "$job.status.$rank")
        [ "$status" -eq "$want" ] || {
            echo "rank $rank: status $status instead of $want"
            cat "$job".err.* "$job".out.* | head -20
            return 1
        }
    done
}

# One line in all, with these words (separated by "; ").
one_line_with() {
    local words=$1 line word
    line=$(cat "$job".err.*)
    echo "$line"
    [ "$(cat "$job".err.* | wc -l)" -eq 1 ] || {
        echo "not one line"
        return 1
    }
    case $line in
        'reslice: '*) ;;
        *)
            echo "does not start with 'reslice: '"
            return 1
            ;;
    esac
    while [ -n "$words" ]; do
        word=${words%%; *}
        words=${words#"$word"}
        words=${words#; }
        grep -qF -- "$word" <<<"$line" || {
            echo "no '$word' in it"
            return 1
        }
    done
}

# is_refused RANKS STATUS WORDS ARGUMENT...
is_refused() {
    local ranks=$1 status=$2 words=$3
    shift 3
    run_job "$ranks" "$@" || {
        echo "mpirun has failed, or it took too long"
        return 1
    }
    every_rank_has_status "$status" "$ranks" && one_line_with "$words"
}

# ---- several jobs at a time: mpirun mostly waits ----

started=0
jobs_at_once=$((2 * $(env -u OMP_NUM_THREADS nproc)))

# start WHAT COMMAND...: as check of common.sh, in the background; collect tells how it went.
start() {
    started=$((started + 1))
    job=$work/jobs/$started
    mkdir -p "$work/jobs"
    echo "$1" >"$job.what"
    shift
    while [ "$(jobs -rp | wc -l)" -ge "$jobs_at_once" ]; do
        wait -n || true
    done
    (
        if "$@"; then
            touch "$job.fine"
        fi
    ) >"$job.log" 2>&1 &
}

was_fine() {
    cat "$1.log"
    [ -e "$1.fine" ]
}

collect() {
    local n
    wait
    for ((n = 1; n <= started; n++)); do
        check "$(cat "$work/jobs/$n.what")" was_fine "$work/jobs/$n"
    done
}

# ---- the table ----

trim() {
    sed 's/^ *//; s/ *$//' <<<"$1"
}

# row NAME RANKS EXPERIMENT ARGUMENTS WORDS
row() {
    local name=$1 ranks=$2 experiment=$3 arguments=$4 words=$5 n
    arguments=${arguments//@LONG/$long}
    arguments=${arguments//@/$work}
    case $experiment in
        -) ;;
        good) arguments="$arguments $work/good.yaml" ;;
        *)
            printf '%b' "$experiment" >"$work/${name// /_}.yaml"
            arguments="$arguments $work/${name// /_}.yaml"
            ;;
    esac
    case "$arguments " in
        train*--output*) ;;
        train*) arguments="$arguments --output results" ;;
    esac
    for n in $ranks; do
        # shellcheck disable=SC2086 # a list of words
        start "$name, $n ranks" is_refused "$n" 2 "${words//@/$work}" $arguments
    done
}

table() {
    local line field
    while IFS= read -r line; do
        IFS='|' read -r -a field <<<"$line"
        if [ ${#field[@]} -ne 5 ]; then
            echo "bad_input.txt: ${#field[@]} fields instead of 5: $line"
            failed=$((failed + 1))
            continue
        fi
        case "${field[0]}" in
            *"$only"*)
                row "$(trim "${field[0]}")" "$(trim "${field[1]}")" "$(trim "${field[2]}")" \
                    "$(trim "${field[3]}")" "$(trim "${field[4]}")"
                ;;
        esac
    done < <(grep -v -e '^#' -e '^$' "$e2e/bad_input.txt")
}

# The status that users see.
mpirun_status() {
    local status=0
    "$mpiexec" -n 3 "$reslice" train "$work/nowhere.yaml" </dev/null || status=$?
    echo "status $status"
    [ "$status" -eq 2 ]
}

# No work and no folder before everything is checked.
nothing_written() {
    ls "$work"
    ! compgen -G "$work/jobs/*.mpi/results/e/pretrain.h5"
}

make_files
table
for n in 1 3; do
    start "diverged, $n ranks" is_refused "$n" 4 "diverged; epoch; training.rate" train \
        "$work/good.yaml" --output "$work/diverged" --set training.rate=1000 --set epochs=50
done
collect
check "mpirun's own status is 2" mpirun_status
check "nothing was written" nothing_written
finish
