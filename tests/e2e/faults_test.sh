#!/usr/bin/env bash
# Damaged files, full and read-only disks, data that goes away: what each command says, its status, and
# that every file that was there is still there, byte for byte. Prints a table.
# (Damaged parents and checkpoints, kills and full disks of `train`: bad_input, resume, kill.)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/background.sh"
python=$(find_python)
fashion=/usr/share/datasets/fashion-mnist
disk=$work/disk
trap 'kill_ranks KILL; umount "$disk" 2>/dev/null || true; rm -rf "$work"' EXIT

cat >"$work/e.yaml" <<'END'
experiment: e
data: {name: fashion-mnist, validation: 500, train: 990, test: 490}
network: {model: mlp, hidden: [50]}
training: {batch: 64, shards: 4, rate: 0.05}
runs: [{name: r, epochs: 2}]
END

# ---- the table ----

# note WHAT: a row from $status and the program's line in $work/words.
note() {
    local line
    line=$(grep '^reslice: ' "$work/words" | head -1 | sed "s|$work|…|g" || true)
    printf '%s | %s | %s | %s\n' "$1" "$status" "${line:-(nothing to say)}" "$survived" \
        >>"$work/table"
}

sums() {
    find "$1" -type f ! -name '*.lock' -exec md5sum {} + | sort -k 2
}

# ends STATUS WORDS COMMAND...: and says just one line.
ends() {
    local want=$1 words=$2
    shift 2
    status=0
    "$@" >"$work/words" 2>&1 || status=$?
    cat "$work/words"
    [ "$status" -eq "$want" ]
    grep '^reslice: ' "$work/words" | grep -qF -- "$words"
    [ "$(grep -c '^reslice: ' "$work/words")" -eq 1 ]
}

# keeps WHAT FOLDER STATUS WORDS COMMAND...: ends so, and nothing in the folder changes.
keeps() {
    local what=$1 folder=$2 status survived
    shift 2
    sums "$folder" >"$work/before"
    ends "$@"
    sums "$folder" >"$work/after"
    diff "$work/before" "$work/after"
    survived="all $(wc -l <"$work/before") files as before"
    note "$what"
}

# ---- damaged and foreign files ----

make_damaged() {
    mkdir "$work/bad"
    cp "$work/good/e/r.h5" "$work/bad/flipped.h5"
    cp "$work/good/e/r.h5" "$work/bad/truncated.h5"
    truncate -s 100000 "$work/bad/truncated.h5"
    : >"$work/bad/empty.h5"
    "$python" - "$work/bad" <<'END'
import sys, h5py
folder = sys.argv[1]
with h5py.File(f"{folder}/flipped.h5") as file:
    place = file["layers/fc1/weight"].id.get_offset() + 1001
with open(f"{folder}/flipped.h5", "r+b") as file:
    file.seek(place)
    byte = file.read(1)[0]
    file.seek(place)
    file.write(bytes([byte ^ 16]))
with h5py.File(f"{folder}/foreign.h5", "w") as file:
    file["weights"] = [1.0, 2.0]
END
}

damaged() {
    local name words
    for name in flipped truncated empty foreign; do
        case $name in
            flipped) words='wrong checksum' ;;
            truncated) words='damaged: truncated, 100000 of ' ;;
            empty) words='not an HDF5 file: it is empty' ;;
            foreign) words='not a reslice result' ;;
        esac
        keeps "crossbar, $name file" "$work/bad" 2 "$words" \
            on_ranks "$1" "$reslice" crossbar "$work/bad/$name.h5"
        [ $name = flipped ] || # the report does not read the weights
            keeps "report, $name file" "$work/bad" 2 "$words" \
                on_ranks "$1" "$reslice" report "$work/bad/$name.h5"
    done
}

# ---- disks ----

mount_disk() {
    mkdir -p "$disk"
    mount -t tmpfs -o size="$1" tmpfs "$disk" 2>/dev/null && return
    echo "skipped: only root may mount"
    return 1
}

full_disk() {
    mount_disk 1200k || return 0
    cp -r "$work/good/e" "$disk/e"
    keeps "crossbar, full disk" "$disk" 3 "disk '$disk/e'" \
        on_ranks 2 "$reslice" crossbar "$disk/e/r.h5" --quick --samples 100
    umount "$disk"
}

# ---- two at a time ----

locked() {
    cp -r "$work/good" "$work/two"
    "$python" - "$work/two/e/r.h5.lock" <<'END' &
import fcntl, sys, time
with open(sys.argv[1], "w") as file:
    file.write("host elsewhere, process 7")
    file.flush()
    fcntl.lockf(file, fcntl.LOCK_EX)
    time.sleep(60)
END
    local holder=$!
    until_true test -s "$work/two/e/r.h5.lock"
    sleep 0.2
    keeps "crossbar, two at a time" "$work/two" 3 'at work on this run (host elsewhere, process 7)' \
        on_ranks 2 "$reslice" crossbar "$work/two/e/r.h5"
    kill "$holder"
}

# No file may grow, whatever the disk says: the write fails in the middle.
file_too_large() {
    cp -r "$work/good" "$work/limit"
    local status=0 survived
    sums "$work/limit" >"$work/before"
    LIMIT=300 on_ranks 2 "$work/rank.sh" "$work/pid" "$reslice" crossbar "$work/limit/e/r.h5" \
        --quick --samples 100 >"$work/words" 2>&1 || status=$?
    rm -f "$work"/pid.*
    cat "$work/words"
    [ "$status" -eq 3 ]
    sums "$work/limit" | grep -v '\.part$' | diff "$work/before" -
    survived="the result as before; a .part file beside it"
    note "crossbar, a write that fails"
    on_ranks 2 "$reslice" crossbar "$work/limit/e/r.h5" --quick --samples 100
    [ ! -e "$work/limit/e/r.h5.part" ]
}

read_only() {
    mount_disk 8m || return 0
    cp -r "$work/good/e" "$disk/e"
    mount -o remount,ro "$disk"
    keeps "train, read-only output" "$disk" 2 'Read-only file system' \
        on_ranks 2 "$reslice" train "$work/e.yaml" --output "$disk" --fresh
    keeps "crossbar, read-only result" "$disk" 3 'Read-only file system' \
        on_ranks 2 "$reslice" crossbar "$disk/e/r.h5" --quick --samples 100
    on_ranks 1 "$reslice" report "$disk/e/r.h5" # reading is all it needs
    umount "$disk"
}

# says_lost STATUS WORDS COMMAND...: what it prints goes to a full disk, then to a closed descriptor: one
# line of the program's, and nothing changes in the folder of results.
says_lost() {
    local want=$1 words=$2 case status survived
    shift 2
    for case in full closed; do
        sums "$work/good" >"$work/before"
        status=0
        if [ "$case" = full ]; then
            "$@" >/dev/full 2>"$work/words" </dev/null || status=$?
        else
            "$@" >&- 2>"$work/words" <&- || status=$?
        fi
        cat "$work/words"
        [ "$status" -eq "$want" ]
        [ "$(grep -c '^reslice: ' "$work/words")" -eq 1 ]
        grep '^reslice: ' "$work/words" | grep -qF -- "$words"
        sums "$work/good" | diff "$work/before" -
        survived="all $(wc -l <"$work/before") files as before"
        note "${2:-} ${*: -1}, standard output $case"
    done
}

lost_output() {
    says_lost 3 'standard output' "$reslice" report "$work/good/e/r.h5"
    says_lost 3 'standard output' "$reslice" train "$work/e.yaml" --output "$work/good" --list
    says_lost 3 'standard output' "$reslice" options
    says_lost 3 'standard output' "$reslice" summary mlp
    says_lost 3 'standard output' "$reslice" import --names --network mlp \
        --set data.name=fashion-mnist
    says_lost 3 'standard output' "$reslice" bench --seconds 0.01
    says_lost 3 'standard output' "$reslice" train --help
    says_lost 3 'standard output' "$reslice" --version
    says_lost 0 'warning: standard output' "$reslice" train "$work/e.yaml" --output "$work/good"
}

# No file and no pipe takes the place of a descriptor that is closed: lines would be written into it.
closed_descriptors() {
    local pid fd target
    "$reslice" train "$work/e.yaml" --output "$work/closed" --set epochs=100000 <&- >&- 2>&- &
    pid=$!
    until_true test -e "$work/closed/e/r.h5.lock"
    for fd in 0 1 2; do
        target=$(readlink "/proc/$pid/fd/$fd")
        echo "$fd: $target"
        [ "$target" = /dev/null ] || {
            kill -KILL "$pid"
            return 1
        }
    done
    kill -KILL "$pid"
    wait "$pid" || true
}

# ---- a killed crossbar ----

killed_crossbar() {
    local i kills=0 status survived
    cp -r "$work/good" "$work/kill"
    for ((i = 0; i < 40 && kills < 3; i++)); do
        setsid "$mpiexec" -q --bind-to none -n 2 "$reslice" crossbar "$work/kill/e/r.h5" --quick \
            --samples 100 </dev/null >"$work/words" 2>&1 &
        job=$!
        until [ -s "$work/kill/e/r.h5.part" ] || job_has_ended 2>/dev/null; do # not the empty probe
            :
        done
        kill -KILL -- "-$job" 2>/dev/null || true
        wait "$job" || true
        pkill -KILL -f "crossbar $work/kill" || true
        [ ! -e "$work/kill/e/r.h5.part" ] || kills=$((kills + 1))
        h5diff "$work/good/e/r.h5" "$work/kill/e/r.h5" history
        "$reslice" report "$work/kill/e/r.h5" >"$work/report"
    done
    [ "$kills" -ge 3 ]
    on_ranks 2 "$reslice" crossbar "$work/kill/e/r.h5" --quick --samples 100
    [ ! -e "$work/kill/e/r.h5.part" ]
    status=137 survived="the old result or the new one, whole; the next run ends"
    : >"$work/words"
    note "crossbar, kill -9 while it writes, $kills times"
}

# ---- data that goes away ----

# It was read at the start: a run goes on without it; a resumed one cannot begin.
data_gone() {
    mkdir "$work/data"
    cp -r "$fashion" "$work/data/"
    start_job 2 --data "$work/data" --output "$work/gone" --set epochs=200
    until_true test -s "$work/gone/e/r.h5.checkpoint"
    mv "$work/data/fashion-mnist" "$work/data/away"
    sleep 0.3
    kill -USR1 "$job"
    ends_with 75 'stopped by SIGUSR1'
    keeps "train, data gone before it resumes" "$work/gone" 2 "data set 'fashion-mnist' not found" \
        on_ranks 2 "$reslice" train "$work/e.yaml" --data "$work/data" --output "$work/gone" \
        --set epochs=200
    cp -r "$fashion" "$work/data/"
    "$python" - "$work/data/fashion-mnist" <<'END'
import glob, gzip, sys
[path] = glob.glob(f"{sys.argv[1]}/train-images*")
data = bytearray(gzip.open(path).read())
data[5000] ^= 1
gzip.open(path, "wb", compresslevel=1).write(data)
END
    keeps "train, other data when it resumes" "$work/gone" 2 'begun with other data' \
        on_ranks 2 "$reslice" train "$work/e.yaml" --data "$work/data" --output "$work/gone" \
        --set epochs=200
    rm -r "$work/data/fashion-mnist"
    mv "$work/data/away" "$work/data/fashion-mnist"
    start_job 1 --data "$work/data" --output "$work/gone" --set epochs=200
    until_true grep -q ': resumed in' "$work/words"
    kill -USR1 "$job"
    ends_with 75
}

train 2 "$work/e.yaml" --output "$work/good"
make_damaged
check "damaged and foreign files, 1 rank" damaged 1
check "damaged and foreign files, 3 ranks" damaged 3
check "a full disk" full_disk
check "two at a time" locked
check "a write that fails" file_too_large
check "a read-only disk" read_only
check "standard output is full or closed" lost_output
check "closed descriptors stay free" closed_descriptors
check "crossbar killed while it writes" killed_crossbar
check "data that goes away" data_gone
echo "case | status | message | what survived"
sort -u "$work/table"
finish
