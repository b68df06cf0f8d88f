#!/usr/bin/env bash
# Runs that are interrupted anywhere, in any way, and go on on any number of ranks end in the same
# bytes; damaged checkpoints, two processes, a full disk, other settings.
#
#     resume_test.sh [seed]        the seed of the moments at which runs are interrupted
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/background.sh"
python=$(find_python)
seed=${1:-$$}
RANDOM=$seed
small_disk=$work/small_disk
trap 'kill_ranks KILL; umount "$small_disk" 2>/dev/null || true; rm -rf "$work"' EXIT

{
    experiment_head e "validation: 500, train: 2990, test: 990" 100 4
    cat <<'END'
  - name: parent
    epochs: 20
    penalty: {name: l1, alpha: 5}
  - name: child
    from: parent
    epochs: 4
    prune: {threshold: 0.01}
    penalty: {name: bit-slice-l1, alpha: 0.5}
    column-sparsity: {nonzeros: [30, 0]}
    impose: {every: 20, rho: 0.01}
END
} >"$work/e.yaml"

# What DIR has, and that nothing else is left there.
right_results() {
    local file
    for file in parent child; do
        same_results "$work/whole/e/$file.h5" "$1/e/$file.h5"
    done
    diff <(ls "$work/whole/e") <(ls "$1/e")
}

# goes_on RANKS DIR WORDS: to the right results.
goes_on() {
    start_job "$1" --output "$2"
    ends_with 0 "$3"
    right_results "$2"
}

# ---- interrupted anywhere ----

# interrupt WAY: sets $expected, the status of mpirun.
interrupt() {
    expected=75
    case $1 in
        usr1) kill -USR1 "$job" ;; # mpirun passes it on
        term) kill -TERM "$(cat "$work/pid.0")" ;;
        int) kill -INT "$(cat "$work/pid.$((ranks - 1))")" ;; # one rank is enough
        rank)
            expected=137
            kill -KILL "$(cat "$work/pid.$((ranks - 1))")"
            ;;
        launcher)
            expected=137
            kill -KILL "$job"
            ;;
    esac 2>/dev/null || true
}

interrupted() {
    local ways=(usr1 rank term launcher int) counts=(1 4 2) interruptions=0 resumed=0
    local i status expected ranks
    for ((i = 0; i < 6; i++)); do
        ranks=${counts[i % 3]} status=0 expected=0
        start_job "$ranks" --output "$work/cut"
        until_true is_training
        sleep "0.$((RANDOM % 2))$((RANDOM % 10))"
        [ $i -eq 5 ] || interrupt "${ways[i]}"
        wait "$job" || status=$?
        until_true no_rank_is_left
        cat "$work/words"
        echo "-> ${ways[i]:-to the end}, $ranks ranks: status $status"
        resumed=$((resumed + $(grep -c ': resumed in' "$work/words" || true)))
        [ "$status" -ne 0 ] || break
        [ "$status" -eq "$expected" ]
        interruptions=$((interruptions + 1))
    done
    rm -f "$work"/pid.*
    echo "$interruptions interruptions, $resumed resumed"
    [ "$status" -eq 0 ]
    [ $interruptions -ge 3 ]
    [ $resumed -ge 2 ]
    right_results "$work/cut"
}

time_limit() {
    start_job 2 --output "$work/limit" --set epochs=10000 --time-limit 0:03
    ends_with 75 "parent: stopped by --time-limit in epoch"
    start_job 4 --output "$work/limit" --set epochs=10000 --time-limit 0:03
    ends_with 75 "parent: resumed in epoch"
}

# An ssh that drops; under nohup nothing happens.
hangup() {
    rm -rf "$work/hangup"
    start_job 1 --output "$work/hangup" --set epochs=10000
    until_true is_training
    kill -HUP "$(cat "$work/pid.0")"
    ends_with 75 "parent: stopped by SIGHUP in epoch"
    diff - <(ls "$work/hangup/e") <<'END'
parent.h5.checkpoint
END
    : >"$work/words"
    (
        trap '' HUP # as nohup does
        exec "$reslice" train "$work/e.yaml" --output "$work/hangup" --set epochs=10000
    ) >"$work/words" 2>&1 &
    job=$!
    until_true is_training
    kill -HUP "$job"
    kill -TERM "$job"
    ends_with 75 "parent: stopped by SIGTERM in epoch"
}

# ---- two checkpoints, used again and again ----

make_two() {
    start_job 2 --output "$work/two"
    until_true test -e "$work/two/e/parent.h5.checkpoint.old"
    kill -USR1 "$job"
    ends_with 75 "parent: stopped by SIGUSR1 in epoch"
}

copy_two() {
    rm -rf "$work/copy"
    cp -rp "$work/two" "$work/copy"
    newest=$work/copy/e/parent.h5.checkpoint
}

opens_in_python() {
    "$python" - "$work/two/e/parent.h5.checkpoint" <<'END'
import sys, zlib, h5py
with h5py.File(sys.argv[1], "r") as file:
    assert file.attrs["format"] == "reslice checkpoint"
    for name, data in file.items():
        assert zlib.crc32(data[()].tobytes()) == data.attrs["crc32"], name
        assert data.attrs["description"] and data.attrs["units"], name
    assert 0 < file["epoch"][0] <= 20 and file["momentum"][()].any()
END
}

flip_bit() {
    "$python" - "$1" "$RANDOM" <<'END'
import random, sys
draw = random.Random(int(sys.argv[2]))
with open(sys.argv[1], "r+b") as file:
    size = file.seek(0, 2)
    at = draw.randrange(size - 4) # the last four bytes are unused
    file.seek(at)
    byte = file.read(1)[0]
    file.seek(at)
    file.write(bytes([byte ^ 1 << draw.randrange(8)]))
    print("flipped a bit of byte", at, "of", size)
END
}

truncated() {
    copy_two
    truncate -s "$((RANDOM * 32 % $(stat -c %s "$newest")))" "$newest"
    goes_on 1 "$work/copy" "is damaged"
    grep -q "warning: .*going back to '$newest.old'" "$work/words"
    grep -q "parent: resumed in" "$work/words"
}

flipped() {
    copy_two
    flip_bit "$newest"
    goes_on 4 "$work/copy" "parent: resumed in"
    grep -q "warning: .*going back to '$newest.old'" "$work/words"
}

both_damaged() {
    copy_two
    flip_bit "$newest"
    truncate -s 100000 "$newest.old"
    goes_on 2 "$work/copy" "starting over"
    fails grep -q "resumed in" "$work/words"
}

other_settings() {
    copy_two
    start_job 2 --output "$work/copy" --set training.rate=0.06
    ends_with 2 "begun with other settings ('rate: 0.05' there, 'rate: 0.06' now); --fresh"
    cmp "$work/two/e/parent.h5.checkpoint" "$newest"
    start_job 1 --output "$work/copy" --set training.rate=0.06 --set epochs=1 --fresh
    ends_with 0
    fails grep -q "resumed in" "$work/words"
}

# A --fresh that is interrupted goes on although the old result is there.
fresh() {
    rm -rf "$work/copy"
    cp -rp "$work/whole" "$work/copy"
    start_job 2 --output "$work/copy" --fresh --run parent
    until_true test -e "$work/copy/e/parent.h5.checkpoint"
    kill -USR1 "$job"
    ends_with 75
    goes_on 1 "$work/copy" "e/parent: resumed in"
}

# ---- locks ----

two_processes() {
    local status=0
    copy_two
    start_job 2 --output "$work/copy" --set epochs=1000 --fresh
    until_true test -s "$work/copy/e/parent.h5.lock"
    until_true test -e "$work/copy/e/parent.h5.checkpoint" # of other settings than the second has
    on_ranks 2 "$reslice" train "$work/e.yaml" --output "$work/copy" >"$work/second" 2>&1 ||
        status=$?
    cat "$work/second"
    [ "$status" -eq 3 ]
    grep -q "^reslice: .*parent.h5.lock: another process is .*process $(cat "$work/pid.0"))" \
        "$work/second"
    kill_ranks KILL
    ends_with 137
    [ -e "$work/copy/e/parent.h5.lock" ] # of a process that is no more: blocks nobody
    rm -f "$work/copy/e/"*.checkpoint*
    goes_on 1 "$work/copy" "child: kept epoch"
}

# ---- no room ----

# Training goes on without checkpoints; when it is to stop, that is an error.
file_too_large() {
    copy_two
    LIMIT=600 start_job 2 --output "$work/copy"
    until_true grep -q "warning: .*File too large; training goes on" "$work/words"
    kill -USR1 "$job"
    ends_with 3 "checkpoint '$newest': cannot be written: File too large"
    cmp "$work/two/e/parent.h5.checkpoint" "$newest"
    cmp "$work/two/e/parent.h5.checkpoint.old" "$newest.old"
    goes_on 2 "$work/copy" "parent: resumed in"
}

# A disk with room for one checkpoint and a half, none for the result.
full_disk() {
    mkdir "$small_disk"
    if ! mount -t tmpfs -o size=1600k tmpfs "$small_disk" 2>/dev/null; then
        echo "skipped: only root may mount"
        return 0
    fi
    start_job 2 --output "$small_disk"
    ends_with 3 "disk '$small_disk/e'"
    grep -q "warning: checkpoint .*: No space left on device; training goes on" "$work/words"
    rm -rf "$work/copy"
    cp -r "$small_disk" "$work/copy"
    umount "$small_disk"
    goes_on 2 "$work/copy" "parent: resumed in"
}

# What the last checkpoint of a run that diverges has is finite.
diverged() {
    start_job 2 --output "$work/diverged" --set training.rate=100 --set training.schedule=constant \
        --set epochs=400 --checkpoint-minutes 0.00001
    ends_with 4 "diverged"
    "$python" - "$work/diverged/e/parent.h5.checkpoint" <<'END'
import sys, h5py, numpy
with h5py.File(sys.argv[1], "r") as file:
    assert numpy.isfinite(file["value"]).all() and numpy.isfinite(file["momentum"]).all()
END
}

train 1 "$work/e.yaml" --output "$work/whole"
check "interrupted anywhere, seed $seed" interrupted
check "a time limit" time_limit
check "an ssh that drops" hangup
check "two checkpoints" make_two
check "a checkpoint opens in h5py" opens_in_python
check "the newest is truncated" truncated
check "a bit of the newest is flipped" flipped
check "both are damaged" both_damaged
check "other settings" other_settings
check "an interrupted --fresh" fresh
check "two processes" two_processes
check "no checkpoint can be written" file_too_large
check "a full disk" full_disk
check "a diverged run" diverged
finish
