"""Every public result shows itself: one line, a table, HTML and a picture; and none is equal to another."""

from __future__ import annotations

import copy
import importlib
import pickle
import re
import subprocess
import sys
import tempfile
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import coded
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from references import read_data
from sides import sides

import bouwen
from bouwen import scales, sem
from bouwen.checks import UnknownOption
from bouwen.groups import study_invariance
from bouwen.report.plots.results import FIGURES
from bouwen.results import LONGEST, MOST_ROWS, NoPicture, Result, html_table
from bouwen.sem import ModelPopulation
from bouwen.twin import ImpliedAnswers
from bouwen.words import words

MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
ROOMS = ("claims", "themes", "groups", "path", "scales", "twin", "sem", "survey")


@cache
def rows() -> pd.DataFrame:
    return read_data("holzinger")


def items(*numbers: int) -> pd.DataFrame:
    return rows()[[f"x{k}" for k in numbers or range(1, 10)]]


def gaps() -> pd.DataFrame:
    return items().mask(np.random.default_rng(1).random((len(rows()), 9)) < 0.05)


def answers() -> pd.DataFrame:
    return items().rank(pct=True).mul(3.999).astype(int).astype(float)


def by_construct() -> dict[str, pd.DataFrame]:
    return {"visual": items(1, 2, 3), "textual": items(4, 5, 6), "speed": items(7, 8, 9)}


@cache
def fit() -> sem.Fit:
    return sem.fit_sem(MODEL + "\ntextual ~ visual", rows())


@cache
def ladder() -> bouwen.groups.Invariance:
    return bouwen.check_invariance(MODEL, rows(), group="school")


@cache
def study() -> bouwen.Study:
    return bouwen.read_study("data/reputation/study.yml")


@cache
def two_sides() -> tuple[bouwen.Study, bouwen.Study]:
    with tempfile.TemporaryDirectory() as folder:
        member, leader = sides(Path(folder))
        return bouwen.read_study(member), bouwen.read_study(leader)


@cache
def twin() -> bouwen.Study:
    return bouwen.read_study("data/providers/study.yml")


def weighed_predictors() -> bouwen.path.Importance:
    own = bouwen.fit_model(study(), "structural")
    return bouwen.predictor_importance(own, "loyalty", draws=bouwen.bootstrap(own, 20, n_jobs=1))


def theme_shares() -> bouwen.themes.ThemePrevalence:
    with tempfile.TemporaryDirectory() as folder:
        own = coded.study_with(Path(folder), dict.fromkeys(map(str, range(60)), "Money."))
    return bouwen.theme_prevalence(own, coded.codes_of(own, {"money": range(0, 60, 2)}))


def made_implied() -> ImpliedAnswers:
    names, R = [*"ab"], np.array([[1.0, 0.5], [0.5, 1.0]])
    weights = pd.DataFrame({"scale": [0.5, 0.5]}, index=names)
    return ImpliedAnswers(
        pd.DataFrame([[1.0]]),
        pd.Series(3.0, names),
        pd.DataFrame(R, names, names),
        weights,
        pd.Series({"scale": 0.0}),
    )


MADE = {
    "Alpha": lambda: scales.alpha(items(1, 2, 3)),
    "Bartlett": lambda: scales.bartlett(items()),
    "Bootstrap": lambda: bouwen.bootstrap(fit(), 20, n_jobs=1),
    "CommonMethod": lambda: bouwen.common_method(study()),
    "Nesting": lambda: bouwen.nesting(bouwen.read_study("data/municipalities/study.yml")),
    "ClusteredRegression": lambda: scales.clustered_regression(rows()["x1"], items(4), rows()["agemo"]),
    "CorrelationDifference": lambda: scales.compare_correlations(*(rows()[x] for x in ("x1", "x2", "x4"))),
    "Efa": lambda: scales.fit_efa(items(), 3),
    "EmpiricalKaiser": lambda: scales.empirical_kaiser(items()),
    "FactorCounts": lambda: scales.count_factors(items(), seed=1, draws=30),
    "Fit": fit,
    "FollowUp": lambda: bouwen.plan_follow_up(study(), n=[200, 400], reps=5, n_jobs=1),
    "Importance": lambda: weighed_predictors(),
    "Htmt": lambda: scales.htmt(by_construct(), draws=20),
    "ImpliedAnswers": made_implied,
    "Intraclass": lambda: scales.intraclass(rows()["x1"], rows()["agemo"]),
    "Invariance": ladder,
    "Kmo": lambda: scales.kmo(items()),
    "LittleTest": lambda: scales.little_mcar(gaps()),
    "LoadingStability": lambda: scales.loading_stability(items(), 2, seed=1, draws=20),
    "MapTest": lambda: scales.map_test(items()),
    "Mardia": lambda: scales.mardia(items()),
    "ModelPopulation": lambda: ModelPopulation.read("f =~ 0.7*a + 0.6*b + 0.5*c", groups=["p", "q"]),
    "Moments": lambda: sem.Moments(items().cov(), n=301, mean=items().mean()),
    "ParallelAnalysis": lambda: scales.parallel_analysis(items(), seed=1, draws=30),
    "Mirror": lambda: bouwen.mirror(*two_sides()),
    "Permutations": lambda: bouwen.permutation_invariance(ladder(), 10, n_jobs=1),
    "Polychoric": lambda: scales.polychoric(answers()),
    "Power": lambda: bouwen.model_power(
        "f =~ 0.7*a + 0.6*b + 0.5*c + 0.5*d", "f =~ a + b + c + d", [80, 160], 10, n_jobs=1
    ),
    "Recovery": lambda: bouwen.parameter_recovery(twin(), bouwen.fit_structure(twin())),
    "Reliability": lambda: scales.scale_reliability(by_construct(), draws=20, n_jobs=1),
    "SamFit": lambda: sem.fit_sam(MODEL + "\ntextual ~ visual", rows(), group="school"),
    "SaturatedMoments": lambda: scales.saturated_moments(gaps()),
    "SchmidLeiman": lambda: scales.schmid_leiman(items(), 3),
    "CoderAgreement": lambda: bouwen.coder_agreement({"spoke": items(1, 2).gt(5)}, draws=20),
    "ConstructLadders": lambda: bouwen.construct_ladders(study(), draws=99),
    "GroupComparison": lambda: bouwen.compare_groups(study(), "plan", draws=99),
    "Screening": lambda: bouwen.screen(study()),
    "SpecificationCurve": lambda: bouwen.specification_curve(study(), seed=1, permutations=19, n_jobs=1),
    "Structures": lambda: scales.compare_structures(items(), MODEL),
    "UnitScores": lambda: bouwen.unit_scores(bouwen.read_study("data/monitor/study.yml")),
    "ThemePrevalence": theme_shares,
    "StudyInvariance": lambda: study_invariance(study(), study().groups[0], draws=10),
}
# The table says it all.
WITHOUT_PICTURE = {
    "ThemePrevalence",
    "CoderAgreement",
    "ConstructLadders",
    "GroupComparison",
    "ClusteredRegression",
    "CommonMethod",
    "ImpliedAnswers",
    "Invariance",
    "ModelPopulation",
    "Recovery",
    "Nesting",
}


def kinds(cls: type) -> set[type]:
    return {cls, *(kind for sub in cls.__subclasses__() for kind in kinds(sub))}


def test_every_result_of_the_package_is_here():
    for room in ROOMS:
        door = importlib.import_module(f"bouwen.{room}")
        assert all(getattr(door, name) is not None for name in door.__all__)  # loads what it names
    ours = {
        kind for kind in kinds(Result) if kind.__module__.startswith("bouwen.")
    }  # other tests have their own
    names = {kind.__name__ for kind in ours} - {"Result", "Fitted"}
    assert names == set(MADE)
    assert {kind.__name__ for kind in FIGURES} == set(MADE) - WITHOUT_PICTURE


def test_no_class_at_a_door_compares_arrays():
    """``==`` of a dataclass that holds arrays or tables raises, and it has no hash."""
    for room in ROOMS:
        door = importlib.import_module(f"bouwen.{room}")
        for name in door.__all__:
            kind = getattr(door, name)
            held = " ".join(str(field.type) for field in getattr(kind, "__dataclass_fields__", {}).values())
            if re.search("Array|Ints|Matrix|Vector|DataFrame|Series", held):
                assert kind.__eq__ is object.__eq__, name
                assert kind.__hash__ is object.__hash__, name


class Tables(HTMLParser):
    """What HTML holds, refusing tags that do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.captions = self.rows = 0
        self.scopes: list[str | None] = []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.captions += tag == "caption"
        self.rows += tag == "tr"
        if tag == "th":
            self.scopes.append(dict(attrs).get("scope"))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", MADE)
def test_a_result_shows_itself(name):
    found = MADE[name]()
    assert type(found).__name__ == name
    check_line(repr(found), name)
    check_page(found._repr_html_())
    check_table(found)
    check_identity(found)
    if name in WITHOUT_PICTURE:
        with pytest.raises(NoPicture, match=rf"no picture of {name}; .* \.table\(\)"):
            found.plot()


@pytest.mark.book
@pytest.mark.parametrize("name", [name for name in MADE if name not in WITHOUT_PICTURE])
def test_a_result_draws_its_picture(name):
    figure = MADE[name]().plot(language="nl").draw(show=False)
    assert figure.axes
    plt.close(figure)


def check_line(line: str, name: str) -> None:
    assert line.startswith(f"<{name}: ")
    assert line.endswith(">")
    assert len(line) < 200
    for dumped in ("\n", "nan", "DataFrame", "array(", "Series("):
        assert dumped not in line


def check_page(text: str) -> None:
    page = Tables()
    page.feed(text)
    assert not page.open
    assert page.captions >= 1
    assert page.rows > 1
    assert page.scopes
    assert set(page.scopes) <= {"col", "row"}


def check_table(found: Result) -> None:
    table = found.table()
    assert isinstance(table, pd.DataFrame)
    assert len(table)
    table["added"] = 1.0  # the table is the caller's
    assert "added" not in found.table()


def check_identity(found: Result) -> None:
    other = pickle.loads(pickle.dumps(found))
    assert repr(other) == repr(copy.copy(found)) == repr(found)
    assert found == found
    assert (found == other) is False
    assert (found != other) is True
    assert len({found, other, found}) == 2


def test_a_study_is_told_without_its_answers():
    found = study()
    title, groups = found.title[found.language], ", ".join(found.groups)
    assert repr(found) == f"<Study: {title}, n = 344, 10 items, groups {groups}>"
    assert (found == bouwen.read_study("data/reputation/study.yml")) is False
    assert len({found, study()}) == 1


def test_html_is_escaped_and_rounded():
    frame = pd.DataFrame(
        {"<b>": ["<script>", "a & b"], "x": [0.123456, np.nan], "df": [3.0, 4.0], "pvalue": [1e-9, 0.5]},
        index=pd.Index(["'r'", 'say "s"'], name="<i>"),
    )
    page = html_table(frame, "alpha < 1")
    assert "<script>" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "<caption>alpha &lt; 1</caption>" in page
    assert "<td>&lt;script&gt;</td><td>0.123</td><td>3</td><td>&lt; .001</td>" in page
    assert "<td>a &amp; b</td><td></td><td>4</td><td>0.500</td>" in page
    assert page.count("scope='col'") == 5
    assert page.count("scope='row'") == 2


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_long_tables_end_with_how_many_rows_are_left(more):
    page = html_table(pd.DataFrame({"x": range(MOST_ROWS + more)}), "many")
    assert page.count("<tr>") == 1 + min(MOST_ROWS, MOST_ROWS + more)
    assert ("1 more row;" in page) == (more == 1)
    assert "scope='row'" not in page


def test_long_lines_are_cut():
    class Long(Result):
        def _line(self):
            return "word\n " * 100

        def table(self):
            return pd.DataFrame({"x": [1.0]})

    line = repr(Long())
    assert len(line) == LONGEST + len("<Long: >")
    assert "\n" not in line
    assert line.endswith("…>")
    with pytest.raises(NoPicture, match="no picture of Long"):
        Long().plot()


def test_counts_of_few_respondents_are_left_out_of_a_screening():
    found = bouwen.screen(study())
    least = found.study.settings.min_cell
    counts, table = found.missing_per_item["missing"], found.table()["missing"]
    few = counts < least
    assert few.any()
    assert table[few].isna().all()
    assert (table[~few] == counts[~few]).all()


@pytest.mark.parametrize("name", ["htmt", "reliability"])
def test_estimates_without_intervals_are_drawn_without_them(name):
    found = {
        "htmt": lambda: scales.htmt(by_construct()),
        "reliability": lambda: scales.scale_reliability(by_construct(), draws=0),
    }[name]()
    drawn = found.plot()
    drawn.draw(show=False)
    known = drawn.data.dropna(subset="x")
    assert (known["ci_lower"] <= known["x"]).all()
    assert (known["ci_lower"] == known["ci_upper"]).any()


@pytest.mark.parametrize(("of", "title"), [("loadings", "loading"), ("paths", "path"), ("residuals", None)])
def test_a_fit_draws_what_is_asked_of_it(of, title):
    figure = fit().plot(of=of, labels={"visual": "Sight"})
    if title:
        assert figure.labels.x == words("en")(f"plots.{title}")
        assert "Sight" in {str(text) for column in figure.data for text in figure.data[column]}
    with pytest.raises(UnknownOption, match='Did you mean "paths"'):
        fit().plot(of="path")


def test_a_table_loads_no_plots():
    code = (
        "import sys, pandas as pd, bouwen; "
        "x = pd.DataFrame({'a': [1, 2, 3, 2], 'b': [2, 1, 3, 3], 'c': [1, 1, 2, 3]}); "
        "found = bouwen.alpha(x); repr(found), found._repr_html_(), found.table(); "
        "assert not {'plotnine', 'bouwen.report'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
