"""What reslice report prints, read as a program reads it. Python's standard library only, but for
`energy`.

    report_check.py tables FOLDER      FOLDER/TABLE.FORMAT: every format says what json says
    report_check.py energy FILE.json FILE.h5    both energies, computed once more from the file
"""
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

MISSING = {"json": None, "csv": "", "markdown": "–", "html": "–", "latex": "--", "text": "–"}


def refuse(word):
    raise ValueError(f"{word} is no JSON")


def read_json(path):
    """[table]; numbers as they are written."""
    with open(path, encoding="utf-8") as file:
        tables = json.load(file, parse_float=str, parse_int=str, parse_constant=refuse)
    assert isinstance(tables, list), path
    for table in tables:
        assert set(table) == {"table", "title", "columns", "rows", "notes"}, path
        for row in table["rows"]:
            assert len(row) == len(table["columns"]), (path, row)
    names = [table["table"] for table in tables]
    assert len(names) == len(set(names)), names
    return tables


def header(column, suffix=""):
    return column["name"] + suffix + (f" ({column['unit']})" if column["unit"] else "")


def value_and_spread(cell):
    return (cell["mean"], cell["std"]) if isinstance(cell, dict) else (cell, None)


def check_csv(path, tables):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    found = {}
    for row in rows:
        if row[0] == "table":
            names = row
            continue
        assert len(row) == len(names), (path, row)
        found.setdefault(row[0], []).append(dict(zip(names, row)))
    for table in tables:
        got = found.pop(table["table"], [])
        assert len(got) == len(table["rows"]), (path, table["table"])
        for fields, row in zip(got, table["rows"]):
            for column, cell in zip(table["columns"], row):
                value, spread = value_and_spread(cell)
                assert fields[header(column)] == (value or ""), (path, fields, column)
                if isinstance(cell, dict):
                    assert fields[header(column, " std")] == (spread or ""), (path, fields)
    notes = [note for table in tables for note in table["notes"]]
    assert [row["note"] for row in found.pop("notes", [])] == notes, path
    assert not found, found


def shown(cell, missing, plus_minus):
    value, spread = value_and_spread(cell)
    return (missing if value is None else value) + (plus_minus + spread if spread else "")


def check_cells(path, tables, got, missing, plus_minus):
    """got: a list of rows of cells for each table, headings first; marks may stand behind a cell."""
    assert len(got) == len(tables), (path, len(got))
    for table, rows in zip(tables, got):
        assert len(rows) == 1 + len(table["rows"]), (path, table["table"])
        for cells, row in zip(rows[1:], table["rows"]):
            assert len(cells) == len(row), (path, cells)
            for cell, expected in zip(cells, row):
                assert cell in (shown(expected, missing, plus_minus),
                                shown(expected, missing, plus_minus) + "*"), (path, cell, expected)


def check_markdown(path, tables):
    got = []
    before = ""
    with open(path, encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line.startswith("|"):
                cells = [re.sub(r"\\(.)", r"\1", cell.strip())
                         for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
                if not before.startswith("|"):
                    got.append([])
                if not re.fullmatch(r"[|:-]+", line):
                    got[-1].append(cells)
            before = line
    check_cells(path, tables, got, MISSING["markdown"], " ± ")
    for table, rows in zip(tables, got):
        assert rows[0] == [header(column) for column in table["columns"]], (path, rows[0])


def check_html(path, tables):
    root = xml.parse(path).getroot()
    got = [[["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]
           for table in root.iter("table")]
    check_cells(path, tables, got, MISSING["html"], " ± ")
    ids = [section.get("id") for section in root.iter("section")]
    assert ids == [table["table"] for table in tables], ids


LATEX = {r"\textbackslash{}": "\\", r"\textasciicircum{}": "^", r"\textasciitilde{}": "~",
         r"\textless{}": "<", r"\textgreater{}": ">", r"\textbar{}": "|", r"$\pm$": "±"}


def from_latex(text):
    for escape, sign in LATEX.items():
        text = text.replace(escape, sign)
    return re.sub(r"\\([{}$&#%_])", r"\1", text).strip()


def check_latex(path, tables):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    stack = []
    for word, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if word == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name, path
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        assert depth >= 0, path
    assert not stack and depth == 0, path
    got = []
    for body in re.findall(r"\\toprule\n(.*?)\\bottomrule", text, re.S):
        rows = [line.strip() for line in body.splitlines() if "midrule" not in line]
        assert all(row.endswith(r"\\") for row in rows if row), path
        got.append([[from_latex(cell) for cell in re.split(r"(?<!\\)&", row[:-2])]
                    for row in rows if row])
    check_cells(path, tables, got, MISSING["latex"], " ± ")
    compiler = shutil.which("pdflatex") or shutil.which("lualatex")
    if compiler:
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/t.tex", "w", encoding="utf-8") as file:
                file.write("\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n" +
                           text + "\\end{document}\n")
            subprocess.run([compiler, "-interaction=nonstopmode", "-halt-on-error", "t.tex"],
                           cwd=folder, check=True, stdout=subprocess.DEVNULL)


def check_text(path, tables):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for table in tables:
        assert table["title"] + "\n\n" in text, (path, table["title"])
    words = set(re.findall(r"[-\w.]+", text))
    assert not words & {"nan", "-nan", "inf", "-inf"} and "-0.00" not in words, path


CHECKS = {"csv": check_csv, "markdown": check_markdown, "html": check_html, "latex": check_latex,
          "text": check_text}


def check_tables(folder):
    names = sorted(name[:-5] for name in os.listdir(folder) if name.endswith(".json"))
    rows = 0
    for name in names:
        tables = read_json(f"{folder}/{name}.json")
        rows += sum(len(table["rows"]) for table in tables)
        for table in tables:
            for row in table["rows"]:
                for cell in row:
                    assert value_and_spread(cell)[0] not in ("-0.00", "-0", "-0.0000"), (name, row)
        for form, check in CHECKS.items():
            check(f"{folder}/{name}.{form}", tables)
    print(names, rows)
    assert len(names) > 5 and rows > 50, (names, rows)


def isaac_pj(bits):
    return 0.1949 * bits + 0.00042 * 2 ** bits if bits > 0 else 0.0


def check_energy(path, result):
    import h5py
    tables = {table["table"]: table for table in read_json(path)}
    with h5py.File(result) as file:
        layers = [group["static"][:] for group in file["adc"].values() if "static" in group]
        static = [max(int(layer[:, k].max()) for layer in layers) for k in range(4)]
        group = file["adc/assignments"]
        models = [group.attrs[f"model_{m}"] for m in range(group["energy_saving"].shape[1])]
        names = [group.attrs[f"assignment_{a}"] for a in range(len(group["energy"]))]
        saving = group["energy_saving"][names.index("static"), models.index("isaac")]
    of_a_conversion = 4 * isaac_pj(8) / sum(map(isaac_pj, static))
    found = {}
    for table, where in (("adc_bits", "definition"), ("assignments", "ADC")):
        columns = [column["name"] for column in tables[table]["columns"]]
        row, = (row for row in tables[table]["rows"] if row[columns.index(where)] == "static")
        found[table] = {name: float(value) for name, value in zip(columns, row) if "energy" in name}
    print(found, of_a_conversion, saving)
    assert not set(found["adc_bits"]) & set(found["assignments"]), found
    assert abs(found["adc_bits"]["isaac energy of a conversion"] - of_a_conversion) < 0.0051
    assert abs(found["assignments"]["isaac energy of a sample"] - saving) < 0.0051


if sys.argv[1] == "tables":
    check_tables(sys.argv[2])
else:
    check_energy(*sys.argv[2:])
