"""What is recorded of a page, what of it a reader is told when it moved, and records that are none."""

from __future__ import annotations

import json
import os
import random
import re

import pytest

from bouwen.errors import BouwenError
from bouwen.report.book import results
from bouwen.report.book.comparing import agree, close, differences
from bouwen.report.book.drawn import data_of, note_edges
from bouwen.report.book.recording import Record, Told, record_of

NAN = float("nan")


def cell(source, *outputs, kind="code", tags=(), **metadata):
    return {
        "cell_type": kind,
        "source": source,
        "metadata": {"tags": list(tags), **metadata},
        "outputs": outputs,
    }


def shows(form, content, **metadata):
    return {"data": {form: content, "text/plain": "not shown"}, "metadata": metadata}


def told(name, value, text):
    metadata = {"scrapbook": {"name": name}, "bouwen": {"value": value}}
    return {"data": {"application/papermill.record/text/plain": repr(text)}, "metadata": metadata}


def page(*cells):
    return record_of({"cells": list(cells)})


GRID = """<style>td {color: red}</style><table><thead><tr><th>Item</th><th>Mean &amp; more</th></tr></thead>
<tbody><tr><th colspan="2">Trust</th></tr><tr><td>t1</td><td><b>3.45</b></td></tr>
<tr><td>t2</td><td>1,234.5</td></tr></tbody><tfoot><tr><td>A note.</td></tr></tfoot></table>
<p>Below it.</p>"""


CAPTION = {"figure": {"caption": "Bars."}}


# ------------------------------------------------------------------ what is recorded


def test_everything_that_a_page_shows_is_recorded():
    layer = {"mark": "bar", "columns": ["x", "y"], "rows": [[1.0, 0.25], [2.0, None]]}
    drawn = {
        "figures": [{"texts": ["Share"], "layers": [layer]}],
        "edges": [["3", "4"], ["1", "2"], ["3", "4"]],
    }
    found = page(
        cell("(a)=\n# How many?\n\nOf {glue:text}`n` *nobody* said “no”. See [more](b.md).", kind="markdown"),
        cell("tell(n=5)", told("n", 5, "5"), told("r", 0.123456789, "0.12")),
        cell("x = 1\ntables.items(survey,\n  x)", shows("text/html", GRID)),
        cell("tables.items(survey)", shows("text/html", GRID)),
        cell(
            "plots.bars(x)",
            shows("image/svg+xml", "<svg/>", bouwen=drawn),
            mystnb={"figure": {"caption": "Bars."}},
        ),
        cell("texts.said(x)", shows("text/markdown", "- **One** thing\n- Another &lt; thing")),
        cell("print(1)", {"name": "stdout", "text": "line <one>\n\nline  two"}),
        cell("Image()", shows("image/png", "aGVsbG8=")),
        cell("chart()", {"data": {"application/vnd.vega+json": {"a": 1}}, "metadata": {}}),
        cell("secret()", shows("text/markdown", "hidden"), tags=["remove-cell"]),
        cell("secret()", shows("text/markdown", "hidden"), tags=["remove-output"]),
    )
    assert found.told == {"n": Told(value=5, tolerance=None), "r": Told(value=0.123457, tolerance=0.000123)}
    assert found.sentences == [
        "How many?", "Of 5 nobody said “no”.", "See more.", "Below it.", "Below it.", "Bars.", "One thing",
        "Another < thing", "line <one>", "line two",
    ]  # fmt: skip
    rows = [["Trust"], ["t1", "3.45"], ["t2", "1,234.5"], ["A note."]]
    assert [*found.tables] == ["tables.items", "tables.items 2"]
    assert all(
        (table.heads, table.rows) == (["Item", "Mean & more"], rows) for table in found.tables.values()
    )
    assert found.figures["plots.bars"].model_dump() == {**drawn["figures"][0], "picture": None}
    for other in ("Image", "chart"):
        assert re.fullmatch("[0-9a-f]{16}", found.figures[other].picture)
    assert found.edges == [["1", "2"], ["3", "4"]]
    assert found.count == 2 + 10 + 2 * 6 + 4


def test_versions_of_programs_are_of_the_place():
    rows = [["numpy", "9.9"], ["seed", "1"]]
    body = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in rows)
    table = f"<table><tr><th>What</th></tr>{body}</table>"
    found = page(cell("tables.provenance(s)", shows("text/html", table)))
    assert found.tables["tables.provenance"].rows == [["numpy", "…"], ["seed", "1"]]


def test_the_data_of_a_plotnine_figure_are_those_it_draws():
    """Of three values one is not there, one column is mapped to nothing, and a statistic counts."""
    import matplotlib.pyplot as plt
    import pandas as pd
    from plotnine import aes, geom_bar, geom_point, ggplot

    rows = pd.DataFrame(
        {"a": [1.0, 2.0, NAN], "b": [0.123456789, 3.0, 4.0], "kind": list("uvv"), "answer": "secret"}
    )
    points = (ggplot(rows.dropna(), aes("a", "b", colour="kind")) + geom_point()).draw()
    bars = (ggplot(rows, aes("kind")) + geom_bar()).draw()
    (layer,) = data_of(points)["layers"]
    assert (layer["mark"], layer["columns"]) == ("point", ["PANEL", "x", "y", "color"])
    assert [row[1:3] for row in layer["rows"]] == [[1.0, 0.123457], [2.0, 3.0]]
    assert layer["rows"][0][3] != layer["rows"][1][3]
    assert {"a", "b", "u", "v"} <= {*data_of(points)["texts"]}
    (layer,) = data_of(bars)["layers"]
    assert [row[layer["columns"].index("ymax")] for row in layer["rows"]] == [1.0, 2.0]
    assert "secret" not in json.dumps([data_of(points), data_of(bars)])
    plt.close("all")


def test_the_data_of_a_matplotlib_figure_are_those_of_its_artists():
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2)
    left.plot([1, 2], [3, 5])
    left.scatter([7], [8])
    left.bar([1], [2], width=1)
    right.imshow([[0, 1], [2, 3]])
    figure.canvas.draw()
    found = {layer["mark"]: layer["rows"] for layer in data_of(figure)["layers"]}
    plt.close(figure)
    assert (found["line"], found["points"]) == ([[1, 3], [2, 5]], [[7, 8]])
    assert found["shape"][:4] == [[0.5, 0], [1.5, 0], [1.5, 2], [0.5, 2]]
    assert found["image"] == [[0, 1], [2, 3]]


# ------------------------------------------------------------------ what differs


@pytest.mark.parametrize(
    ("recorded", "allowed", "now", "same"),
    [
        (2.0, 0.25, 2.25, True), (2.0, 0.25, 1.75, True), (2.0, 0.25, 2.2501, False),
        (2.0, 0.25, 1.7499, False), (2.0, 0.25, 2, True), (2.0, 0.25, "2.0", False), (3, None, 3, True),
        (3, None, 4, False), ("a", None, "a", True), ("a", None, "b", False), ("nan", None, "nan", True),
        ("nan", None, 1.0, False), (1.0, 1e-3, "nan", False), ([1, 2], None, [1, 2], True),
        ([1, 2], None, [2, 1], False),
    ],
)  # fmt: skip
def test_whether_a_value_is_as_recorded(recorded, allowed, now, same):
    assert agree(Told(value=recorded, tolerance=allowed), now) == same


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (1.0, 1.000001, True), (1.0, 1.0001, False), (0.0, 1e-6, True), (0.0, 1e-5, False),
        (None, None, True), (None, 0.0, False), ("1", 1.0, False), ("#fff", "#fff", True),
        (5000.0, 5000.05, True),
    ],
)  # fmt: skip
def test_whether_a_number_in_a_figure_is_as_recorded(before, after, same):
    assert close(before, after) == close(after, before) == same


BEFORE = {
    "edges": [["0.5", "0.6"]],
    "told": {"gone": {"value": 1.5, "tolerance": 0.1}, "r": {"value": 0.5, "tolerance": 0.01}},
    "sentences": ["First.", "The mean of all scales is 3.45 in this study.", "Last."],
    "tables": {
        "tables.items": {
            "heads": ["Item", "Mean", "p"],
            "rows": [["Trust"], ["t1", "3.45", "0.010"], ["t2", "<10", "0.020"], ["t3", "1", "2"]],
        }
    },
    "figures": {
        "plots.bars": {
            "texts": ["Share"],
            "layers": [{"mark": "bar", "columns": ["x", "y"], "rows": [[1.0, 0.25], [2.0, 0.75]]}],
        }
    },
}


def changed(change):
    after = json.loads(json.dumps(BEFORE))
    change(after)
    return list(differences(Record.model_validate(BEFORE), Record.model_validate(after)))


def rows(after):
    return after["tables"]["tables.items"]["rows"]


def layer(after):
    return after["figures"]["plots.bars"]["layers"][0]


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (lambda a: None, []),
        (lambda a: a["told"]["r"].update(value=0.505), []),
        (lambda a: a["told"]["r"].update(value=0.6), ["r: recorded 0.5, now 0.6 (+0.1)"]),
        (lambda a: a["told"].pop("gone"), ["gone: recorded 1.5, now absent"]),
        (
            lambda a: a["told"].update(new={"value": 2, "tolerance": None}),
            ["new: now 2, not recorded"],
        ),
        (
            lambda a: a["sentences"].__setitem__(1, "The mean of all scales is 3.46 in this study."),
            ['sentence: recorded "… of all scales is 3.45 in this study.", '
             'now "… of all scales is 3.46 in this study."'],
        ),
        (lambda a: a["sentences"].pop(0), ['sentence "First.": recorded, now absent']),
        (lambda a: a["sentences"].append("More."), ['sentence "More.": new, not recorded']),
        (
            lambda a: rows(a)[1].__setitem__(1, "3.46"),
            ['table tables.items, row "Trust: t1", column "Mean": recorded 3.45, now 3.46 (+0.01)'],
        ),
        (
            lambda a: rows(a)[2].__setitem__(1, "12"),
            ['table tables.items, row "Trust: t2", column "Mean": recorded <10, now 12'],
        ),
        (lambda a: rows(a).pop(3), ['table tables.items, row "Trust: t3": recorded, now absent']),
        (lambda a: rows(a).append(rows(a).pop(1)), ["table tables.items, the rows stand in another order"]),
        (lambda a: a["tables"].clear(), ["table tables.items: recorded, now absent"]),
        (lambda a: layer(a)["rows"][1].__setitem__(1, 0.7500001), []),
        (
            lambda a: layer(a)["rows"][1].__setitem__(1, 0.7545),
            ["figure plots.bars, layer 1 (bar), row 2, y: recorded 0.75, now 0.7545 (+0.0045)"],
        ),
        (lambda a: layer(a)["rows"].pop(), ["figure plots.bars, layer 1 (bar), 2 rows recorded, now 1"]),
        (
            lambda a: layer(a).update(mark="line"),
            ["figure plots.bars, drawn with bar as recorded, now with line"],
        ),
        (
            lambda a: a["figures"]["plots.bars"]["texts"].__setitem__(0, "Part"),
            ['figure plots.bars, text: recorded "Share", now "Part"'],
        ),
    ],
)  # fmt: skip
def test_what_differs_is_named_with_its_place_and_by_how_much(change, lines):
    assert changed(change) == lines


def test_a_number_that_others_round_to_the_other_side_is_the_same_where_it_lies_on_the_edge():
    """0.125 is written 0.12, and 0.13 a millionth further."""

    def page(cell, sentence, **edges):
        table = {"heads": ["Item", "Mean"], "rows": [["t1", cell], ["t2", "0.3"]]}
        return Record.model_validate({"sentences": [sentence], "tables": {"t": table}, **edges})

    here = page("0.12 [0.10, 0.20]", "It is 0.12.", edges=[["0.12", "0.13"]])
    for one, other in (
        (here, page("0.13 [0.10, 0.20]", "It is 0.13.")),
        (page("0.13 [0.10, 0.20]", "It is 0.13."), here),
    ):
        assert list(differences(one, other)) == []
    assert len(list(differences(here, page("0.12 [0.10, 0.21]", "It is 0.14.")))) == 2
    assert len(list(differences(page("0.12", "a"), page("0.13", "a")))) == 1


def test_numbers_on_an_edge_are_noted_as_they_are_written(monkeypatch):
    from bouwen.words import words
    from bouwen.words.spoken import Words

    monkeypatch.setattr(Words, "number", Words.number)  # put back afterwards
    noted = []
    note_edges(noted)
    say = words("nl")
    assert [say.number(0.1250000001), say.number(0.123), say.percent(0.50499999999, 0), say.number(NAN)] == [
        "0,13", "0,12", "50%", "–"
    ]  # fmt: skip
    assert noted == [["0,13", "0,12"], ["50", "51"]]
    say.number(-1234.4999999, 0)
    assert noted[2:] == [["−1.234", "−1.235"]]


def test_pages_that_are_gone_or_new_are_named():
    one = {"a": Record(sentences=["x"])}
    assert list(results.compare(one, {})) == ["a: recorded, now absent"]
    assert list(results.compare({}, one)) == ["a: a page that is not recorded"]


def test_of_many_differences_the_first_are_named_and_the_others_counted():
    error = results.DifferentResultsError([f"book/a, d{k}" for k in range(28)] + ["b: gone", "c: gone"])
    said = str(error).splitlines()
    assert said[:2] == ["30 results are not as recorded:", "  book/a, d0"]
    assert said[-1] == "  and 20 more, most in book/a (18), b (1), c (1)"
    assert (len(said), len(error.differences)) == (12, 30)


# ------------------------------------------------------------------ the file


def test_a_record_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "expected.json"
    wanted = {"book/b": Record.model_validate(BEFORE), "book/a": Record()}
    path.write_text(results.as_text(wanted), encoding="utf-8")
    assert results.read_record(path) == wanted
    text = path.read_text(encoding="utf-8")
    assert text == results.as_text(dict(reversed(wanted.items())))
    assert '     ["t1", "3.45", "0.010"],\n' in text
    assert '   "First.",\n' in text


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is damaged (line 1)"), (b'{\n"a": {', "is damaged (line 2)"), (b"\xff\xfe", "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (b"[]", "see the whole of it"), (b'{"a": 3}', "see a"), (b"null", "whole"),
        (b'{"book/a": {"n": {"value": 5, "tolerance": null}}}', "see book/a, n"),
        (b'{"a": {"tables": {"t": {"heads": [], "rows": [[1]]}}}}', "see a, tables, t"),
        (b'{"a": {"told": {"n": {"value": 1.5, "tolerance": "x"}}}}', "see a, told, n"),
        (b'{"a": {"told": {"n": {"value": 1.5, "tolerance": -1}}}}', "see a, told, n"),
        (b'{"a": {"figures": {"f": {"layers": [{"mark": "", "columns": [], "rows": [0]}]}}}}', "figures, f"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "is damaged"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_record_is_one_sentence(tmp_path, content, problem):
    path = tmp_path / "expected.json"
    path.write_bytes(content)
    with pytest.raises(BouwenError) as caught:
        results.read_record(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert problem in said
    assert "`bouwen verify --record`" in said
    assert len(said) < 600
    assert "\n" not in said


def test_a_record_that_is_missing_or_a_folder_is_one_sentence(tmp_path):
    path = tmp_path / "expected.json"
    with pytest.raises(BouwenError, match="no results are recorded yet"):
        results.read_record(path)
    path.mkdir()
    with pytest.raises(BouwenError, match="cannot be read"):
        results.read_record(path)
    path.rmdir()
    os.mkfifo(path)  # it would be waited for without end
    with pytest.raises(BouwenError, match="is no ordinary file"):
        results.read_record(path)


ODD = [
    None, True, 0, -1, 1.5, 10**400, float("nan"), float("inf"), "", "x" * 5000, "\ud800", "a\nb\x00\u202e",
    [], [[]], {}, {"value": 1}, [None], ["a", 1], {"a" * 3000: {}}, {"\ud800\n": []},
    [["t1"], ["t1", "2", "3", "4"]],
]  # fmt: skip


def mutated(part, rng):
    """A copy with one part, somewhere in it, gone, doubled or something odd."""
    keys = [*part] if isinstance(part, dict) else [*range(len(part))] if isinstance(part, list) else []
    if not keys or rng.random() < 0.2:
        return rng.choice(ODD)
    key = rng.choice(keys)
    copy = part.copy()
    if rng.random() < 0.1:
        del copy[key]
    elif isinstance(part, dict) and rng.random() < 0.1:
        copy[rng.choice(["a\nb", "x" * 4000, "\ud800", "told"])] = copy.pop(key)
    else:
        copy[key] = mutated(part[key], rng)
    return copy


def test_whatever_stands_in_the_file_is_compared_or_refused_in_clean_lines(tmp_path):
    path, rng = tmp_path / "expected.json", random.Random(10)
    now = {"book/a": Record.model_validate(BEFORE)}
    compared = refused = 0
    for _ in range(300):
        path.write_text(json.dumps(mutated({"book/a": BEFORE}, rng)))
        try:
            said = list(results.compare(results.read_record(path), now))
            compared += 1
        except BouwenError as error:
            said = [str(error)]
            refused += 1
        assert all(len(line) < 600 and line.isprintable() for line in said), said
        results.DifferentResultsError(said)
    assert min(compared, refused) > 40


def test_a_drawn_figure_in_html_is_recorded_by_its_data_and_any_other_by_its_texts():
    picture = "<p>Above.</p><svg><text>0.25</text></svg>"
    layer = {"mark": "path", "columns": ["est"], "rows": [[0.25]]}
    known = {"figures": [{"texts": ["a to b"], "layers": [layer]}]}
    record = page(cell("plots.path_diagram(fit)", shows("text/html", picture, bouwen=known)))
    assert record.sentences == ["Above."]
    assert record.figures["plots.path_diagram"].layers[0].rows == [[0.25]]
    assert "0.25" in " ".join(page(cell("show(svg)", shows("text/html", picture))).sentences)
