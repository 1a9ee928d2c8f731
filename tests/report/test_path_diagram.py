"""Path diagrams: nothing lies on anything else, and what is read aloud is what was estimated."""

from __future__ import annotations

import html
import itertools
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.ft2font import FT2Font

import bouwen
from bouwen.errors import BouwenError
from bouwen.report import plots
from bouwen.report.audience import reader
from bouwen.report.given import NothingToShow, WrongResult
from bouwen.report.plots import path_layout, path_lines
from bouwen.report.plots.path_diagram import ARRANGEMENTS, PathDiagram, panel_of
from bouwen.report.plots.path_roles import Edge
from bouwen.words import words

SVG = "{http://www.w3.org/2000/svg}"
STUDIES = ("providers", "municipalities", "reputation")
SIZE = 14.0


# ------------------------------------------------------------------ a picture as a reader sees it


@cache
def font():
    face = FT2Font(str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")))
    face.set_size(SIZE * 10, 72)
    return face


@cache
def text_width(text):
    """The width of a text in a broad font."""
    face = font()
    face.set_text(text, 0.0)
    return face.get_width_height()[0] / 64 / 10


@dataclass
class Thing:
    """Something that is drawn: its boxes of text, its frame, or the points of its line."""

    texts: list[tuple[float, float, float, float]] = field(default_factory=list)
    frame: tuple[float, float, float, float] | None = None
    points: list[np.ndarray] = field(default_factory=list)


def text_box(element):
    x, y, text = float(element.get("x")), float(element.get("y")), element.text
    width = text_width(text)
    left = x if element.get("text-anchor") == "start" else x - width / 2
    return left, y - 0.75 * SIZE, left + width, y + 0.1 * SIZE


def sampled(d):
    """Points of a path, close together, with None where the pen is lifted."""
    points, at, stretches = [], None, []
    for command, numbers in re.findall(r"([MLCVHhZ])([^MLCVHhZ]*)", d):
        values = [float(n) for n in numbers.split()]
        ends = np.array(values).reshape(-1, 2) if command in "MLC" else None
        if command == "M":
            if points:
                stretches.append(np.vstack(points))
            points, at = [ends], ends[0]
        elif command == "L":
            t = np.linspace(0, 1, 40)[:, None]
            points.append(at + t * (ends[0] - at))
            at = ends[0]
        elif command == "C":
            t = np.linspace(0, 1, 60)[:, None]
            a, b, c = ends
            points.append((1 - t) ** 3 * at + 3 * (1 - t) ** 2 * t * a + 3 * (1 - t) * t**2 * b + t**3 * c)
            at = c
        elif command == "V":
            t = np.linspace(0, 1, 60)[:, None]
            end = np.array([at[0], values[0]])
            points.append(at + t * (end - at))
            at = end
    return [*stretches, np.vstack(points)] if points else stretches


def things(svg):
    """Boxes, lines with their labels, spines and lines of the legend of a picture."""
    root = ET.fromstring(svg)
    found = {"box": [], "path": [], "spine": [], "key": []}
    for element in root:
        kind = element.get("class")
        if kind == "box":
            rect = element.find(f"{SVG}rect")
            x, y, w, h = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
            found["box"].append(
                Thing([text_box(t) for t in element.findall(f"{SVG}text")], (x, y, x + w, y + h))
            )
        elif kind == "path":
            line = element.find(f"{SVG}path")
            found["path"].append(Thing([text_box(element.find(f"{SVG}text"))], None, sampled(line.get("d"))))
        elif kind == "spine":
            found["spine"].append(Thing([], None, sampled(element.get("d"))))
        elif kind == "key" and element.tag == f"{SVG}text":
            found["key"].append(Thing([text_box(element)]))
    return root, found


def meet(a, b, gap=0.0):
    return a[0] < b[2] - gap and b[0] < a[2] - gap and a[1] < b[3] - gap and b[1] < a[3] - gap


def enters(points, box, inside=0.5):
    x, y = points[:, 0], points[:, 1]
    return bool(
        ((x > box[0] + inside) & (x < box[2] - inside) & (y > box[1] + inside) & (y < box[3] - inside)).any()
    )


def faults(svg):
    """What lies on something else in a picture, in words."""
    root, found = things(svg)
    width, height = (float(root.get(name)) for name in ("width", "height"))
    labels = [thing.texts[0] for thing in found["path"]]
    frames = [thing.frame for thing in found["box"]]
    lines = [[*thing.points] for thing in found["path"]]
    spines = [points for thing in found["spine"] for points in thing.points]
    keys = [thing.texts[0] for thing in found["key"]]
    for (i, a), (j, b) in itertools.combinations(enumerate([*labels, *keys]), 2):
        if meet(a, b):
            yield f"label {i} on label {j}"
    for i, frame in enumerate(frames):
        for j, label in enumerate([*labels, *keys]):
            if meet(label, frame):
                yield f"label {j} on box {i}"
        for j, stretches in enumerate([*lines, spines]):
            if any(enters(points, frame, 1.0) for points in stretches):
                yield f"line {j} through box {i}"
    for (i, a), (j, b) in itertools.combinations(enumerate(frames), 2):
        if meet(a, b):
            yield f"box {i} on box {j}"
    for j, label in enumerate([*labels, *keys]):
        for i, stretches in enumerate([*lines, spines]):
            if any(enters(points, label) for points in stretches):
                yield f"line {i} through label {j}"
    for thing in found["box"]:
        x0, y0, x1, y1 = thing.frame
        for a, b, c, d in thing.texts:
            if a < x0 or b < y0 or c > x1 or d > y1:
                yield "a text leaves its box"
    for a, b, c, d in [*labels, *keys, *frames]:
        if a < 0 or b < 0 or c > width or d > height:
            yield "something leaves the picture"
    for points in (p for stretches in lines for p in stretches):
        if points.min() < 0 or points[:, 0].max() > width or points[:, 1].max() > height:
            yield "a line leaves the picture"


# ------------------------------------------------------------------ models of varied shape

NOUNS = (
    "Trust", "Relationship satisfaction", "Autonomy", "Perceived distrust", "Communication: transparency",
    "Bureaucracy", "Budget ceiling", "Aansprakelijkheidsverzekering", "Size", "Stability of contact", "W",
    "Tevredenheid met de relatie", "Procurement", "Equality of all providers, large and small", "Commitment",
)  # fmt: skip


def random_edges(seed):
    """Parameters of a model: two to eleven variables in layers, facets, items, loops and covariances."""
    random = np.random.default_rng(seed)
    names = [f"v{k}" for k in range(int(random.integers(2, 12)))]
    layers = (
        random.integers(0, random.integers(1, 5), len(names))
        if random.random() < 0.85
        else np.zeros(len(names))
    )

    def edge(one, other, op):
        est, half = random.uniform(-0.99, 0.99), random.uniform(0.02, 0.5)
        limits = (est - half, est + half) if random.random() < 0.95 else (np.nan, np.nan)
        return Edge(one, other, op, float(est), *map(float, limits))

    edges = [edge(names[0], names[1], "~")]
    for (i, one), (j, other) in itertools.permutations(enumerate(names), 2):
        if layers[i] < layers[j] and random.random() < 0.45:
            edges.append(edge(one, other, "~"))
    if random.random() < 0.2 and edges:  # a loop
        back = edges[int(random.integers(len(edges)))]
        edges.append(edge(back.target, back.source, "~"))
    for k, name in enumerate(names):
        for facet in range(int(random.integers(0, 5)) if random.random() < 0.4 else 0):
            edges.append(edge(name, f"f{k}_{facet}", "=~"))
            edges += [
                edge(f"f{k}_{facet}", f"i{k}_{facet}_{i}", "=~") for i in range(int(random.integers(0, 4)))
            ]
    loaded = [e.target for e in edges if e.op == "=~"]
    if len(loaded) > 1 and random.random() < 0.3:  # measured by two factors
        edges.append(edge(names[0], loaded[-1], "=~"))
    pool = [*names, *loaded]
    for one, other in itertools.combinations(pool, 2):
        known = {(e.source, e.target) for e in edges}
        if {(one, other), (other, one)} & known:
            continue
        if random.random() < (0.15 if one in names and other in names else 0.03):
            edges.append(edge(one, other, "~~"))
    return list({(e.source, e.target): e for e in edges}.values())


def diagram_of(edges, *, items=None, covariances=None, intervals=False, language="en"):
    labels = {
        name: f"{NOUNS[hash_of(name) % len(NOUNS)]} {name}" for e in edges for name in (e.source, e.target)
    }
    return PathDiagram(
        (panel_of("", edges, items, covariances),), reader(language=language, labels=labels), intervals
    )


def hash_of(name):
    return sum(ord(sign) * 31**k for k, sign in enumerate(name))


@pytest.mark.parametrize("seed", range(50))
def test_nothing_lies_on_anything_else_in_models_of_varied_shape(seed):
    edges = random_edges(seed)
    options = np.random.default_rng(1000 + seed).random(3) < 0.5
    drawn = diagram_of(edges, items=bool(options[0]) or None, covariances=True, intervals=bool(options[1]))
    for arrangement in ARRANGEMENTS:
        assert not [*faults(drawn.svg(arrangement))]
        assert len(things(drawn.svg(arrangement))[1]["path"]) >= len(drawn.paths)
    assert len(things(drawn.svg("wide"))[1]["path"]) == len(drawn.paths)


def all_faults():
    return [
        fault
        for seed in range(12)
        for fault in faults(diagram_of(random_edges(seed), covariances=True).svg())
    ]


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (path_lines, "LABEL", 6.0),  # labels closer than they are high
        (path_layout, "PASSING", -30.0),  # no room for lines that pass a column
        (path_layout, "GAP", -20.0),  # boxes on each other
    ],
)
def test_what_lies_on_something_else_is_seen(monkeypatch, module, name, wrong):
    assert not all_faults()
    monkeypatch.setattr(module, name, wrong)
    assert all_faults()


# ------------------------------------------------------------------ studies


@cache
def study_in(name, language="en"):
    return bouwen.read_study(f"data/{name}/study.yml", language=language)


@cache
def fits_of(name):
    """Every model of a study in one step, and its structure in two."""
    study = study_in(name)
    found = {model: bouwen.fit_model(study, model) for model in study.instrument.models}
    return {**found, "two steps": bouwen.fit_structure(study)}


CASES = [(name, language) for name in STUDIES for language in ("en", "nl")]


@pytest.mark.book
@pytest.mark.parametrize(("name", "language"), CASES)
def test_nothing_lies_on_anything_else_in_the_models_of_studies(name, language):
    for model, fit in fits_of(name).items():
        for options in ({}, {"intervals": True}, {"items": True}, {"covariances": model != "measurement"}):
            drawn = plots.path_diagram(fit, study_in(name, language), **options)
            for arrangement in ARRANGEMENTS:
                assert not [*faults(drawn.svg(arrangement))], (model, options, arrangement)


def test_a_default_diagram_fits_pages_and_phones():
    for name, language in CASES:
        drawn = plots.path_diagram(bouwen.fit_structure(study_in(name)), study_in(name, language))
        wide, narrow = (ET.fromstring(drawn.svg(arrangement)) for arrangement in ARRANGEMENTS)
        assert (
            float(wide.get("width")) * 12 / 14 <= 690
        )  # what A4 leaves between margins, with text of 12 pixels
        assert float(narrow.get("width")) * 12 / 14 <= 340 - 2 * 16


# ------------------------------------------------------------------ what is read aloud

SENTENCE = {
    ("en", "~"): r"From “(.*?)” to “(.*?)”: ",
    ("en", "=~"): r"“([^“”]*)” shows in “([^“”]*)”: ",
    ("en", "~~"): r"“([^“”]*)” goes together with “([^“”]*)”: ",
    ("nl", "~"): r"Van “(.*?)” naar “(.*?)”: ",
    ("nl", "=~"): r"“([^“”]*)” blijkt uit “([^“”]*)”: ",
    ("nl", "~~"): r"“([^“”]*)” hangt samen met “([^“”]*)”: ",
}
VALUE = r"(−?\d+[.,]\d\d)(?: \[(−?\d+[.,]\d\d)[,;]\s(−?\d+[.,]\d\d)\])?(, uncertain|, onzeker)?\."


def number(text):
    return float(text.replace("−", "-").replace(",", ".")) if text else None


def read_back(alt, language):
    """Every path in a text that is read aloud."""
    found = []
    for (spoken, op), form in SENTENCE.items():
        if spoken == language:
            for one, other, est, low, high, doubt in re.findall(form + VALUE, alt):
                found.append((op, one, other, number(est), number(low), number(high), bool(doubt)))
    return sorted(found, key=str)


def expected(fit, study):
    """The same from the parameters of a fit and of its blocks."""
    found = []
    loadings = [block.standardized().query("op == '=~'") for block in fit.blocks]
    for row in pd.concat([fit.standardized(), *loadings]).to_dict("records"):
        drawn = row["op"] == "~" or (row["op"] in ("=~", "~~") and row["lhs"] != row["rhs"])
        if not drawn or (row["op"] == "=~" and row["rhs"] in study.items):
            continue
        ends = (row["lhs"], row["rhs"]) if row["op"] == "=~" else (row["rhs"], row["lhs"])
        values = [round(row[name], 2) + 0.0 for name in ("est_std", "ci_lower", "ci_upper")]
        found.append((row["op"], *ends, *values, bool(row["ci_lower"] < 0 < row["ci_upper"])))
    return found


@pytest.mark.parametrize(("name", "language"), CASES)
def test_paths_can_be_read_back_from_what_is_read_aloud(name, language):
    study = study_in(name, language)
    fit = bouwen.fit_structure(study)
    drawn = plots.path_diagram(fit, study, covariances=True)
    label = reader(study).label
    wanted = [(op, label(a), label(b), *rest) for op, a, b, *rest in expected(fit, study)]
    found = read_back(drawn.alt, language)
    assert len(found) == len(drawn.paths)
    assert found == sorted(wanted, key=str)
    for arrangement in ARRANGEMENTS:
        root = ET.fromstring(drawn.svg(arrangement))
        assert read_back(root.find(f"{SVG}desc").text, language) == found
        ids = root.get("aria-labelledby").split()
        assert [root.find(f"{SVG}title").get("id"), root.find(f"{SVG}desc").get("id")] == ids
        values = [number(g.find(f"{SVG}text").text) for g in root.iter(f"{SVG}g") if g.get("class") == "path"]
        assert sorted(values) == sorted(one[3] for one in found)


def test_a_wrong_value_or_a_path_less_is_seen():
    study = study_in("reputation")
    fit = bouwen.fit_structure(study)
    alt = plots.path_diagram(fit, study).alt
    whole = read_back(alt, "en")
    assert read_back(alt.replace("0.60", "0.61", 1), "en") != whole
    assert len(read_back(alt.replace("From “Likeability”", "From Likeability", 1), "en")) == len(whole) - 1


# ------------------------------------------------------------------ what it shows, and what it is given

MODEL = "comp =~ comp_1 + comp_2 + comp_3\nlike =~ like_1 + like_2 + like_3\nlike ~ comp\ncusa ~ like"


@pytest.fixture(scope="module")
def answers():
    study = study_in("reputation")
    return bouwen.key_items(study).assign(side=["left", "right"] * (len(study.responses) // 2))


@pytest.fixture(scope="module")
def fit(answers):
    return bouwen.fit_sem(MODEL, answers, missing="fiml")


def places(svg):
    """Where each variable stands, by its text."""
    root, found = ET.fromstring(svg), {}
    for group in root.iter(f"{SVG}g"):
        if group.get("class") == "box":
            rect = group.find(f"{SVG}rect")
            found[" ".join(t.text for t in group.findall(f"{SVG}text"))] = (
                float(rect.get("x")),
                float(rect.get("y")),
            )
    return found


def test_causes_left_outcomes_right_facets_above():
    at = places(plots.path_diagram(bouwen.fit_structure(study_in("providers")), study_in("providers")).svg())
    causes = ["Autonomy", "Equality", "Bureaucracy", "Communication: contact"]
    assert len({at[name][0] for name in causes}) == 1
    assert at["Autonomy"][0] < at["Trust"][0] < at["Relationship satisfaction"][0]
    for facet in ("Trust: integrity", "Trust: reliability", "Trust: competence", "Trust: benevolence"):
        assert at[facet][1] < at["Trust"][1]
        assert at["Trust"][0] < at[facet][0] < at["Relationship satisfaction"][0]


def test_items_on_demand_and_in_a_model_of_nothing_else(fit, answers):
    assert set(places(plots.path_diagram(fit).svg())) == {"comp", "like", "cusa"}
    assert {"comp_1", "like_3"} < set(places(plots.path_diagram(fit, items=True).svg()))
    measured = bouwen.fit_sem("comp =~ comp_1 + comp_2 + comp_3", answers, missing="fiml")
    assert set(places(plots.path_diagram(measured).svg())) == {"comp", "comp_1", "comp_2", "comp_3"}


def test_intervals_on_demand(fit):
    value = r">−?\d\.\d\d \[−?\d\.\d\d, −?\d\.\d\d\]</text>"
    assert not re.search(value, plots.path_diagram(fit).svg())
    assert len(re.findall(value, plots.path_diagram(fit, intervals=True).svg())) == 2


def test_uncertain_lines_are_dashed_and_strong_ones_wide():
    edges = [
        Edge("a", "y", "~", 0.8, 0.6, 1.0),
        Edge("b", "y", "~", -0.1, -0.3, 0.1),
        Edge("c", "y", "~", 0.2),
    ]
    drawn = PathDiagram((panel_of("", edges, None, None),), reader())
    lines = [g.find(f"{SVG}path") for g in ET.fromstring(drawn.svg()) if g.get("class") == "path"]
    assert [line.get("stroke-dasharray") is not None for line in lines] == [False, True, False]
    widths = [float(line.get("stroke-width")) for line in lines]
    assert widths[0] > widths[2] > widths[1]
    assert lines[0].get("stroke") == lines[2].get("stroke") != lines[1].get("stroke")


def test_many_covariances_of_causes_are_told_and_drawn_on_demand():
    study = study_in("providers")
    fit = bouwen.fit_structure(study)
    found = fit.standardized().query("op == '~~' and lhs != rhs")["est_std"]
    told = plots.path_diagram(fit, study)
    low, high = (words("en").number(value) for value in (found.min(), found.max()))
    assert f"{len(found)} correlations between causes, from {low} to {high}." in told.alt
    assert f"from {low} to {high}." in html.unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)", told.svg())))
    assert (plots.path_diagram(fit, study, covariances=True).paths["op"] == "~~").sum() == len(found)
    assert "correlations" not in plots.path_diagram(fit, study, covariances=False).alt


def test_groups_stand_side_by_side(answers):
    fit = bouwen.fit_sem(MODEL, answers, missing="fiml", group="side")
    drawn = plots.path_diagram(fit, labels={"left": "Left <side>"})
    assert list(drawn.paths["group"].unique()) == ["left", "right"]
    for row in drawn.paths.itertuples():
        values = fit.standardized().query("lhs == @row.lhs and op == @row.op and rhs == @row.rhs")
        assert row.est == values.set_index("group").loc[row.group, "est_std"]
    root = ET.fromstring(drawn.svg())
    first, second = root.findall(f"{SVG}svg")
    assert float(second.get("x")) >= float(first.get("x")) + float(first.get("width"))
    assert "Left &lt;side&gt;" in drawn._repr_html_()
    assert len(re.findall('<svg class="(?:wide|narrow)"', drawn._repr_html_())) == 4


def test_what_a_notebook_shows(fit, tmp_path):
    drawn = plots.path_diagram(fit)
    data, metadata = drawn._repr_mimebundle_()
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/plain"] == drawn.alt
    (figure,) = metadata["bouwen"]["figures"]
    assert [row[:4] for row in figure["layers"][0]["rows"]] == drawn.paths.iloc[:, :4].to_numpy().tolist()
    html_shown = data["text/html"]
    assert "currentColor" in html_shown
    assert not re.search(r"fill=\"(#fff|white)", html_shown, re.IGNORECASE)
    assert (
        len(set(re.findall(r'id="([^"]+)"', html_shown))) == len(re.findall(r'id="([^"]+)"', html_shown)) == 4
    )
    assert drawn._repr_html_() == plots.path_diagram(fit)._repr_html_()
    path = drawn.save(tmp_path / "x.svg")
    assert path.read_text(encoding="utf-8") == drawn.svg() + "\n"
    assert ET.parse(path).getroot().tag == f"{SVG}svg"


def test_labels_are_text(fit):
    hostile = "<q onerror='x'>&lt; {0} ]]> “c”"
    drawn = plots.path_diagram(fit, labels={"comp": hostile})
    assert "<q" not in drawn._repr_html_()
    assert hostile in ET.fromstring(drawn.svg()).find(f"{SVG}desc").text


def test_what_it_is_not_made_of(fit, answers):
    with pytest.raises(WrongResult, match=r"^give a fit \(bouwen.fit_sem"):
        plots.path_diagram(answers)
    with pytest.raises(BouwenError, match="arrangement"):
        plots.path_diagram(fit).svg("round")
    nothing = bouwen.fit_sem("comp_1 ~~ comp_1", answers, missing="fiml")
    with pytest.raises(NothingToShow):
        plots.path_diagram(nothing)
