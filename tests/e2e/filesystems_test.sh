#!/usr/bin/env bash
# File systems and habits of clusters: no locks, folders that cannot be synced, results that are open
# in a viewer, linked to scratch, or write-protected. What is odd but harmless must not be noticed;
# what is in the way is named, and every file stays as it was.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/background.sh"
python=$(find_python)
fail_call=${FAIL_CALL_LIBRARY:-$(dirname "$reslice")/tests/fail_call.so}
quick=(--quick --samples 50 --test 50)

cat >"$work/e.yaml" <<'END'
experiment: e
data: {name: fashion-mnist, validation: 100, train: 400, test: 200}
network: {model: mlp, hidden: [10]}
training: {batch: 64, shards: 4, rate: 0.1}
runs: [{name: a, epochs: 1}, {name: b, from: a, epochs: 1}]
END
experiment=("$work/e.yaml" --run a)

# odd CALL COMMAND...: on a file system on which that call always fails, below $work/odd.
odd() {
    local call=$1
    shift
    LD_PRELOAD=$fail_call FAIL_FOLDER=$work/odd FAIL_CALL=$call FAIL_LOG=$work/calls "$@"
}

# refuses STATUS WORDS COMMAND...
refuses() {
    local want=$1 words=$2 status=0
    shift 2
    "$@" >"$work/words" 2>&1 || status=$?
    cat "$work/words"
    echo "status $status"
    [ "$status" -eq "$want" ]
    grep '^reslice: ' "$work/words" | grep -qF -- "$words"
}

sums() {
    find "$1" -type f ! -name '*.lock' -exec md5sum {} + | sort -k 2
}

# unchanged FOLDER COMMAND...
unchanged() {
    local folder=$1
    sums "$folder" >"$work/before"
    shift
    "$@"
    sums "$folder" | diff "$work/before" -
}

# Training and a table, with the results of an ordinary file system.
some_work() {
    rm -rf "$work/odd" "$work/calls"
    odd "$1" "$reslice" train "$work/e.yaml" --output "$work/odd"
    odd "$1" "$reslice" report "$work/odd/e/a.h5" >"$work/report"
    grep -q ' failed$' "$work/calls" # it was such a file system
    same_results "$work/plain/e/a.h5" "$work/odd/e/a.h5"
    same_results "$work/plain/e/b.h5" "$work/odd/e/b.h5"
}

# The other commands too.
all_work() {
    some_work "$1"
    odd "$1" "$reslice" crossbar "$work/odd/e/a.h5" "${quick[@]}"
    odd "$1" "$reslice" export "$work/odd/e/a.h5" -o "$work/odd/exported.h5"
    odd "$1" "$reslice" train "$work/e.yaml" --output "$work/odd" --list >"$work/list"
    [ "$(grep -c complete "$work/list")" -eq 2 ]
    odd "$1" "$reslice" train "$work/e.yaml" --output "$work/odd" >"$work/again"
    [ "$(grep -c ': complete, ' "$work/again")" -eq 2 ]
    same_results "$work/good/e/a.h5" "$work/odd/e/a.h5"
}

# always CALL ERRNO...: all commands with the first, training and a table with the others.
always() {
    local call=$1 errno
    all_work "$call:1+:$2"
    shift 2
    for errno in "$@"; do
        some_work "$call:1+:$errno"
    done
}

# Stopped with a checkpoint, the status is that of a job to be requeued.
stops_without_folder_sync() {
    rm -rf "$work/odd"
    LD_PRELOAD=$fail_call FAIL_FOLDER=$work/odd FAIL_CALL=folder:1+:22 FAIL_LOG=$work/calls \
        start_job 2 --run a --output "$work/odd" --set epochs=2000
    until_true test -s "$work/odd/e/a.h5.checkpoint"
    kill_ranks USR1
    ends_with 75 'stopped by SIGUSR1'
    grep -q '^folder .* failed$' "$work/calls"
}

# A viewer that may write: h5py's "r+".
open_in_viewer() {
    "$python" - "$1" <<'END' &
import sys, time, h5py
file = h5py.File(sys.argv[1], "r+")
print("open", file=open(sys.argv[1] + ".viewer", "w"))
time.sleep(120)
END
    viewer=$!
    until_true test -s "$1.viewer"
    rm "$1.viewer"
}

open_elsewhere() {
    local viewer words='another process has it open for writing'
    cp -r "$work/good" "$work/viewed"
    open_in_viewer "$work/viewed/e/a.h5"
    # shellcheck disable=SC2064 # now
    trap "kill $viewer 2>/dev/null || true" EXIT
    unchanged "$work/viewed" refuses 3 "$words" "$reslice" report "$work/viewed/e/a.h5"
    unchanged "$work/viewed" refuses 3 "$words" "$reslice" crossbar "$work/viewed/e/a.h5" \
        "${quick[@]}"
    unchanged "$work/viewed" refuses 3 "$words" "$reslice" train "${experiment[@]}" \
        --output "$work/viewed"
    unchanged "$work/viewed" refuses 3 "$words" "$reslice" train "$work/e.yaml" --run b --fresh \
        --output "$work/viewed" # its parent
    unchanged "$work/viewed" refuses 3 "$words" "$reslice" export "$work/viewed/e/a.h5"
    "$reslice" train "$work/e.yaml" --output "$work/viewed" --list | tee "$work/list"
    [ "$(cut -f 6 "$work/list" | paste -sd ' ')" = 'in-use complete' ]
    kill "$viewer"
    wait "$viewer" || true
    "$reslice" report "$work/viewed/e/a.h5"
}

# A result that was moved to scratch, with a link in its old place: relative, absolute, of a link.
linked() {
    local target
    for target in ../../scratch/a.h5 "$work/scratch/a.h5" middle.h5; do
        rm -rf "$work/linked" "$work/scratch"
        cp -r "$work/good" "$work/linked"
        mkdir "$work/scratch"
        mv "$work/linked/e/a.h5" "$work/scratch/a.h5"
        ln -s ../../scratch/a.h5 "$work/linked/e/middle.h5"
        ln -s "$target" "$work/linked/e/a.h5"
        chmod 660 "$work/scratch/a.h5"
        "$reslice" crossbar "$work/linked/e/a.h5" "${quick[@]}"
        [ "$(readlink "$work/linked/e/a.h5")" = "$target" ]
        "$python" -c 'import h5py, sys; h5py.File(sys.argv[1], "r")["adc"]' "$work/scratch/a.h5"
        [ "$(stat -c %a "$work/scratch/a.h5")" = 660 ]
        "$reslice" train "${experiment[@]}" --output "$work/linked" --fresh
        [ "$(readlink "$work/linked/e/a.h5")" = "$target" ]
        same_results "$work/plain/e/a.h5" "$work/scratch/a.h5"
        [ "$(stat -c %a "$work/scratch/a.h5")" = 660 ]
        [ "$(ls "$work/scratch")" = a.h5 ]
    done
}

# A link to nothing yet is where the result goes.
linked_to_nothing() {
    rm -rf "$work/linked" "$work/scratch"
    mkdir -p "$work/linked/e" "$work/scratch"
    ln -s "$work/scratch/new.h5" "$work/linked/e/a.h5"
    "$reslice" train "${experiment[@]}" --output "$work/linked"
    [ -L "$work/linked/e/a.h5" ]
    same_results "$work/plain/e/a.h5" "$work/scratch/new.h5"
    ln -s circle.h5 "$work/linked/e/circle.h5"
    refuses 2 'circle.h5' "$reslice" report "$work/linked/e/circle.h5"
    refuses 2 'Too many levels of symbolic links' "$reslice" export "$work/linked/e/a.h5" \
        -o "$work/linked/e/circle.h5"
}

# One lock for the file, whatever name it is called by.
linked_lock() {
    rm -rf "$work/linked" "$work/scratch"
    cp -r "$work/good" "$work/linked"
    mkdir "$work/scratch"
    mv "$work/linked/e/a.h5" "$work/scratch/a.h5"
    ln -s "$work/scratch/a.h5" "$work/linked/e/a.h5"
    "$python" - "$work/scratch/a.h5.lock" <<'END' &
import fcntl, sys, time
with open(sys.argv[1], "w") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    file.write("host elsewhere, process 7")
    file.flush()
    time.sleep(60)
END
    local holder=$!
    until_true test -s "$work/scratch/a.h5.lock"
    refuses 3 'host elsewhere, process 7' "$reslice" crossbar "$work/linked/e/a.h5" "${quick[@]}"
    kill "$holder"
}

protected() {
    local mode
    rm -rf "$work/kept"
    cp -r "$work/good" "$work/kept"
    "$reslice" export "$work/kept/e/a.h5" -o "$work/kept/exported.h5"
    chmod 440 "$work/kept/e/a.h5" "$work/kept/exported.h5"
    unchanged "$work/kept" refuses 3 'is write-protected (mode 440)' \
        "$reslice" crossbar "$work/kept/e/a.h5" "${quick[@]}"
    unchanged "$work/kept" refuses 2 'is write-protected (mode 440)' \
        "$reslice" train "${experiment[@]}" --output "$work/kept" --fresh
    [ "$(grep -c epoch "$work/words")" -eq 0 ] # before it trains
    unchanged "$work/kept" refuses 2 'is write-protected (mode 440)' \
        "$reslice" export "$work/kept/e/a.h5" -o "$work/kept/exported.h5"
    unchanged "$work/kept" refuses 2 'is write-protected (mode 440)' \
        "$reslice" import "$work/weights.h5" --network mlp --set data.name=fashion-mnist \
        --set network.hidden=10 -o "$work/kept/e/a.h5" --fresh
    "$reslice" report "$work/kept/e/a.h5"
    for mode in 600 640 660; do
        chmod "$mode" "$work/kept/e/a.h5"
        "$reslice" crossbar "$work/kept/e/a.h5" "${quick[@]}"
        [ "$(stat -c %a "$work/kept/e/a.h5")" = "$mode" ]
    done
}

train 1 "$work/e.yaml" --output "$work/plain"
cp -r "$work/plain" "$work/good"
"$reslice" crossbar "$work/good/e/a.h5" "${quick[@]}" >"$work/words"
"$python" - "$work/plain/e/a.h5" "$work/weights.h5" <<'END'
import sys, h5py
with h5py.File(sys.argv[1], "r") as result, h5py.File(sys.argv[2], "w") as weights:
    for layer in "fc1", "fc2":
        for kind in "weight", "bias":
            weights[f"{layer}.{kind}"] = result[f"layers/{layer}/{kind}"][()]
END
check "no locks: ENOLCK, ENOSYS, ENOTSUP, EINVAL" always lock 37 38 95 22
check "folders cannot be synced: EINVAL, ENOTSUP, EBADF" always folder 22 95 9
check "folders cannot be synced: stopped by a signal" stops_without_folder_sync
check "open in a viewer that may write" open_elsewhere
check "a result that is a link" linked
check "a link to nothing, links in a circle" linked_to_nothing
check "one lock for a file and links to it" linked_lock
check "write-protected files, and modes that stay" protected
finish
