#!/usr/bin/env bash
# Follows "Add a penalty" and "Add a cost model" of src/README.md literally, in a copy of the source:
# writes what stands there where it says, builds without a warning, trains with the penalty on 1 and 2
# ranks, and looks for the cost model in a report.
#
#     tests/package/walkthrough.sh          (a whole build: minutes)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/common.sh"
unset RESLICE_DATA # as a user has it
copy=$work/reslice

# block SECTION N: the N-th code block of that section.
block() {
    awk -v section="## $1" -v wanted="$2" '
        /^## / { inside = $0 == section }
        inside && /^```c$/ { if (++n == wanted) { printing = 1; next } }
        printing && /^```$/ { exit }
        printing' "$root/src/README.md"
}

# before PATTERN FILE: standard input goes in front of the first line that matches.
before() {
    awk -v pattern="$1" -v text="$(cat)" '
        !done && $0 ~ pattern { print text; done = 1 }
        { print }
        END { exit !done }' "$2" >"$work/changed"
    cp "$work/changed" "$2"
}

copy_source() {
    mkdir "$copy"
    (cd "$root" && tar -c CMakeLists.txt README.md LICENSE src data experiments jobs) |
        tar -x -C "$copy"
}

add() {
    block 'Add a penalty' 1 >"$copy/src/method/l2.c"
    block 'Add a penalty' 2 | before '^/\* By name; NULL' "$copy/src/method/penalty.h"
    local row
    row=$(block 'Add a penalty' 3)
    sed -i "s/{&penalty_l1,/{${row//&/\\&} \&penalty_l1,/; s/^    &penalty_l1,/${row//&/\\&}\n&/" \
        "$copy/src/method/penalty.c"
    grep -qF '&penalty_l2' "$copy/src/method/penalty.c"
    block 'Add a cost model' 1 |
        before 'static const struct adc_model \*const models' "$copy/src/hw/adc_cost.c"
    row=$(block 'Add a cost model' 2)
    sed -i "s/^    &saberi_power,/${row//&/\\&} \&saberi_power,/" "$copy/src/hw/adc_cost.c"
    grep -qF '&ramp' "$copy/src/hw/adc_cost.c"
    echo "lines added: $(diff -r "$root/src" "$copy/src" | grep -c '^>') and $(
        wc -l <"$copy/src/method/l2.c") of the new file"
}

build() {
    cmake -S "$copy" -B "$copy/build" -DRESLICE_TESTS=OFF -DRESLICE_WERROR=ON >/dev/null
    cmake --build "$copy/build" -j "$(nproc)" >"$work/build.log" 2>&1 || {
        cat "$work/build.log"
        return 1
    }
    reslice=$copy/build/reslice
}

cat >"$work/e.yaml" <<'END'
experiment: e
data: {name: fashion-mnist, train: 2000, test: 200}
network: {model: mlp, hidden: [20]}
training: {batch: 50, shards: 2, rate: 0.05, select: last}
runs:
  - {name: none, epochs: 2}
  - {name: l2, epochs: 2, penalty: {name: l2, alpha: 1000}}
END

works() {
    reslice=$copy/build/reslice
    for ranks in 1 2; do
        train "$ranks" "$work/e.yaml" --output "$work/on$ranks"
    done
    "$(find_python)" - "$work" <<'END'
import sys, h5py, numpy as np
def norm(run, ranks=1):
    with h5py.File(f"{sys.argv[1]}/on{ranks}/e/{run}.h5") as file:
        weights = [file[f"layers/{layer}/weight"][:] for layer in ("fc1", "fc2")]
        return np.sqrt(sum((w.astype(float) ** 2).sum() for w in weights)), weights
plain, _ = norm("none")
pulled, weights = norm("l2")
print(f"norm of the weights: {plain:.2f} without, {pulled:.2f} with the penalty")
assert pulled < 0.95 * plain
assert all((a == b).all() for a, b in zip(weights, norm("l2", 2)[1]))
END
    "$reslice" report "$work/on1/e/l2.h5" --table cost --format csv >"$work/cost.csv"
    grep -q '^adc_cost,ramp,energy' "$work/cost.csv"
    "$reslice" help man >"$work/page"
    grep -q 'Allowed: .*l2' "$work/page"
}

copy_source
add
check "it builds without a warning" build
check "the penalty pulls, on 1 and 2 ranks alike; the model is in the report" works
grep -h 'norm of' "$work/check.log" || true
finish
