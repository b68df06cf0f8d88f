#!/usr/bin/env bash
# The rooms of src: an include may go down, never up or sideways; each outside library has its place;
# no circle of includes (includes.py has the rules), and what breaks a rule is noticed.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# faults SRC: what includes.py complains about.
faults() {
    { "$e2e/includes.py" "$1" || true; } | grep -E '^(wrong|circle): ' || true
}

# plant FILE LINE: a line more in a copy of the sources, at the end of a file or as a new one.
plant() {
    echo "$2" >>"$work/src/$1"
}

fresh_copy() {
    rm -rf "$work/src"
    cp -r "$root/src" "$work/src"
}

# new_faults: those of the copy that the sources themselves do not have.
new_faults() {
    faults "$work/src" | grep -vxF -f "$work/faults" || true
}

# is_noticed FILE INCLUDE WHY: that line in a copy must be found, for that reason; a new circle may
# come with it, nothing else.
is_noticed() {
    fresh_copy
    plant "$1" "#include $2"
    new_faults | tee "$work/new"
    [ "$(grep -c '^wrong: ' "$work/new")" -eq 1 ] && grep -q "^wrong: $1:[0-9]*: .*: .*$3" "$work/new"
}

# circle_is_noticed CIRCLE FILE=INCLUDE...: those new files must give one circle, shown as CIRCLE.
circle_is_noticed() {
    local circle=$1 pair
    shift
    fresh_copy
    for pair in "$@"; do
        plant "${pair%=*}" "#include \"${pair#*=}\""
    done
    new_faults | tee "$work/new"
    [ "$(grep -c '^circle: ' "$work/new")" -eq 1 ] && grep -qF "circle: $circle (" "$work/new"
}

# Includes that go round without meeting are none.
no_circle_is_seen() {
    fresh_copy
    plant hw/one.c '#include "hw/one.h"'
    plant hw/one.h '#include "hw/two.h"'
    plant hw/two.c '#include "base/three.h"'
    plant hw/three.c '#include "hw/one.h"'
    plant base/three.h '#include "base/one.h"'
    [ -z "$(new_faults)" ]
}

faults "$root/src" >"$work/faults"
check "no include breaks a rule, none go round" "$e2e/includes.py" "$root/src"
while read -r file include why; do
    check "noticed: $include in $file" is_noticed "$file" "$include" "$why"
done <<'END'
base/log.c "hw/adc.h" up, from base to hw
hw/adc.c "store/store.h" sideways, from hw to store
table/table.c "hw/adc.h" sideways, from table to hw
hw/adc.c "nn/op.h" up, from hw to nn
method/l1.c "nn/network.h" sideways, from method to nn
nn/loss.c "method/penalty.h" sideways, from nn to method
nn/loss.c "data/dataset.h" sideways, from nn to data
data/idx.c "settings/options.h" up, from data to settings
settings/options.c "train/step.h" up, from settings to train
train/step.c "result/result.h" up, from train to result
train/step.c "simulate/trials.h" up, from train to simulate
simulate/trials.c "report/plot.h" up, from simulate to report
report/plot.c "cli/cli.h" up, from report to cli
cli/cli.c "main.h" not ROOM/NAME.h of a known room
cli/cli.c "cli.h" not ROOM/NAME.h of a known room
cli/cli.c "run/cli.h" not ROOM/NAME.h of a known room
cli/cli.c <mpi.h> MPI is not at home here
base/comm.h <mpi.h> MPI is not at home here
nn/network.c <hdf5.h> HDF5 is not at home here
main.c <hdf5_hl.h> HDF5 is not at home here
result/export.c "store/store_hdf5.h" HDF5 is not at home here
hw/crossbar.c <cblas.h> BLAS is not at home here
END
check "noticed: a circle inside a room, of a header and a source" circle_is_noticed \
    "hw/one -> hw/two -> hw/one" hw/one.c=hw/two.h hw/two.h=hw/one.h
check "noticed: a circle inside a room, of three" circle_is_noticed \
    "store/one -> store/two -> store/three -> store/one" \
    store/one.h=store/two.h store/two.c=store/three.h store/three.h=store/one.h
check "noticed: a circle between rooms" circle_is_noticed \
    "result/two -> train/one -> result/two" result/two.c=train/one.h train/one.c=result/two.h
check "seen: no circle where there is none" no_circle_is_seen
finish
