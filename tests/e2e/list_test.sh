#!/usr/bin/env bash
# reslice train --list and --task, and the jobs that jobs/table.sh makes of them (without SLURM:
# tests/slurm submits them).
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cat >"$work/e.yaml" <<'END'
experiment: e
data: {name: fashion-mnist, train: 500, test: 100}
network: {model: mlp, hidden: [10]}
training: {batch: 50, shards: 2, rate: 0.05, select: last}
crossbar: {samples: 10}
runs:
  - {name: a, epochs: 1, matrix: {training.seed: [3, 5]}}
  - {name: b, from: a, epochs: 1, penalty: {name: l1}, matrix: {penalty.alpha: [1, 2, 4]}}
  - {name: c, epochs: 1, training: {shards: 6}}
END

list() {
    on_ranks 2 "$reslice" train "$work/e.yaml" --output "$work/o" --list "$@" | sed "s|$work/||"
}

# What --list prints must be standard input, with blanks for tabs.
lists() {
    diff <(tr -s ' ' '\t') <(list "$@")
}

nothing_there() {
    lists <<'END'
0 a@seed=3 a - 2 missing o/e/a@seed=3.h5
1 a@seed=5 a - 2 missing o/e/a@seed=5.h5
2 b@alpha=1,seed=3 b a@seed=3 2 missing o/e/b@alpha=1,seed=3.h5
3 b@alpha=2,seed=3 b a@seed=3 2 missing o/e/b@alpha=2,seed=3.h5
4 b@alpha=4,seed=3 b a@seed=3 2 missing o/e/b@alpha=4,seed=3.h5
5 b@alpha=1,seed=5 b a@seed=5 2 missing o/e/b@alpha=1,seed=5.h5
6 b@alpha=2,seed=5 b a@seed=5 2 missing o/e/b@alpha=2,seed=5.h5
7 b@alpha=4,seed=5 b a@seed=5 2 missing o/e/b@alpha=4,seed=5.h5
8 c c - 6 missing o/e/c.h5
END
    [ ! -e "$work/o" ] # a list makes nothing
}

# The second of the runs that are asked for, and its parent.
task() {
    train 2 "$work/e.yaml" --output "$work/o" --run c --run b --task 1
    diff - <(cd "$work/o/e" && ls ./*.h5) <<'END'
./a@seed=3.h5
./b@alpha=2,seed=3.h5
END
}

states() {
    train 2 "$work/e.yaml" --output "$work/o" --run c --set training.rate=0.06
    cp "$work/o/e/a@seed=3.h5" "$work/o/e/a@seed=5.h5" # another seed's
    head -c 1000 "$work/o/e/c.h5" >"$work/o/e/b@alpha=2,seed=5.h5"
    touch "$work/o/e/b@alpha=4,seed=5.h5.checkpoint"
    lists <<'END'
0 a@seed=3 a - 2 complete o/e/a@seed=3.h5
1 a@seed=5 a - 2 other o/e/a@seed=5.h5
2 b@alpha=1,seed=3 b a@seed=3 2 missing o/e/b@alpha=1,seed=3.h5
3 b@alpha=2,seed=3 b a@seed=3 2 complete o/e/b@alpha=2,seed=3.h5
4 b@alpha=4,seed=3 b a@seed=3 2 missing o/e/b@alpha=4,seed=3.h5
5 b@alpha=1,seed=5 b a@seed=5 2 missing o/e/b@alpha=1,seed=5.h5
6 b@alpha=2,seed=5 b a@seed=5 2 damaged o/e/b@alpha=2,seed=5.h5
7 b@alpha=4,seed=5 b a@seed=5 2 interrupted o/e/b@alpha=4,seed=5.h5
8 c c - 6 other o/e/c.h5
END
    lists --run c --set training.rate=0.06 <<'END'
0 c c - 6 complete o/e/c.h5
END
}

jobs_of_table() {
    RESLICE=$reslice "$root/jobs/table.sh" --dry-run "$@" --output "$work/o" | sed "s|$work/||g" |
        sed "s|$root/||g"
}

table() {
    rm "$work/o/e/a@seed=5.h5" "$work/o/e/b@alpha=2,seed=5.h5" "$work/o/e/c.h5"
    diff - <(jobs_of_table --sbatch=--time=5 "$work/e.yaml") <<'END'
sbatch --job-name=e.a --output=o/e/log/a-%A_%a.out --array=1 --ntasks=2 --time=5 jobs/train.sbatch e.yaml --output o --run a
sbatch --job-name=e.b --output=o/e/log/b-%A_%a.out --array=0,2 --ntasks=2 --time=5 jobs/train.sbatch e.yaml --output o --run b
sbatch --job-name=e.b --output=o/e/log/b-%A_%a.out --array=3-5 --ntasks=2 --dependency=afterok:1_1 --kill-on-invalid-dep=yes --time=5 jobs/train.sbatch e.yaml --output o --run b
sbatch --job-name=e.c --output=o/e/log/c-%A_%a.out --array=0 --ntasks=6 --time=5 jobs/train.sbatch e.yaml --output o --run c
sbatch --job-name=e.report --output=o/e/log/report-%j.out --dependency=afterany:1:2:3:4 --time=5 --ntasks=1 jobs/report.sbatch e.yaml --output o
END
}

table_refuses() {
    local words
    words=$(jobs_of_table "$work/e.yaml" --run a 2>&1 || true)
    grep -q -- '--run has no place here' <<<"$words"
    head -c 1000 /dev/zero >"$work/o/e/c.h5"
    words=$(jobs_of_table "$work/e.yaml" 2>&1 || true)
    grep -q 'c.h5 is damaged' <<<"$words"
    fails grep -q sbatch <<<"$words"
    words=$(jobs_of_table "$work/nowhere.yaml" 2>&1 || true)
    grep -q "nowhere.yaml.*No such file" <<<"$words"
}

check "a list of what is not there" nothing_there
check "one task" task
check "a list of what is there" states
check "the jobs of a table" table
check "what table.sh refuses" table_refuses
finish
