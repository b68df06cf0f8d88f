#!/usr/bin/env bash
# Jobs of a real SLURM, two nodes on this machine (jobs/local-slurm.sh), end in the same bytes as a
# plain run: on two nodes, in arrays, through a time limit, preemption, cancelling; jobs/table.sh.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/common.sh"
unset OMPI_MCA_{pml,btl,ess_singleton_isolated,odls_base_sigkill_timeout} # as jobs have it
python=$(find_python)
export RESLICE=$reslice

for program in slurmd slurmctld munged sbatch; do
    if [ "$(id -u)" -ne 0 ] || ! command -v $program >/dev/null; then
        echo "skipped: needs root and $program (jobs/setup-debian.sh --slurm installs it)"
        exit 77
    fi
done
export LOCAL_SLURM=$work/s
trap '"$root/jobs/local-slurm.sh" stop 2>/dev/null; rm -rf "$work"' EXIT
"$root/jobs/local-slurm.sh" start
# shellcheck disable=SC1091 # made by the line before
. "$LOCAL_SLURM/environment"

{
    experiment_head e "validation: 500, train: 2990, test: 990" 30 2
    cat <<'END'
  - name: parent
    epochs: 4
    penalty: {name: l1, alpha: 5}
    matrix: {training.seed: [1, 2]}
  - name: child
    from: parent
    epochs: 2
    prune: {threshold: 0.01}
    penalty: {name: bit-slice-l1, alpha: 0.5}
    matrix: {penalty.alpha: [0.5, 1]}
  - name: long
    epochs: 100
END
} >"$work/e.yaml"

runs=(parent@seed={1,2} "child@alpha="{0.5,1}",seed="{1,2} long)

# ---- jobs ----

# submit NAME OPTION...: its number in $job, what it says in $work/NAME.words.
submit() {
    words=$work/$1.words
    shift
    job=$(sbatch --parsable --output="$words" "$@")
}

# until_true COMMAND...: at most four minutes; an idle machine needs a few seconds, or thirty where
# SLURM looks at its clock.
until_true() {
    local end=$((SECONDS + 240))
    until "$@" 2>/dev/null; do
        if [ $SECONDS -ge $end ]; then
            echo "in vain: $*"
            squeue
            cat "$words"
            return 1
        fi
        sleep 0.1
    done
}

has_ended() {
    local left
    left=$(squeue -h -j "$1" -o %i 2>/dev/null) || true # forgotten ones are an error
    [ -z "$left" ]
}

# ends_as STATE JOB [RESTARTS]: every task of it.
ends_as() {
    local facts
    until_true has_ended "$2"
    facts=$(scontrol show job "$2" | grep -oE '(JobState|Restarts|ExitCode)=\S+')
    echo "job $2: $(xargs <<<"$facts")"
    cat "$words"
    [ "$(grep JobState <<<"$facts" | sort -u)" = "JobState=$1" ]
    [ -z "${3:-}" ] || grep -qx "Restarts=$3" <<<"$facts"
}

# right_results DIR RUN...
right_results() {
    local folder=$1 run
    shift
    for run; do
        same_results "$work/whole/e/$run.h5" "$folder/e/$run.h5"
    done
    [ -z "$(find "$folder" -name '*checkpoint*' -o -name '*.part')" ]
}

# The processes of the ranks of a job.
ranks_of() {
    local number
    while read -r number; do
        if [ "$(readlink "/proc/$number/exe")" = "$(readlink -f "$reslice")" ] &&
            grep -qzsx "SLURM_CONF=$SLURM_CONF" "/proc/$number/environ"; then
            echo "$number"
        fi
    done < <(grep -lzsx "SLURM_JOB_ID=$1" /proc/[0-9]*/environ | cut -d/ -f3)
}

# Lets the ranks of a job wait in the middle of training, without work, for what is to come.
hold() {
    until_true grep -qE '^epoch|stopped by' "$words"
    ranks_of "$1" | xargs -r kill -STOP
    ! grep -q 'stopped by' "$words" || return 0 # what is to come was faster
    [ "$(ranks_of "$1" | wc -l)" -eq "$2" ]
}

go_on() {
    ranks_of "$1" | xargs -r kill -CONT
}

train_job=$root/jobs/train.sbatch

# ---- the tests ----

# The signal comes when SLURM looks at its clock, every 30 s: other tests go on meanwhile.
begin_time_limit() {
    submit limit --nodelist=n1 -n 2 --time=1 --signal=B:USR1@59 "$train_job" "$work/e.yaml" \
        --run long --output "$work/limit"
    echo "$job" >"$work/limit.job"
    hold "$job" 2
    {
        until_true grep -q SIGUSR1 "$words"
        go_on "$job"
        until_true grep -q 'back into the queue$' "$words"
        scontrol update JobId="$job" TimeLimit=20 # the second start may take its time
    } &
}

end_time_limit() {
    words=$work/limit.words
    ends_as COMPLETED "$(cat "$work/limit.job")" 1
    grep -q '^long: stopped by SIGUSR1 in epoch' "$words"
    grep -q 'e/long: resumed in epoch' "$words"
    right_results "$work/limit" long
}

# two_nodes LAUNCHER
two_nodes() {
    RESLICE_LAUNCH=$2 submit "nodes_$1" -N 2 -n 2 "$train_job" "$work/e.yaml" \
        --run child@alpha=1,seed=2 --output "$work/nodes_$1"
    ends_as COMPLETED "$job"
    right_results "$work/nodes_$1" parent@seed=2 child@alpha=1,seed=2
    "$python" - "$work/nodes_$1/e/parent@seed=2.h5" <<'END'
import sys, h5py
facts = h5py.File(sys.argv[1], "r")["provenance"].attrs
assert facts["ranks"] == 2, dict(facts)
END
}

array_of_seeds() {
    submit array -n 1 --array=0-1 "$train_job" "$work/e.yaml" --run parent --output "$work/array"
    ends_as COMPLETED "$job"
    right_results "$work/array" parent@seed=1 parent@seed=2
}

preempted() {
    local normal
    submit preempted --nodelist=n2 -n 2 "$train_job" "$work/e.yaml" --run long \
        --output "$work/preempted"
    normal=$job
    hold "$normal" 2
    sbatch --parsable --output="$work/urgent.words" --partition=urgent --nodelist=n2 -N 1 -n 4 \
        --wrap 'sleep 1' # continues what it terminates
    ends_as COMPLETED "$normal" 1
    grep -q 'e/long: resumed in epoch' "$words"
    right_results "$work/preempted" long
}

cancelled() {
    submit cancelled --nodelist=n2 -n 1 "$train_job" "$work/e.yaml" --run long \
        --output "$work/cancelled"
    hold "$job" 1
    scancel "$job"
    ends_as CANCELLED "$job" 0
    "$reslice" train "$work/e.yaml" --run long --output "$work/cancelled" --list |
        grep -q $'\tinterrupted\t'
    submit cancelled --nodelist=n2 -n 2 "$train_job" "$work/e.yaml" --run long \
        --output "$work/cancelled"
    ends_as COMPLETED "$job" 0
    grep -q 'e/long: resumed in epoch' "$words"
    right_results "$work/cancelled" long
}

# A rank on one node is killed: that of the other node must not wait for ever.
killed() {
    submit killed -N 2 -n 2 "$train_job" "$work/e.yaml" --run long --output "$work/killed"
    hold "$job" 2
    kill -KILL "$(ranks_of "$job" | tail -1)"
    go_on "$job"
    ends_as FAILED "$job"
}

# table OPTION...: jobs/table.sh; what it has submitted in $submitted, until all that has ended.
table() {
    local job
    submitted=$(cd / && "$root/jobs/table.sh" --sbatch=--time=10 "$work/e.yaml" "$@")
    echo "$submitted"
    words=/dev/null
    while read -r _ job _; do
        until_true has_ended "${job%:}"
    done <<<"$submitted"
}

whole_table() {
    local format files
    files=("${runs[@]/#/$work/whole/e/}")
    files=("${files[@]/%/.h5}")
    table --output "$work/table"
    [ "$(wc -l <<<"$submitted")" -eq 5 ] # parents, children of each, long, report
    right_results "$work/table" "${runs[@]}"
    for format in text:txt markdown:md latex:tex csv:csv json:json; do
        "$reslice" report --format "${format%:*}" "${files[@]}" |
            cmp - "$work/table/e/tables.${format#*:}"
    done
}

rest_of_a_table() {
    rm "$work/table/e/child@alpha=1,seed=2.h5" "$work/table/e/tables.txt"
    table --output "$work/table"
    [ "$(grep -c child <<<"$submitted")" -eq 1 ]
    [ "$(wc -l <<<"$submitted")" -eq 2 ]
    right_results "$work/table" child@alpha=1,seed=2
    grep -q '^child@alpha=1 .* 2 ' "$work/table/e/tables.txt" # two seeds
}

# The lock of one seed cannot be taken: what comes from it is cancelled, the rest and the report are
# there.
failed_table() {
    mkdir -p "$work/bad/e/parent@seed=2.h5.lock"
    table --output "$work/bad"
    cat "$work"/bad/e/log/{parent,child}*
    diff - <(grep '^not complete' "$work"/bad/e/log/report*) <<'END'
not complete: parent@seed=2 (missing)
not complete: child@alpha=0.5,seed=2 (missing)
not complete: child@alpha=1,seed=2 (missing)
END
    right_results "$work/bad" parent@seed=1 child@alpha=1,seed=1 child@alpha=0.5,seed=1 long
    "$reslice" report "$work"/whole/e/{parent@seed=1,child@alpha=0.5\,seed=1,child@alpha=1\,seed=1,long}.h5 |
        cmp - "$work/bad/e/tables.txt"
}

crossbars() {
    local run options=(--quick --samples 64 --test 64)
    mkdir -p "$work"/{mapped,here}/e
    for run in "${runs[@]:0:2}"; do
        cp "$work/whole/e/$run.h5" "$work/mapped/e"
        cp "$work/whole/e/$run.h5" "$work/here/e"
        "$reslice" crossbar "$work/here/e/$run.h5" "${options[@]}"
    done
    submit crossbars -n 2 --array=0-1 "$root/jobs/crossbar.sbatch" "$work"/mapped/e/*.h5 \
        "${options[@]}"
    ends_as COMPLETED "$job"
    for run in "${runs[@]:0:2}"; do
        same_results "$work/here/e/$run.h5" "$work/mapped/e/$run.h5"
    done
}

nothing_left() {
    local shared
    shared=$(readlink "$LOCAL_SLURM/shm")
    "$root/jobs/local-slurm.sh" stop
    [ ! -e "$LOCAL_SLURM" ]
    [ ! -e "$shared" ]
    [ -z "$(env -u SLURM_CONF grep -lzsx "SLURM_CONF=$SLURM_CONF" /proc/[0-9]*/environ)" ]
}

train 1 "$work/e.yaml" --output "$work/whole"
check "a job waits for its time limit" begin_time_limit
check "two nodes, srun" two_nodes srun ''
check "two nodes, mpirun" two_nodes mpirun mpirun
check "an array over seeds" array_of_seeds
check "a preempted job" preempted
check "a cancelled job" cancelled
check "SIGUSR1 before the time limit, requeued" end_time_limit
check "a killed rank" killed
check "a table" whole_table
check "the rest of a table" rest_of_a_table
check "a table with a failure" failed_table
check "crossbars" crossbars
check "nothing is left" nothing_left
finish
