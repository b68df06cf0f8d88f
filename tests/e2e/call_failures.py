#!/usr/bin/env python3
"""Every call on files that a command makes below its output folder fails once, each in a run of its own.

    call_failures.py RESLICE FAIL_CALL.so [--each N] [--only SCENARIO]...

A run in which the N-th call of a kind fails (tests/preload/fail_call.c) must end: with status 0 and the
right output when the failure does not matter, else with a status of its own and one line that names
the cause; no crash, no endless wait, no word of damage. What was complete before is still there. The
next run behind one that failed must end with status 0 and the same output as one that never failed.

--each N: at most so many calls of a kind in a scenario, spread over all of them; without it all calls.
Prints the calls of each kind, and the outcomes. One rank. Needs h5py.
"""
import argparse
import collections
import errno
import os
import re
import shutil
import subprocess
import sys
import tempfile

import h5py

import same_results

EXPERIMENT = """\
experiment: e
data: {name: fashion-mnist, validation: 50, train: 256, test: 100}
network: {model: mlp, hidden: [6]}
training: {batch: 128, shards: 2, rate: 0.1}
runs: [{name: a, epochs: 1}]
"""
NEVER_DUE = "1e6"
ALWAYS_DUE = "1e-9"  # minutes: a checkpoint behind every step
TIMEOUT_S = 60

# What a file system may say, in turn. An interrupted call is begun again.
ERRNOS = {
    "open": [errno.ENOSPC, errno.EACCES, errno.EIO, errno.EINTR],
    "write": [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EINTR],
    "read": [errno.EIO, errno.ESTALE, errno.EINTR],
    "sync": [errno.EIO, errno.ENOSPC, errno.EINTR],
    "folder": [errno.EINVAL, errno.EIO, errno.EINTR],
    "truncate": [errno.ENOSPC, errno.EIO],
    "close": [errno.EIO, errno.EDQUOT, errno.EINTR],
    "lock": [errno.ENOLCK, errno.ENOSYS, errno.EINTR],
    "rename": [errno.EIO, errno.EACCES, errno.ENOSPC],
    "unlink": [errno.EACCES, errno.EIO],
    "mkdir": [errno.ENOSPC, errno.EACCES],
    "stat": [errno.EIO, errno.EACCES],
    "chmod": [errno.EPERM, errno.EIO],
}
KINDS = list(ERRNOS)

Scenario = collections.namedtuple("Scenario", "name prepare command outputs stdout")


class Sweep:
    def __init__(self, reslice, library, work):
        self.reslice, self.library, self.work = reslice, library, work
        self.experiment = os.path.join(work, "e.yaml")
        with open(self.experiment, "w", encoding="utf-8") as file:
            file.write(EXPERIMENT)
        self.folder = os.path.join(work, "x")
        self.log = os.path.join(work, "calls")
        self.faults = []
        self.outcomes = collections.Counter()
        self.runs = 0

    # ---- running ----

    def run(self, scenario, failing=None):
        """(status, words) of a run; the failing call is KIND:N:ERRNO."""
        env = dict(os.environ)
        if failing is not None:
            env |= {"LD_PRELOAD": self.library, "FAIL_FOLDER": self.folder, "FAIL_LOG": self.log}
            if failing:
                env["FAIL_CALL"] = failing
            if os.path.exists(self.log):
                os.remove(self.log)
        out = open(os.path.join(self.folder, scenario.stdout), "wb") if scenario.stdout else subprocess.DEVNULL
        try:
            done = subprocess.run([self.reslice, *scenario.command], env=env, stdin=subprocess.DEVNULL,
                                  stdout=out, stderr=subprocess.PIPE, timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            return "hangs", ""
        finally:
            if scenario.stdout:
                out.close()
        return done.returncode, done.stderr.decode(errors="replace")

    def calls(self):
        """[(kind, path, failed)] of the last run."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            lines = [line.rstrip("\n") for line in file]
        found = []
        for line in lines:
            failed = line.endswith(" failed")
            kind, path = (line[:-len(" failed")] if failed else line).split(" ", 1)
            found.append((kind, path, failed))
        return found

    def start(self, scenario):
        shutil.rmtree(self.folder, ignore_errors=True)
        if scenario.prepare:
            shutil.copytree(scenario.prepare, self.folder)
        else:
            os.mkdir(self.folder)

    # ---- comparing ----

    def contents(self, path):
        """What is compared of a file."""
        if not path.endswith(".h5"):
            with open(path, "rb") as file:
                return file.read()
        with h5py.File(path, "r") as file:
            return {name: same_results.describe(obj)
                    for name, obj in same_results.objects(file).items()}

    def outputs(self, scenario):
        """Contents by name; a name with a slash at its end is a folder of files."""
        names = []
        for name in scenario.outputs:
            names += ([name + file for file in sorted(os.listdir(os.path.join(self.folder, name)))]
                      if name.endswith("/") else [name])
        return {name: self.contents(os.path.join(self.folder, name)) for name in names}

    def same_outputs(self, scenario, wanted):
        try:
            found = self.outputs(scenario)
        except OSError as why:
            return f"no output: {why}"
        different = [name for name in wanted if wanted[name] != found.get(name)]
        return f"other output: {different[0]}" if different else ""

    def lost(self, scenario):
        """What was complete before a run and is neither as before nor a complete new file."""
        if not scenario.prepare:
            return ""
        for root, _, names in os.walk(scenario.prepare):
            for name in names:
                before = os.path.join(root, name)
                now = os.path.join(self.folder, os.path.relpath(before, scenario.prepare))
                if ".checkpoint" in name or name.endswith((".lock", ".part")):
                    continue
                try:
                    if self.contents(now) != self.contents(before):
                        with h5py.File(now, "r") as file:
                            if file.attrs["complete"] != 1 or "adc" not in file:
                                return f"{name} has changed"
                except (OSError, KeyError) as why:
                    return f"{name} is lost: {why}"
        return ""

    # ---- judging ----

    def judge(self, status, words, kind, number, path, matters):
        """A fault of the words and the status, or ''."""
        line = next((w for w in words.splitlines() if re.match(r"reslice: (?!warning)", w)), "")
        if status == "hangs":
            return "hangs"
        if status == 0:
            return f"status 0, but: {line}" if line else matters
        if status not in (2, 3):
            return f"status {status}: {line or words[:200]}"
        if not line:
            return f"status {status} without a word"
        user = number in (errno.EACCES, errno.ENOENT, errno.EPERM)
        if status == 2 and not user:
            return f"status 2: {line}"
        # HDF5 writes through MPI-IO, which has words of its own for what the system says
        through_mpi = path.endswith(".part") and "HDF5 '" in line
        hdf5_is_silent = "its disk fails: HDF5 says" in line
        if os.strerror(number) not in line and not through_mpi and not hdf5_is_silent:
            return f"another cause: {line}"
        if re.search(r"damaged(?!, or its disk)|not an HDF5|not a reslice", line):
            return f"false words: {line}"
        return ""

    def fail_once(self, scenario, wanted, kind, index, number):
        self.start(scenario)
        status, words = self.run(scenario, f"{kind}:{index}:{number}")
        calls = self.calls() if os.path.exists(self.log) else []
        hit = [path for k, path, failed in calls if failed]
        path = hit[0] if hit else "?"
        self.runs += 1
        matters = self.same_outputs(scenario, wanted) if status == 0 else ""
        fault = self.judge(status, words, kind, number, path, matters) if hit else "no such call"
        fault = fault or self.lost(scenario)
        if not fault and status != 0:
            again, words = self.run(scenario)
            fault = (f"the next run: status {again}: {words[:300]}" if again != 0 else
                     self.same_outputs(scenario, wanted))
            fault = fault and f"afterwards: {fault}"
        where = os.path.relpath(path, self.folder) if hit else "?"
        self.outcomes[(scenario.name, kind, status)] += 1
        if fault:
            self.faults.append(f"{scenario.name}: {kind} {index} of '{where}' with "
                               f"{errno.errorcode[number]}: {fault}")
            print("FAILED", self.faults[-1], flush=True)

    def sweep(self, scenario, each):
        self.start(scenario)
        status, words = self.run(scenario, "")
        if status != 0:
            sys.exit(f"{scenario.name} without a failure: status {status}: {words}")
        wanted = self.outputs(scenario)
        count = collections.Counter(kind for kind, _, _ in self.calls())
        print(f"{scenario.name}: calls: " + ", ".join(f"{count[k]} {k}" for k in KINDS if count[k]),
              flush=True)
        for kind in KINDS:
            total = count[kind]
            chosen = range(1, total + 1)
            if each and total > each:
                chosen = sorted({1 + i * (total - 1) // max(each - 1, 1) for i in range(each)})
            for turn, index in enumerate(chosen):
                number = ERRNOS[kind][turn % len(ERRNOS[kind])]
                self.fail_once(scenario, wanted, kind, index, number)

    # ---- scenarios ----

    def make(self, name, scenario, failing=None):
        """A folder to start from, made by a run."""
        self.start(scenario)
        status, words = self.run(scenario, failing)
        if (status == 0) != (failing is None):
            sys.exit(f"{name}: status {status}: {words}")
        target = os.path.join(self.work, name)
        shutil.copytree(self.folder, target)
        return target

    def scenarios(self):
        x = self.folder
        train = ["train", self.experiment, "--output", x]
        first = Scenario("train", None, [*train, "--checkpoint-minutes", ALWAYS_DUE], ["e/a.h5"], None)
        plain = self.make("plain", first)
        # It ends at the last rename, behind several checkpoints.
        self.start(first)
        self.run(first, "")
        renames = sum(kind == "rename" for kind, _, _ in self.calls())
        stopped = self.make("stopped", first, f"rename:{renames}:{errno.EIO}")
        weights = os.path.join(self.work, "weights.h5")
        with h5py.File(os.path.join(plain, "e/a.h5"), "r") as result, h5py.File(weights, "w") as to:
            for layer in ("fc1", "fc2"):
                for kind in ("weight", "bias"):
                    to[f"{layer}.{kind}"] = result[f"layers/{layer}/{kind}"][()]
        mapping = ["crossbar", f"{x}/e/a.h5", "--quick", "--samples", "20", "--test", "20"]
        crossbar = Scenario("crossbar", plain, mapping, ["e/a.h5"], None)
        mapped = self.make("mapped", crossbar)
        everything = [
            first,
            Scenario("resume", stopped, [*train, "--checkpoint-minutes", NEVER_DUE], ["e/a.h5"], None),
            crossbar,
            Scenario("export", plain, ["export", f"{x}/e/a.h5", "-o", f"{x}/out.h5"], ["out.h5"], None),
            Scenario("import", None,
                     ["import", weights, "--network", "mlp", "--set", "data.name=fashion-mnist",
                      "--set", "network.hidden=6", "--set", "data.test=100", "--set", "data.train=256",
                      "--set", "data.validation=50", "--calibrate", "50", "-o", f"{x}/in.h5", "--fresh"],
                     ["in.h5"], None),
            Scenario("report", mapped, ["report", f"{x}/e/a.h5"], ["report.txt"], "report.txt"),
            Scenario("page", mapped, ["report", f"{x}/e/a.h5", "--html", f"{x}/page.html"],
                     ["page.html"], None),
            Scenario("plot", mapped, ["plot", f"{x}/e/a.h5", "-o", f"{x}/plots", "--format", "svg"],
                     ["plots/"], None),
        ]
        return everything


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("reslice")
    parser.add_argument("library")
    parser.add_argument("--each", type=int, default=0)
    parser.add_argument("--only", action="append")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reslice_calls.") as work:
        sweep = Sweep(os.path.abspath(options.reslice), os.path.abspath(options.library), work)
        for scenario in sweep.scenarios():
            if not options.only or scenario.name in options.only:
                sweep.sweep(scenario, options.each)
        print("scenario kind: runs that ended with each status")
        for name, kind in sorted({key[:2] for key in sweep.outcomes}):
            ends = sorted((str(s), n) for (a, k, s), n in sweep.outcomes.items() if (a, k) == (name, kind))
            print(f"{name} {kind}: " + ", ".join(f"{n} x {status}" for status, n in ends))
        print(f"{sweep.runs} runs, {len(sweep.faults)} faults")
        sys.exit(1 if sweep.faults or sweep.runs == 0 else 0)


if __name__ == "__main__":
    main()
