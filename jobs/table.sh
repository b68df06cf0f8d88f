#!/usr/bin/env bash
# Submits an experiment to SLURM as a graph of jobs: an array for each run over the variants of its
# matrix (seeds, settings), each behind its parent, and behind all of them a job that writes the
# tables.
#
#     jobs/table.sh [--dry-run] [--sbatch=OPTION]... EXPERIMENT.yaml [options of reslice train]
#
#     jobs/table.sh experiments/mnist-alpha-sweep.yaml --data $HOME/data
#     jobs/table.sh --sbatch=--partition=cpu --sbatch=--time=30 experiments/mnist-mlp.yaml
#
# What is complete is not submitted; so after a failure, or with more values in a matrix, the same
# command submits what is missing. A run has as many ranks as the experiment has shards
# (--sbatch=--ntasks=N for another number); jobs/train.sbatch has the other defaults and requeues
# itself. Of a run that fails only what comes from it is cancelled. Everything ends in
#
#     DIR/EXPERIMENT/tables.txt, .md, .tex, .csv, .json       (DIR: --output, or results)
#     DIR/EXPERIMENT/log                                     what the jobs say
#
# --dry-run prints the calls of sbatch instead. RESLICE is the program (build/reslice, or the one
# on the PATH).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export RESLICE=${RESLICE:-$root/build/reslice}
[ -x "$RESLICE" ] || RESLICE=$(command -v reslice) || RESLICE=$root/build/reslice # installed
dry_run=false
sbatch_options=()

give_up() {
    echo "table.sh: $*" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
        --dry-run) dry_run=true ;;
        --sbatch=*) sbatch_options+=("${1#--sbatch=}") ;;
        *) break ;;
    esac
    shift
done
[ $# -gt 0 ] ||
    give_up "usage: jobs/table.sh [--dry-run] [--sbatch=OPTION]... EXPERIMENT.yaml [options of" \
        "reslice train]"
for argument; do
    case $argument in
        --run | --run=* | --task | --task=* | --list | --fresh)
            give_up "${argument%%=*} has no place here: all runs that are not complete are submitted"
            ;;
    esac
done
[ -x "$RESLICE" ] || give_up "there is no program $RESLICE; build it, or set RESLICE"
$dry_run || command -v sbatch >/dev/null || give_up "there is no sbatch on this machine"

# submit OPTION...: the number of the job in $job.
jobs=0
submit() {
    jobs=$((jobs + 1))
    if $dry_run; then
        job=$jobs
        echo "sbatch $*"
    else
        job=$(sbatch --parsable "$@")
        job=${job%%;*} # ";cluster" may follow
    fi
}

# A group is what comes from one parent and was written as one run: one array. Parents stand before
# children in the list.
list=$("$RESLICE" train "$@" --list) || exit
groups=()
declare -A number tasks ranks job_of # by run as written, by group, by group, by variant
while IFS=$'\t' read -r _ name run parent shards state file; do
    folder=${file%/*}
    group=$run/$parent
    task=${number[$run]:-0} # as --run RUN counts them
    number[$run]=$((task + 1))
    case $state in
        complete) continue ;;
        other | damaged) give_up "$file is $state (reslice train says more); move it away, or choose" \
            "another --output" ;;
    esac
    [ -n "${tasks[$group]:-}" ] || groups+=("$group")
    tasks[$group]=${tasks[$group]:+${tasks[$group]},}$task
    [ "${ranks[$group]:-$shards}" -eq "$shards" ] || shards=1 # a matrix over shards
    ranks[$group]=$shards
    job_of[$name]=$group/$task # until the group is submitted
done <<<"$list"
$dry_run || mkdir -p "$folder/log"

# 0,1,2,4 becomes 0-2,4.
ranges() {
    tr ',' '\n' <<<"$1" | awk '
        NR > 1 && $1 == last + 1 { last = $1; next }
        NR > 1 { printf "%s,", first < last ? first "-" last : first }
        { first = last = $1 }
        END { print first < last ? first "-" last : first }'
}

# The job of the parent's variant, "" when that is complete.
dependency() {
    local group=${job_of[$1]:-}
    [ -z "$group" ] || echo "--dependency=afterok:${group_job[${group%/*}]}_${group##*/}"
}

declare -A group_job
all=
for group in ${groups[@]+"${groups[@]}"}; do
    run=${group%%/*}
    behind=$(dependency "${group#*/}")
    submit --job-name="${folder##*/}.$run" --output="$folder/log/$run-%A_%a.out" \
        --array="$(ranges "${tasks[$group]}")" --ntasks="${ranks[$group]}" \
        ${behind:+"$behind" --kill-on-invalid-dep=yes} \
        ${sbatch_options[@]+"${sbatch_options[@]}"} "$root/jobs/train.sbatch" "$@" --run "$run"
    group_job[$group]=$job all=$all:$job
    $dry_run || echo "job $job: $run, variants ${tasks[$group]}${behind:+, behind ${behind#*:}}"
done

submit --job-name="${folder##*/}.report" --output="$folder/log/report-%j.out" \
    ${all:+"--dependency=afterany$all"} ${sbatch_options[@]+"${sbatch_options[@]}"} --ntasks=1 \
    "$root/jobs/report.sbatch" "$@"
$dry_run || echo "job $job: report, $folder/tables.txt, .md, .tex, .csv, .json"
