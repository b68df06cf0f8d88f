#!/usr/bin/env bash
# reslice bench: what it counts is the same on one rank and on two, and its estimate for more ranks is
# the model's, worked out here from the printed messages. bench --crossbar: its figures belong together,
# and its multiply-accumulates are those of the network's shapes.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=$(find_python)

# run RANKS NETWORK: 24 samples, predicted up to 6 ranks.
run() {
    on_ranks "$1" "$reslice" bench --network "$2" --batch 24 --seconds 0.05 --predict 6 \
        --latency-us 10 --bandwidth-gbs 0.5 >"$work/$2.$1"
}

has_all_parts() {
    cat "$1"
    grep -q 'samples/s' "$1" && grep -q 'peak memory of a rank' "$1" &&
        grep -q 'L = 10 us, B = 0.5 GB/s' "$1"
}

same_messages() {
    local ranks
    for ranks in 1 2; do
        sed -n '/reductions of a step/,/all-reduce/p' "$work/$1.$ranks" >"$work/messages$ranks"
        grep -q ' x ' "$work/messages$ranks"
    done
    diff "$work/messages1" "$work/messages2"
}

# The blocking calls that two ranks really make, bench counts apart.
counts_what_is_sent() {
    local said
    said=$(sed -n 's/^ *\([0-9.]*\) blocking synchronisations.*/\1/p' "$1")
    "$python" - "$1" "$said" <<'END'
import re, sys
text = re.sub(r"\n  (?=\S)", " ", open(sys.argv[1]).read())
line = re.search(r"reductions of a step, measured: (.*)", text).group(1)
calls = sum(float(x) for x in re.findall(r"([\d.]+) x", line))
print(line, calls, sys.argv[2])
sys.exit(abs(calls - float(sys.argv[2])) > 0.06)
END
}

follows_the_model() {
    "$python" - "$1" <<'END'
import math, re, sys
text = re.sub(r"\n  (?=\S)", " ", open(sys.argv[1]).read()) # notes are wrapped
line = re.search(r"reductions of a step, measured: (.*)", text).group(1)
messages = [(float(n), float(b) * {"B": 1, "kB": 1e3}[u])
            for n, b, u in re.findall(r"([\d.]+) x ([\d.]+) (k?B)", line)]
L, B = 10e-6, 0.5e9
strong, weak = text.split("Expected weak")
for part, scaled in (strong, False), (weak, True):
    rows = [[float(x) for x in r.split()] for r in re.findall(r"\n((?: +[\d.]+){8})(?=\n)", part)]
    assert [r[0] for r in rows] == [1, 2, 4, 6], rows
    for p, local, compute, reduce, step, rate, speedup, efficiency in rows:
        k = math.ceil(math.log2(p))
        expected = sum(n * min(k * (L + b / B), 2 * k * L + 2 * (p - 1) / p * b / B)
                       for n, b in messages)
        batch = 24 * p if scaled else 24
        assert local == (24 if scaled else math.ceil(24 / p)), (p, local)
        assert abs(reduce - 1e3 * expected) < 2e-3 * (1 + reduce), (p, reduce, expected)
        assert abs(step - compute - reduce) < 2e-3, (compute, reduce, step)
        exact = batch / (1e-3 * step)  # the rate is printed without decimals
        assert abs(rate - exact) < max(0.01 * exact, 0.51), (rate, step)
        first = rows[0][1] / (1e-3 * rows[0][4])
        assert abs(speedup - exact / first) < 0.02 * (1 + speedup), (speedup, exact, first)
        assert abs(efficiency - 100 * speedup / p) < 2, (efficiency, speedup)
END
}

# names_program FILE: the version and commit that --version has, the processor, the kernels.
names_program() {
    head -n 2 "$1"
    [ "$(head -n 1 "$1")" = "$("$reslice" --version | head -n 1)" ] &&
        sed -n 2p "$1" | grep -q '[^ ].*, \(portable\|avx2\|avx512\|amx\) kernels, [12] rank'
}

# crossbar RANKS NETWORK OPTION...: 6 samples.
crossbar() {
    on_ranks "$1" "$reslice" bench --crossbar --network "$2" --samples 6 --seconds 0.02 "${@:3}" \
        >"$work/crossbar"
}

# adds_up MACS [SHARE]: of a sample; non-zero digits of every slice, if they were drawn.
adds_up() {
    cat "$work/crossbar"
    "$python" - "$work/crossbar" "$@" <<'END'
import re, sys
text, macs = open(sys.argv[1]).read(), float(sys.argv[2])
assert float(re.search(r"([\d.]+) million multiply-accumulates a sample", text).group(1)) == macs / 1e6
digits = re.search(r"slice first: (.*) %", text).group(1).split(", ")
assert len(digits) == 4, digits
if len(sys.argv) > 3:
    assert all(abs(float(d) - 100 * float(sys.argv[3])) < 1 for d in digits), digits
rows = re.findall(r"(currents|bits): ([\d.]+) GMAC/s, ([\d.]+) ms/sample; (\d+) samples, ([\d.]+) %", text)
assert [r[0] for r in rows] == ["currents", "bits"], rows
for what, rate, time, samples, share in rows:
    simulated = macs * float(share) / 100 # of a sample
    assert int(samples) > 0 and int(samples) % 6 == 0, samples
    expected = simulated / (1e6 * float(time))
    assert abs(float(rate) - expected) < 1e-3 + 0.01 * expected, (what, rate, expected)
assert float(rows[0][4]) == 100, rows
END
}

has_nothing_to_clip() {
    cat "$work/crossbar"
    grep -q 'through ADCs of 8,8,8,8 bits: nothing to simulate' "$work/crossbar"
}

for network in mlp resnet20; do
    for ranks in 1 2; do
        check "bench $network, $ranks ranks" run $ranks $network
        check "  heading" names_program "$work/$network.$ranks"
        check "  all parts" has_all_parts "$work/$network.$ranks"
        check "  the estimate" follows_the_model "$work/$network.$ranks"
    done
    check "$network: the same messages on 1 and 2 ranks" same_messages $network
    check "$network: counts what two ranks send" counts_what_is_sent "$work/$network.2"
done

for ranks in 1 2; do
    check "bench --crossbar mlp, $ranks ranks" crossbar $ranks mlp
    check "  heading" names_program "$work/crossbar"
    check "  figures" adds_up $((784 * 100 + 100 * 10))
done
check "bench --crossbar lenet5, sparse" crossbar 1 lenet5 --nonzero 0.05 --adc 2,2,2,2
check "  figures" adds_up $((24 * 24 * 25 * 20 + 8 * 8 * 500 * 50 + 800 * 500 + 500 * 10)) 0.05

# Steps through ADCs: the heading says which.
through_adcs() {
    "$reslice" bench --seconds 0.05 --through "$1" >"$work/through"
    cat "$work/through"
    grep -q "through ADCs of bits $1" "$work/through" &&
        grep -q '^ *forward  *[0-9.]* ms/step' "$work/through"
}

# Images and classes of one's own; what does not fit is refused.
other_images() {
    "$reslice" bench --network resnet18 --input 1x20x24 --classes 300 --batch 2 --seconds 0.01 \
        >"$work/images"
    grep -F 'resnet18, batch 2, 1 shards' "$work/images"
    "$reslice" bench --network vgg11 --input 3x31x32 2>"$work/err" && return 1
    grep -F 'vgg11 needs images of at least 32 x 32 pixels' "$work/err"
    "$reslice" bench --network vgg11 --input 4x32x32 2>"$work/err" && return 1
    grep -F "value '4x32x32'; allowed: CHANNELSxHEIGHTxWIDTH, as 3x224x224, at most 3x4096x4096" "$work/err"
}

check "bench --input, --classes" other_images
check "bench --through" through_adcs 1,3,3,3
check "bench --crossbar, ADCs that lose nothing" crossbar 1 mlp --adc 8,8,8,8
check "  says so" has_nothing_to_clip
finish
