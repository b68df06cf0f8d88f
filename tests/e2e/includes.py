#!/usr/bin/env python3
"""What includes what in src, and whether it may. Python's standard library only.

    tests/e2e/includes.py [SRC]

Prints how many includes go from room to room, then one line for each fault:

    wrong: FILE:LINE: INCLUDE: WHY      an include that goes up or sideways, or a library that is not
                                        at home there, also when it comes through a header
    circle: A -> B -> A                 modules that include each other; a header and the source of
                                        the same name are one module; a shortest circle of those which
                                        hang together, and how many these are

The status is 1 when there is a fault.
"""
import os
import re
import sys
from collections import Counter, deque

# A file may include from its own room and from lower levels.
LEVELS = {"base": 1, "hw": 2, "table": 2, "store": 2, "nn": 3, "method": 3, "data": 3, "settings": 4,
          "train": 5, "simulate": 6, "result": 7, "report": 8, "cli": 9, "main": 10}

# Outside libraries: their headers, and the files that may include them.
HOMES = {
    "MPI": (r"mpi.*\.h", r"base/comm\.c|store/store\.c"),
    "HDF5": (r"(hdf5|H5).*\.h", r"store/.*"),
    "BLAS": (r"(cblas|openblas).*\.h|lapacke?\.h",
             r"nn/.*|result/provenance\.c|cli/command_bench\.c"),
}

MADE_BY_THE_BUILD = {("result/provenance.c", "commit.h"), ("result/onnx_model.c", "onnx.pb-c.h")}

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]*)[>"]')


def read_includes(src):
    """{file: [(line, name, is_own)]}, files in order of their names, relative to src."""
    includes = {}
    for folder, _, names in os.walk(src):
        for name in names:
            if name.endswith((".c", ".h")):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as text:
                    found = [(i, INCLUDE.match(line)) for i, line in enumerate(text, 1)]
                includes[os.path.relpath(path, src)] = [(i, m[2], m[1] == '"') for i, m in found if m]
    return dict(sorted(includes.items()))


def room_of(file):
    return file.split("/")[0] if "/" in file else "main"


def library_of(name):
    return next((lib for lib, (header, _) in HOMES.items() if re.fullmatch(header, name)), None)


def is_at_home(library, file):
    return re.fullmatch(HOMES[library][1], file) is not None


def libraries_through(includes):
    """{header: the libraries that whoever includes it gets}, as far as they are at home in it."""
    brings = {file: {library_of(name) for _, name, is_own in found if not is_own} - {None}
              for file, found in includes.items()}
    changes = True
    while changes:
        changes = False
        for file, found in includes.items():
            more = set().union(*(brings.get(name, set()) for _, name, is_own in found if is_own))
            brings[file], before = brings[file] | more, brings[file]
            brings[file] = {library for library in brings[file] if is_at_home(library, file)}
            changes |= brings[file] != before
    return brings


def faults_of_line(file, name, is_own, brings):
    """Why this include is wrong: a list of reasons."""
    faults = []
    libraries = brings.get(name, set()) if is_own else {library_of(name)} - {None}
    for library in sorted(libraries):
        if not is_at_home(library, file):
            faults.append(f"{library} is not at home here")
    if is_own and (file, name) not in MADE_BY_THE_BUILD:
        own, other = room_of(file), room_of(name)
        if "/" not in name or other not in LEVELS or own not in LEVELS:
            faults.append("not ROOM/NAME.h of a known room")
        elif other != own and LEVELS[other] >= LEVELS[own]:
            way = "up" if LEVELS[other] > LEVELS[own] else "sideways"
            faults.append(f"goes {way}, from {own} to {other}")
    return faults


def module_graph(includes):
    """{module: the others it includes}."""
    graph = {}
    for file, found in includes.items():
        module = graph.setdefault(os.path.splitext(file)[0], set())
        for _, name, is_own in found:
            other = os.path.splitext(name)[0]
            if is_own and graph.setdefault(other, set()) is not module:
                module.add(other)
    return graph


def reachable(graph, start):
    """{module: the one before it on a shortest way from start}; start itself only over a circle."""
    before, queue = {}, deque([start])
    while queue:
        module = queue.popleft()
        for other in sorted(graph[module]):
            if other not in before:
                before[other] = module
                queue.append(other)
    return before


def circles(graph):
    """[(modules of a shortest circle, number of those that hang together)]."""
    ways = {module: reachable(graph, module) for module in graph}
    rest = [module for module in sorted(graph) if module in ways[module]]
    found = []
    while rest:
        group = [m for m in rest if m == rest[0] or (m in ways[rest[0]] and rest[0] in ways[m])]
        rest = [m for m in rest if m not in group]
        found.append((min((circle_through(ways[m], m) for m in group), key=len), len(group)))
    return found


def circle_through(before, module):
    way = [module, before[module]]
    while way[-1] != module:
        way.append(before[way[-1]])
    return way[::-1]


def print_counts(includes):
    counts = Counter((room_of(file), room_of(name)) for file, found in includes.items()
                     for _, name, is_own in found if is_own and "/" in name)
    rooms = sorted({room for pair in counts for room in pair}, key=lambda r: (LEVELS.get(r, 0), r))
    print("from \\ to " + "".join(f"{room:>9}" for room in rooms))
    for own in rooms:
        print(f"{own:10}" + "".join(f"{counts[own, other] or '.':>9}" for other in rooms))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    src = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../../src")
    includes = read_includes(src)
    if not includes:
        sys.exit(f"no sources in {src}")
    print_counts(includes)
    brings, fault_count = libraries_through(includes), 0
    for file, found in includes.items():
        for line, name, is_own in found:
            for why in faults_of_line(file, name, is_own, brings):
                print(f"wrong: {file}:{line}: {name}: {why}")
                fault_count += 1
    for way, size in circles(module_graph(includes)):
        print(f"circle: {' -> '.join(way)} ({size} modules)")
        fault_count += 1
    sys.exit(fault_count > 0)


if __name__ == "__main__":
    main()
