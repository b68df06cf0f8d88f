#!/usr/bin/env bash
# The same bytes on any number of ranks (ranks.sh): a small MLP, repeated and begun again, and that a
# difference would be noticed.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/ranks.sh"

# One bit of a dataset, then of an attribute, then a missing object must be noticed.
can_fail() {
    local good=$1 bad=$work/bad.h5 change
    for change in "f['predictions/predicted'][7] ^= 1" "f['layers/fc1/weight'][3, 5] *= -1" \
        "f.attrs['pruned'] += 1" "f['slices/fc1/nonzero'].attrs['units'] = 'x'" \
        "del f['adc/fc2/static']"; do
        cp "$good" "$bad"
        "$python" -c "
import sys, h5py
with h5py.File(sys.argv[1], 'r+') as f:
    $change" "$bad"
        if same "$good" "$bad"; then
            echo "not noticed: $change"
            return 1
        fi
    done
}

# A second start trains nothing and writes nothing; --fresh makes the same bytes again; and a child
# whose parent comes from a file of another rank count is the same child.
rerun() {
    local folder=$work/rerun/small
    cp -r "$work/1" "$work/rerun"
    touch -d 2001-01-01 "$folder"/*.h5
    train 2 "$work/small.yaml" --output "$work/rerun"
    [ -z "$(find "$folder" -newermt 2002-01-01 -name '*.h5')" ]
    rm "$folder"/bitslice*.h5
    train 4 "$work/small.yaml" --output "$work/rerun" --run bitslice
    [ "$(find "$folder" -newermt 2002-01-01 -name '*.h5' | wc -l)" -eq 2 ]
    train 2 "$work/small.yaml" --output "$work/rerun" --fresh --run l1
    same_folders "$work/1/small" "$folder"
}

write_small
train_on_ranks small
check "a changed file is noticed" can_fail "$work/1/small/bitslice@seed=1.h5"
check "two seeds differ" fails same "$work/1/small/l1@seed=1.h5" "$work/1/small/l1@seed=2.h5"
check_ranks small "small, 4 shards"
check "run again" rerun
for ranks in 1 3; do
    train "$ranks" "$work/small.yaml" --output "$work/three$ranks" --set training.shards=3 --run l1
done
check "small, 3 shards: 1 and 3 ranks" same_folders "$work/three1/small" "$work/three3/small"
check "3 and 4 shards differ" fails same "$work/1/small/l1@seed=1.h5" \
    "$work/three1/small/l1@seed=1.h5"
finish
