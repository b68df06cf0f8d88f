#!/usr/bin/env python3
"""Figures of the sources, to compare two states of them. Python's standard library only.

    tests/e2e/figures.py [--names] [SRC [BUILD]]

A line a room: files, lines, the longest file; functions and their lines (name to closing brace, both
counted: median, nine tenths, longest); mutable variables, those of functions too. Then the modules
(header and source are one) that most others include, and those that include most others. It reads the
layout that clang-format makes: the brace of a function stands alone in the first column.
"""
import argparse
import os
import re
import subprocess

from includes import LEVELS, module_graph, read_includes, room_of

HERE = os.path.dirname(os.path.abspath(__file__))


def functions_of(text):
    """[(name, lines)]"""
    found, start, name, is_open = [], 0, "", False
    for i, line in enumerate(text.split("\n")):
        if line == "{":
            is_open = True
        elif line == "}" and is_open:
            found.append((name, i - start + 1))
            is_open = False
        elif not is_open and (match := re.match(r"[A-Za-z_].*?(\w+)\(", line)):
            start, name = i, match[1]
    return found


def mutables_of(build, room):
    """Names of the variables that outlive a call and may change, from the built library of a room:
    data that is neither constant nor made so by the loader (.data.rel.ro)."""
    library = os.path.join(build, f"lib{room}.a")
    if not os.path.exists(library):
        return []
    symbols = subprocess.run(["nm", "-f", "sysv", library], capture_output=True, text=True, check=True)
    rows = [[cell.strip() for cell in line.split("|")] for line in symbols.stdout.split("\n")]
    return sorted(row[0] for row in rows if len(row) == 7 and row[3] == "OBJECT" and
                   re.fullmatch(r"\.(data|bss)(\.(?!rel\.ro).*)?|\*COM\*", row[6]))


def share(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))] if values else 0


def print_room(room, files, functions, mutables):
    lengths = [length for _, _, length in functions]
    longest = max(files.items(), key=lambda item: item[1], default=("", 0))
    print(f"{room:10}{len(files):6}{sum(files.values()):8}{longest[1]:9}{len(lengths):11}"
          f"{share(lengths, 0.5):8}{share(lengths, 0.9):5}{max(lengths, default=0):9}"
          f"{len(mutables):9}")


def print_widest(what, counts):
    widest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:5]
    print(f"{what}: " + ", ".join(f"{module} {count}" for module, count in widest))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("src", nargs="?", default=os.path.join(HERE, "../../src"))
    arguments.add_argument("build", nargs="?", help="with its libraries: mutable variables too")
    arguments.add_argument("--names", action="store_true", help="of those and of long functions")
    given = arguments.parse_args()
    includes = read_includes(given.src)
    files, functions, mutables = {}, [], []
    for file in includes:
        with open(os.path.join(given.src, file), encoding="utf-8") as text:
            content = text.read()
        files[file] = content.count("\n")
        functions += [(file, name, length) for name, length in functions_of(content)]
    rooms = sorted({room_of(file) for file in files}, key=lambda r: (LEVELS.get(r, 0), r))
    if given.build:
        mutables = [(room, name) for room in rooms for name in mutables_of(given.build, room)]
    print("room       files   lines  longest  functions  median  90%  longest  mutable")
    for room in rooms:
        print_room(room, {f: n for f, n in files.items() if room_of(f) == room},
                   [f for f in functions if room_of(f[0]) == room],
                   [m for m in mutables if m[0] == room])
    print_room("all", files, functions, mutables)
    graph = module_graph(includes)
    print_widest("most included", {m: sum(m in others for others in graph.values()) for m in graph})
    print_widest("most includes", {m: len(others) for m, others in graph.items()})
    if given.names:
        for room, name in mutables:
            print(f"mutable: {room}: {name}")
        for file, name, length in functions:
            if length > 40:
                print(f"long: {file}: {name}: {length} lines")


if __name__ == "__main__":
    main()
