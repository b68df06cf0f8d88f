#!/usr/bin/env bash
# kill -9 at random moments, of a rank or of everything at once, also while a checkpoint is written:
# nothing that was there before is lost, and each run goes on to the bytes of an uninterrupted one.
#
#     kill_test.sh N [seed]        N kills; those that come too late do not count
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/background.sh"
python=$(find_python)
kills=${1:?"usage: kill_test.sh N [seed]"}
seed=${2:-$$}
RANDOM=$seed
checkpoint_minutes=0.000000001 # behind each step
runs=(parent child)
folder=$work/cut/e

cat >"$work/e.yaml" <<'END'
experiment: e
data: {name: fashion-mnist, validation: 500, train: 990, test: 490}
network: {model: mlp, hidden: [50]}
training: {batch: 64, shards: 4, rate: 0.05, momentum: 0.5, schedule: cosine}
runs:
  - {name: parent, epochs: 3, penalty: {name: l1, alpha: 5}}
  - name: child
    from: parent
    epochs: 3
    prune: {threshold: 0.01}
    penalty: {name: bit-slice-l1, alpha: 0.5}
END

milliseconds() {
    echo $(($(date +%s%N) / 1000000))
}

# ---- a kill ----

sleep_milliseconds() {
    sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"
}

# until_file FILE: or until run $run or everything is complete.
until_file() {
    until [ -e "$1" ] || [ -e "$folder/$run.h5" ] || job_has_ended 2>/dev/null; do
        :
    done
}

# Waits for a moment of the whole time or, more often, behind the first checkpoint of a run; every
# other time then for a checkpoint that is being written. False when all was over by then.
kill_something() {
    local victims way=$((RANDOM % 3)) run=${runs[RANDOM % 2]} most_ms=$whole_ms
    until_true test -s "$work/pid.0"
    until_true test -s "$work/pid.1"
    case $way in
        0 | 1) victims=("$(cat "$work/pid.$way")") ;;
        2) victims=("$job" "$(cat "$work/pid.0")" "$(cat "$work/pid.1")") ;;
    esac
    if [ $((RANDOM % 4)) -gt 0 ]; then
        until_file "$folder/$run.h5.checkpoint"
        most_ms=$((whole_ms / 4))
    fi
    sleep_milliseconds $((RANDOM * most_ms / 32768))
    [ $((RANDOM % 2)) -eq 0 ] || until_file "$folder/$run.h5.checkpoint.part"
    kill -KILL "${victims[@]}" 2>/dev/null || return 1
    ways[way]=$((ways[way] + 1))
}

# Keeps what is there behind the kill in $work/before.
look() {
    local run
    expected=over
    rm -rf "$work/before"
    cp -rp "$folder" "$work/before" 2>/dev/null || mkdir "$work/before"
    for run in "${runs[@]}"; do
        [ ! -e "$work/before/$run.h5.checkpoint.part" ] || writing=$((writing + 1))
        [ ! -e "$work/before/$run.h5.part" ] || writing_result=$((writing_result + 1))
        if [ ! -e "$work/before/$run.h5" ]; then
            compgen -G "$work/before/$run.h5.checkpoint*" | grep -qv 'part$' && expected=resumed
            break
        fi
        [ "$run" != child ] || expected=complete
    done
}

# Goes on, and compares.
finish_run() {
    local status=0 run
    start_job $((1 + kill % 2)) --output "$work/cut"
    wait "$job" || status=$?
    if [ $status -ne 0 ]; then
        failures=$((failures + 1))
        return 0
    fi
    if grep -q ': resumed in' "$work/words"; then
        resumed=$((resumed + 1))
    elif [ "$expected" = resumed ]; then
        lost=$((lost + 1))
    fi
    [ "$expected" != over ] || over=$((over + 1))
    [ "$expected" != complete ] || complete=$((complete + 1))
    for run in "${runs[@]}"; do
        [ ! -e "$work/before/$run.h5" ] || cmp "$work/before/$run.h5" "$folder/$run.h5" ||
            lost=$((lost + 1))
        same_results "$work/whole/e/$run.h5" "$folder/$run.h5" || return 0
    done
    # between the end of a run and its lock's a kill leaves an empty file that means nothing
    diff <(ls "$work/whole/e") <(ls "$folder" | sed '/\.lock$/d') || return 0
    same=$((same + 1))
}

all_kills() {
    local kill=0 expected ways=(0 0 0) writing=0 writing_result=0
    local resumed=0 over=0 complete=0 lost=0 failures=0 same=0
    while [ $kill -lt "$kills" ]; do
        rm -rf "$work/cut" "$work"/vader_segment.*
        start_job 2 --output "$work/cut"
        if ! kill_something; then
            wait "$job" || true
            continue
        fi
        kill=$((kill + 1))
        wait "$job" || true
        until_true no_rank_is_left
        look || true
        finish_run
        [ $same -eq $kill ] || cat "$work/words"
    done
    {
        echo "$kills kills: $((ways[0])) of rank 0, $((ways[1])) of rank 1, $((ways[2])) of all;"
        echo "$writing while a checkpoint was written, $writing_result a result;"
        echo "then $resumed resumed, $over began again, $complete were complete, $failures failed;"
        echo "$lost files lost, $same results the same"
    } | tee "$work/figures"
    [ $same -eq "$kills" ]
    [ $lost -eq 0 ]
    [ $resumed -gt 0 ] || [ "$kills" -lt 20 ] # few may all come before the first checkpoint
}

start=$(milliseconds)
train 2 "$work/e.yaml" --checkpoint-minutes "$checkpoint_minutes" --output "$work/whole"
whole_ms=$(($(milliseconds) - start))
check "$kills kills, seed $seed" all_kills
sed 's/^/       /' "$work/figures"
finish
