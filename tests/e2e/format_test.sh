#!/usr/bin/env bash
# The promise of the format's version (src/README.md): a file of version 1 that was written in
# November 2026 and is never written again can still be read by every command; one of a later version
# is refused. Its experiment is in tests/vectors/README.md.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
unset RESLICE_DATA # results that are kept come from the whole set
python=$(find_python)
old=$root/tests/vectors/result-v1.h5

reported() {
    "$reslice" report "$old" --format csv | tee "$work/report.csv"
    grep -q '^accuracy,v1,validation,1,42\.00,' "$work/report.csv"
    grep -q '^adc_bits,v1,static,3,4,5,5,' "$work/report.csv"
    grep -q '^assignments,v1,provisioned,3,2,1,1,46\.00,-4\.00,' "$work/report.csv"
    "$reslice" report "$old"
}

# Codes, exponents and settings make the same network: its accuracies are those of the file.
on_crossbars() {
    cp "$old" "$work/new.h5"
    on_ranks 2 "$reslice" crossbar "$work/new.h5" --quick --selftest
    "$python" - "$old" "$work/new.h5" <<'END'
import sys, h5py
with h5py.File(sys.argv[1]) as old, h5py.File(sys.argv[2]) as new:
    for name in ("bits", "test_accuracy", "calibration_accuracy"):
        assert (old["adc/assignments"][name][:] == new["adc/assignments"][name][:]).all(), name
END
}

exported() {
    "$reslice" export "$old" -o "$work/crossbars.h5"
    "$python" "$e2e/export_check.py" "$old" "$work/crossbars.h5" /usr/share/datasets/fashion-mnist
}

# Another run comes from it.
is_a_parent() {
    cat >"$work/result.yaml" <<'END'
experiment: result
data: {name: fashion-mnist, validation: 100, train: 2000, test: 100}
network: {model: mlp, hidden: [4]}
training: {batch: 50, shards: 2, rate: 0.05, momentum: 0.5}
crossbar: {rows: 8, columns: 8}
runs:
  - {name: v1, epochs: 2, penalty: {name: bit-slice-l1, alpha: 0.2}}
  - {name: pruned, from: v1, prune: {threshold: 0.005}}
END
    mkdir -p "$work/result"
    cp "$old" "$work/result/v1.h5"
    train 2 "$work/result.yaml" --output "$work"
    cat "$work/train.log"
    grep -q 'v1: complete' "$work/train.log"
}

# Every group of the page is in the old file or, where version 1 has grown, in that of is_a_parent; and
# every dataset of both is on the page.
is_documented() {
    "$python" - "$root/src/README.md" "$old" "$work/result/pruned.h5" <<'END'
import sys, re, h5py
page = open(sys.argv[1]).read()
rows = [row for row in page.splitlines() if row.startswith("| `/")]
groups = {re.sub("NAME.*", "", name) for row in rows for name in re.findall("`(/[^`]*)`",
          row.split("|")[1])}
assert len(groups) > 8, groups
words = set(re.findall(r"[a-z_0-9]+", page))
seen = set()
def visit(name, item):
    seen.add("/" + name)
    if isinstance(item, h5py.Dataset) and item.attrs.get("CLASS") != b"DIMENSION_SCALE":
        for need in ("description", "units", "crc32"):
            assert need in item.attrs, f"{name}: no {need}"
        member = name.split("/")[-1].replace("calibration_", "")
        assert member in words or name.split("/")[-1] in words, f"{name} is not on the page"
for name in sys.argv[2:]:
    with h5py.File(name) as file:
        file.visititems(visit)
for group in groups - {"/", "/import", "/adc/devices"}:  # not of every file
    assert group.rstrip("/") in seen, f"{group} is in no file"
END
}

refused() {
    local status=0
    cp "$old" "$work/later.h5"
    "$python" -c 'import sys, h5py; h5py.File(sys.argv[1], "a").attrs["version"] = 2' \
        "$work/later.h5"
    "$reslice" report "$work/later.h5" 2>"$work/err" || status=$?
    cat "$work/err"
    [ "$status" -eq 2 ]
    grep -q 'format version 2; this reslice reads version 1' "$work/err"
}

check "report" reported
check "crossbar, the same accuracies" on_crossbars
check "export" exported
check "another run comes from it" is_a_parent
check "the page and the file" is_documented
check "version 2 is refused" refused
finish
