# shellcheck shell=bash
# Training in the background, to be interrupted: for tests that have sourced common.sh and put an
# experiment into $work/e.yaml.
export OMPI_MCA_btl_vader_backing_directory=$work # a killed job leaves its files there
unset OMPI_MCA_odls_base_sigkill_timeout # ranks that are told to stop write a checkpoint
checkpoint_minutes=0.002

# Leaves its process number, which the program then has. With LIMIT no file may grow beyond so many
# KiB: a full disk without one.
cat >"$work/rank.sh" <<'END'
#!/bin/bash
echo $$ >"$1.${OMPI_COMM_WORLD_RANK:-0}"
shift
if [ -n "${LIMIT:-}" ]; then
    export OMPI_MCA_btl=self,tcp # shared memory is a file too
    ulimit -f "$LIMIT"
fi
exec "$@"
END
chmod +x "$work/rank.sh"

# start_job RANKS ARGUMENT...: of reslice train, with checkpoints all the time. $job is mpirun, the
# processes of the ranks stand in $work/pid.RANK, what they say in $work/words.
start_job() {
    local ranks=$1
    shift
    rm -f "$work"/pid.*
    : >"$work/words" # of the job before, which is not to be taken for this one
    "$mpiexec" -q --bind-to none -n "$ranks" "$work/rank.sh" "$work/pid" "$reslice" train \
        "$work/e.yaml" --checkpoint-minutes "$checkpoint_minutes" "$@" </dev/null >"$work/words" 2>&1 &
    job=$!
}

# kill_ranks SIGNAL
kill_ranks() {
    local file
    for file in "$work"/pid.*; do
        [ ! -s "$file" ] || kill "-$1" "$(cat "$file")" 2>/dev/null || true
    done
}
trap 'kill_ranks KILL; rm -rf "$work"' EXIT

# until_true COMMAND...: at most 30 s.
until_true() {
    local i
    for ((i = 0; i < 1500; i++)); do
        ! "$@" 2>/dev/null || return 0
        sleep 0.02
    done
    echo "in vain: $*"
    return 1
}

job_has_ended() {
    ! kill -0 "$job"
}

# Signals mean something as soon as there are words, even the last ones.
is_training() {
    grep -q 'epoch' "$work/words" || job_has_ended
}

# ends_with STATUS [WORDS]: so does the job.
ends_with() {
    local status=0
    wait "$job" || status=$?
    rm -f "$work"/pid.*
    cat "$work/words"
    echo "status $status"
    [ "$status" -eq "$1" ]
    [ -z "${2:-}" ] || grep -qF -- "$2" "$work/words"
}

# The ranks of an mpirun that was killed end by themselves.
no_rank_is_left() {
    local file
    for file in "$work"/pid.*; do
        ! kill -0 "$(cat "$file")" || return 1
    done
}
