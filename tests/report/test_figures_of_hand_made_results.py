"""Figures of results by hand-made numbers: what each mark, line, axis and series stands for."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import bouwen
from bouwen.report import plots
from bouwen.report.audience import reader
from bouwen.report.plots import alone, style
from bouwen.report.plots.bars import answer_colours, answer_label
from bouwen.report.plots.dimensions import loading_tiles
from bouwen.report.plots.invariance import cfi_changes
from bouwen.report.plots.response import construct_blocks, pattern_label
from bouwen.report.plots.results import fit_plot, missing_answers
from bouwen.report.plots.robustness import TALL, curve_marks, curve_points, curve_title, dashboard, scale_of

TO = reader()


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/reputation/study.yml")


def drawn_lines(figure, way="xintercept"):
    """Where a figure has straight lines, one list a layer."""
    return [list(layer._data[way]) for layer in figure.layers if way in getattr(layer._data, "columns", ())]


def mapped(figure, way):
    """What layers with a mapping of this kind map."""
    return [dict(layer.mapping) for layer in figure.layers if way in layer.mapping]


def downwards(column):
    return list(column.cat.categories)[::-1]


def table(columns, *rows):
    return pd.DataFrame(list(rows), columns=columns.split())


# ------------------------------------------------------------------ estimates


ESTIMATES = {
    "alpha": (
        alone.alpha_interval,
        {"raw": 0.7, "ci_lower": 0.6, "ci_upper": 0.78, "standardised": 0.72},
        [("raw", 0.7, 0.6, 0.78), ("standardised", 0.72, 0.72, 0.72)],
        [],
    ),
    "kmo": (
        alone.adequacy,
        {"items": pd.Series({"a": 0.9, "b": 0.4, "c": 0.6})},
        [("b", 0.4, 0.4, 0.4), ("c", 0.6, 0.6, 0.6), ("a", 0.9, 0.9, 0.9)],
        [0.5, 0.8],
    ),
    "icc": (
        alone.intraclass_correlations,
        {"icc1": 0.1, "icc1_ci_lower": 0.05, "icc1_ci_upper": 0.2, "icc2": 0.6, "icc2_ci_lower": 0.4,
         "icc2_ci_upper": 0.7},
        [("ICC(1)", 0.1, 0.05, 0.2), ("ICC(2)", 0.6, 0.4, 0.7)],
        [0.0],
    ),
    "difference": (
        alone.correlation_difference,
        {"first": 0.5, "second": 0.2, "difference": 0.3, "ci_lower": 0.1, "ci_upper": 0.45},
        [("first", 0.5, 0.5, 0.5), ("second", 0.2, 0.2, 0.2), ("difference", 0.3, 0.1, 0.45)],
        [0.0],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ESTIMATES)
def test_estimates_stand_with_their_own_limits(name):
    figure, numbers, expected, lines = ESTIMATES[name]
    found = figure(SimpleNamespace(**numbers), TO)
    assert downwards(found.data["name"]) == [row[0] for row in expected]
    assert_allclose(found.data[["x", "ci_lower", "ci_upper"]], [row[1:] for row in expected])
    assert drawn_lines(found) == [lines]


def test_arrows_lead_from_cause_to_outcome_and_from_factor_to_item():
    rows = table(
        "lhs op rhs group est ci_lower ci_upper",
        ("y", "~", "x", "", 0.3, 0.1, 0.4),
        ("f", "=~", "a", "east", 0.8, np.nan, np.nan),
    )
    found = alone.named_by_arrows(TO, rows)
    assert list(found["name"]) == ["x → y", "f → a [east]"]
    assert_allclose(found[["x", "ci_lower", "ci_upper"]], [[0.3, 0.1, 0.4], [0.8, 0.8, 0.8]])


def test_paths_in_two_steps_are_those_of_regressions():
    rows = table(
        "lhs op rhs group est ci_lower ci_upper",
        ("f", "=~", "a", "", 1.0, 1.0, 1.0),
        ("y", "~", "x", "", 0.3, 0.1, 0.4),
    )
    found = alone.structural_paths(SimpleNamespace(table=lambda confidence=0.95: rows), TO)
    assert list(found.data["name"]) == ["x → y"]
    assert drawn_lines(found) == [[0.0]]


@pytest.mark.parametrize(
    ("ops", "kind", "op"), [(("=~", "~"), "", "=~"), (("~",), "", "~"), (("=~", "~"), "paths", "~")]
)
def test_a_fit_shows_loadings_unless_nothing_is_measured(ops, kind, op, monkeypatch):
    figures = {"loadings_plot": "=~", "paths_plot": "~"}
    for name, made in figures.items():
        monkeypatch.setattr(plots.results, name, lambda fit, study, made=made, **options: made)
    fit = SimpleNamespace(parameters=pd.DataFrame({"op": ops}))
    assert fit_plot(fit, of=kind) == op


def test_draws_of_a_model_without_paths_show_standardised_loadings_at_the_level_of_the_reader():
    asked = {}

    def intervals(**options):
        asked.update(options)
        return table(
            "lhs op rhs group est ci_lower ci_upper",
            ("f", "=~", "a", "", 0.8, 0.7, 0.9),
            ("a", "~~", "a", "", 0.4, 0.3, 0.5),
        )

    draws = SimpleNamespace(fit=SimpleNamespace(parameters=pd.DataFrame({"op": ["=~"]})), intervals=intervals)
    found = plots.results.drawn_parameters(draws, confidence=0.8)
    assert asked == {"of": "std_all", "confidence": 0.8}
    assert list(found.data["name"]) == ["f → a"]


def test_a_screening_is_drawn_for_the_study_that_is_given(study):
    here = replace(study, responses=study.responses.iloc[:50])
    for given, shown in ((None, study), (here, here)):
        found = missing_answers(SimpleNamespace(study=study), given).data
        gaps, least = shown.responses[list(study.items)].isna().sum(), study.settings.min_cell
        shares = gaps.where(gaps >= least, least) / len(shown.responses)
        assert_allclose(found["share"], shares)
        assert list(found["construct"].cat.categories) == [
            style.wrapped(study.label(name), 22) for name in study.constructs
        ]


# ------------------------------------------------------------------ matrices, eigenvalues, distributions


def test_tiles_are_correlations_off_the_diagonal():
    cov = pd.DataFrame([[4.0, 1.0, -1.0], [1.0, 1.0, 0.6], [-1.0, 0.6, 1.0]], [*"abc"], [*"abc"])
    for made in (
        alone.saturated_tiles(SimpleNamespace(cov=cov), TO),
        alone.polychoric_tiles(SimpleNamespace(R=cov), TO),
        alone.moments_tiles(SimpleNamespace(cov=cov.to_numpy(), names=[*"abc"]), TO),
    ):
        tiles = made.data.set_index(["row", "column"])
        assert len(tiles) == 6
        assert_allclose(tiles.loc[("a", "b"), "value"], 0.5)
        assert_allclose(tiles.loc[("a", "c"), "value"], -0.5)
        assert_allclose(tiles.loc[("c", "b"), "value"], 0.6)
        assert tiles.loc[("c", "b"), "text"] == "0.60"
        assert tiles.loc[("a", "b"), "ink"] != tiles.loc[("c", "b"), "ink"] == style.WHITE
        assert downwards(made.data["row"]) == list(made.data["column"].cat.categories) == [*"abc"]


def test_lines_of_eigenvalues_are_those_of_their_kind():
    values = pd.DataFrame(
        [[1.9, 1.1, 2.5, 1.4], [0.4, 0.6, 0.5, 1.0]],
        pd.Index([1, 2]),
        ["factors", "factors_reference", "components", "components_reference"],
    )
    kaiser = pd.DataFrame([[2.5, 1.3], [0.5, 1.0]], pd.Index([1, 2]), ["eigenvalue", "reference"])
    partial = pd.DataFrame({"squared": [0.2, 0.1], "fourth": [0.05, 0.01]}, pd.Index([0, 1]))
    for figure, given, expected, numbers in (
        (alone.parallel_scree, {"eigenvalues": values}, [1.9, 0.4, 1.1, 0.6], [1, 2, 1, 2]),
        (alone.kaiser_scree, {"eigenvalues": kaiser}, [2.5, 0.5, 1.3, 1.0], [1, 2, 1, 2]),
        (alone.partial_correlations, {"averages": partial}, [0.2, 0.1], [0, 1]),
    ):
        made = figure(SimpleNamespace(**given), TO)
        assert_allclose(made.data["value"], expected)
        assert list(made.data["number"]) == numbers
        assert_allclose(made.layers[1]._data["value"], expected[:2])  # points are the answers' own


@pytest.mark.parametrize(("df", "chisq"), [(1, 0.3), (5, 4.0), (42, 90.0)])
def test_a_statistic_stands_in_its_distribution(df, chisq):
    made = alone.chisquare(SimpleNamespace(df=df, chisq=chisq), TO)
    assert_allclose(made.data["density"], stats.chi2.pdf(made.data["chisq"], df), rtol=1e-9)
    assert made.data["chisq"].max() > max(chisq, df + 4 * np.sqrt(2 * df))
    assert drawn_lines(made) == [[chisq]]
    assert f"{df} degrees" in made.labels.x


def test_distances_stand_against_quantiles_in_the_middle_of_their_steps():
    found = SimpleNamespace(n=4, n_items=3, distances=np.array([0.5, 1.0, 3.0, 7.0]))
    made = alone.distances(found, TO)
    assert_allclose(made.data["expected"], stats.chi2.ppf([0.125, 0.375, 0.625, 0.875], 3))
    assert_allclose(made.data["observed"], found.distances)


def test_loadings_of_a_general_factor_are_bars_from_zero():
    loadings = pd.DataFrame({"g": [0.7, -0.2], "F1": [0.3, 0.1]}, index=["a", "b"])
    made = alone.pattern(SimpleNamespace(loadings=loadings), TO).data
    assert_allclose(made["x"], [0.7, -0.2, 0.3, 0.1])
    assert_allclose(made["ci_upper"], made["x"])
    assert (made["ci_lower"] == 0).all()
    assert list(made["factor"].cat.categories) == ["g", "F1"]
    assert downwards(made["item"]) == ["a", "b"]


def test_power_lines_are_two_errors_wide_and_stop_where_nothing_is_known():
    rows = table(
        "target n power mc_error",
        ("b", 50, 0.5, 0.1), ("b", 100, 0.99, 0.02), ("a", 50, 0.01, 0.02), ("a", 100, np.nan, np.nan),
    )  # fmt: skip
    power = SimpleNamespace(table=lambda: rows)
    made = alone.power_lines(power, TO)
    assert_allclose(made.data["lower"], [0.3, 0.95, 0.0])
    assert_allclose(made.data["upper"], [0.7, 1.0, 0.05])
    bars = next(layer.mapping for layer in made.layers if "ymin" in layer.mapping)
    assert (bars["ymin"], bars["ymax"]) == ("lower", "upper")
    assert list(made.data["target"].cat.categories) == ["b", "a"]
    assert drawn_lines(made, "yintercept") == [[0.8]]
    assert drawn_lines(
        alone.power_lines(SimpleNamespace(table=lambda: rows), TO, goal=0.9), "yintercept"
    ) == [[0.9]]


def test_curves_of_power_have_lines_at_the_goal_and_at_the_study_s_own_size():
    rows = table("target n power mc_error", ("a", 50, 0.5, 0.1), ("a", 100, 0.7, 0.02))
    effects = pd.DataFrame({"chain": [("x", "y")]}, index=["a"])
    plan = bouwen.path.FollowUp(80, 3, effects, SimpleNamespace(table=lambda: rows), goal=0.9)
    made = plots.power_curves(plan)
    assert drawn_lines(made, "yintercept") == [[0.9]]
    assert drawn_lines(made) == [[80]]
    assert mapped(made, "ymin") == [{"ymin": "lower", "ymax": "upper"}]
    assert [layer.geom.aes_params.get("linetype") for layer in made.layers[:2]] == ["dashed", "dotted"]


def test_intervals_lie_between_their_two_limits():
    lying = style.ranges("name")[0]
    assert dict(lying.mapping) == {"x": "ci_lower", "xend": "ci_upper", "y": "name", "yend": "name"}


def test_effects_of_a_curve_stand_before_those_of_shuffled_answers():
    series = pd.Categorical(["up", "down"], ["up", "down", "shuffled"])
    found = pd.DataFrame({"x": [1, 2], "y": [0.3, 0.1], "series": series, "reference": [True, False]})
    found = found.assign(
        low=[0.2, -0.1], high=[0.4, 0.3], null_lower=[-0.1, np.nan], null_upper=[0.1, np.nan]
    )
    zero, own, null, ranges, *_, colours, _ = curve_marks(found, 0.0)
    assert (list(zero.data["yintercept"]), list(own.data["yintercept"])) == ([0.0], [0.3])
    assert dict(null.mapping) == {"xend": "x", "y": "null_lower", "yend": "null_upper"}
    assert (list(null.data["x"]), list(null.data["series"])) == ([1], ["shuffled"])
    assert dict(ranges.mapping) == {"xend": "x", "y": "low", "yend": "high"}
    assert list(colours.palette(3)) == [style.BLUE, style.ORANGE, style.LIGHT]


def test_tiles_of_loadings_are_sorted_shaded_and_sized(study):
    first, second, third = study.items[:3]
    loadings = pd.DataFrame({"F1": [0.1, -0.9, 0.56], "F2": [1.2, 0.3, -0.299]}, index=[first, second, third])
    efa = object.__new__(bouwen.scales.Efa)
    object.__setattr__(efa, "loadings", loadings)
    tiles = loading_tiles(efa, TO, 0.3)
    assert downwards(tiles["item"]) == [second, third, first]
    found = tiles.set_index(["item", "factor"])
    assert_allclose(found["size"], [0.1, 0.9, 0.56, 1, 0.3, 0.299])
    assert list(found["text"]) == ["0.10", "−0.90", "0.56", "1.20", "0.30", "−0.30"]
    assert [ink == style.WHITE for ink in found["ink"]] == [False, True, True, True, False, False]
    assert list(found["points"]) == [6.5, 9.0, 9.0, 9.0, 9.0, 6.5]
    named = loading_tiles(efa, reader(study), 0.3)
    construct = study.label(study.instrument.construct_of(second))
    assert downwards(named["item"])[0] == f"{construct} · {second}"
    assert plots.exploratory(efa).scales[0].limits == (0, 1)


def test_axes_of_loadings_reach_from_zero_to_one_or_beyond(study, monkeypatch):
    fit = bouwen.fit_model(study, "structural")
    rows = table(
        "lhs op rhs group est_std ci_lower ci_upper",
        ("competence", "=~", "comp_1", "", 0.5, 0.4, 0.6),
        ("competence", "=~", "comp_2", "", 0.9, 0.8, 1.1),
    )
    for far, limits in ((0.0, (0.0, 1.1)), (-1.0, (-0.6, 1.0))):
        shown = rows if not far else rows.assign(ci_lower=[-0.6, 0.1], ci_upper=[0.2, 0.9])
        monkeypatch.setattr(plots.models, "standardised", lambda fit, op, level, shown=shown: shown)
        made = plots.loadings(fit, study)
        assert made.scales[0].limits == pytest.approx(limits)
        assert list(made.data["factor"].cat.categories) == [study.label("competence")]
    arrows = rows.assign(op="~", lhs=["loyalty", "loyalty"], rhs=["likeability", "competence"])
    monkeypatch.setattr(plots.models, "standardised", lambda fit, op, level: arrows)
    made = plots.paths(fit, study)
    assert list(made.data["outcome"].cat.categories) == [f"→ {study.label('loyalty')}"]
    assert downwards(made.data["line"]) == [study.label("likeability"), study.label("competence")]


# ------------------------------------------------------------------ answers


def test_the_middle_of_the_scale_stands_at_zero(study):
    item = study.items[0]
    responses = study.responses.iloc[:200].copy()
    responses[item] = [1.0] * 24 + [3.0] * 28 + [4.0] * 60 + [5.0] * 20 + [7.0] * 68
    bars = plots.bars.answer_bars(replace(study, responses=responses), study.constructs)
    found = bars[bars["item"] == item].set_index("answer")
    assert_allclose(found["start"], [-0.41, -0.29, -0.29, -0.15, 0.15, 0.25, 0.25], atol=1e-9)
    assert_allclose(found["end"], [-0.29, -0.29, -0.15, 0.15, 0.25, 0.25, 0.59], atol=1e-9)


def test_the_item_with_the_highest_mean_is_on_top(study):
    made = plots.answers(study, study.constructs[:1])
    means = study.responses[list(study.items_of(study.constructs[0]))].mean()
    assert made.data.loc[made.data["y"].idxmax(), "item"] == means.idxmax()
    assert made.data.loc[made.data["y"].idxmin(), "item"] == means.idxmin()
    assert list(made.scales[2].labels)[-1].replace("\n", " ") == study.wording(means.idxmax())


def test_answers_are_named_by_their_label_or_number_and_coloured_by_their_place(study):
    scale = study.instrument.scale_of(study.items[0])
    names = [answer_label(study, study.items[0], code) for code in scale.codes]
    assert names == [scale.labels[k]["en"] if k in scale.labels else str(k) for k in scale.codes]
    assert any(name.isdigit() for name in names)
    colours = answer_colours(study, study.items)
    assert list(colours) == names
    assert colours[names[len(names) // 2]] == style.MIDDLE
    reds, blues = ([int(colours[name][k : k + 2], 16) for name in names] for k in (1, 5))
    assert reds[0] > blues[0]  # from brown
    assert reds[-1] < blues[-1]  # to purple


def test_shares_of_respondents_are_drawn_in_the_order_of_the_instrument(study):
    group = study.groups[0]
    levels = study.levels(group)
    responses = study.responses.copy()
    counts = [20 + 7 * k for k in range(len(levels))]
    values = [level for level, n in zip(levels, counts, strict=True) for _ in range(n)]
    values += [None] * (len(responses) - len(values))
    responses[group] = pd.Categorical(values, list(levels))
    made = plots.response.respondent_shares(replace(study, responses=responses))
    rows = made[made["variable"] == group]
    assert list(rows["level"]) == list(levels)
    assert list(rows["n"]) == counts
    assert_allclose(rows["share"], np.array(counts) / sum(counts))  # of those who said


def test_items_of_a_construct_stand_around_its_name(study):
    found, at = construct_blocks(study), 0
    for construct, row in found.iterrows():
        size = len(study.items_of(construct))
        assert (row["end"], row["middle"]) == (at + size, at + (size - 1) / 2)
        at += size
    assert at == len(study.items)


@pytest.mark.parametrize(("patterns", "some"), [(1, "18"), (2, "2")])
def test_rare_patterns_are_said_to_share_a_row(patterns, some):
    said = pattern_label(TO, 18, patterns)
    assert said == TO.words(
        f"plots.{'rare_patterns' if patterns > 1 else 'pattern'}", n=18, patterns=patterns
    )
    assert "18" in said
    assert some in said


def test_patterns_are_shaded_by_what_was_left_open(monkeypatch, study):
    items = list(study.items)
    rows = [[8, 1, *[0.0] * (len(items) - 1), 1.0], [5, 2, 1.0, 0.6, np.nan, *[0.0] * (len(items) - 3)]]
    frame = pd.DataFrame(rows, columns=["n", "patterns", *items])
    monkeypatch.setattr(plots.response, "common_patterns", lambda *given: frame)
    tiles = plots.response.pattern_tiles(study).set_index(["row", "item"])["kind"]
    assert list(tiles.loc[0][items[:4]]) == ["open_some", "open_some", "open_few", "open_none"]
    assert list(tiles.loc[1]) == ["open_none"] * (len(items) - 1) + ["open_all"]


# ------------------------------------------------------------------ the common look


def test_series_stand_beside_each_other_from_top_to_bottom():
    found = table(
        "label series x ci_lower ci_upper",
        ("a", "one", 1.0, 0.5, 1.5), ("a", "two", 2.0, np.nan, 2.5), ("b", "one", 3.0, 2.5, np.nan),
        ("b", "two", 4.0, 3.5, 4.5),
    )  # fmt: skip
    found["series"] = pd.Categorical(found["series"], ["one", "two"])
    made = style.compared(TO, found, "x", (style.GREY, style.BLUE)).data
    assert_allclose(made["y"], [1.175, 0.825, 0.175, -0.175])
    assert_allclose(made["ci_lower"], [0.5, 2.0, 2.5, 3.5])
    assert_allclose(made["ci_upper"], [1.5, 2.5, 3.0, 4.5])


def test_shares_to_the_left_have_no_minus_sign():
    assert style.percentages(TO)([-0.5, 0, 0.25]) == ["50%", "0%", "25%"]
    assert style.percentages(TO, 1)([-0.125]) == ["12.5%"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([0.1, 0.2], ["0.1", "0.2"]), ([0.1, 0.25], ["0.10", "0.25"]), ([0.125, 1.0], ["0.125", "1.000"]),
        ([0.0625], ["0.0625"]), ([0, 2], ["0.0", "2.0"]),
    ],
)  # fmt: skip
def test_ticks_have_the_decimals_of_their_distances(values, said):
    assert style.ticks(TO)(values) == said


@pytest.mark.parametrize(("groups", "columns"), [(["", ""], []), (["a", "b"], ["group"])])
def test_groups_have_panels_of_their_own(groups, columns):
    panels = style.panels_of(pd.DataFrame({"factor": ["f", "f"], "group": groups}), "factor")
    assert (list(panels.rows), list(panels.cols)) == (["factor"], columns)


# ------------------------------------------------------------------ bounds and steps


def test_bounds_of_ratios_and_of_facets():
    pairs = table("first second htmt ci_lower ci_upper", ("a", "b", 0.8, 0.7, 0.9))
    ratios = object.__new__(bouwen.scales.Htmt)
    object.__setattr__(ratios, "table", lambda: pairs.copy())
    object.__setattr__(ratios, "kind", "htmt2")
    made = plots.ratios(ratios)
    assert drawn_lines(made) == [[0.85, 0.9]]
    assert made.labels.x == "HTMT2"
    facets = object.__new__(bouwen.scales.Structures)
    object.__setattr__(facets, "correlations", lambda: pairs.rename(columns={"htmt": "r"}))
    assert drawn_lines(plots.facet_correlations(facets)) == [[0.85, 1.0]]


def test_residuals_are_named_on_both_axes_and_shaded_over_the_same_reach(study):
    fit = bouwen.fit_model(study, "structural")
    names, largest = (
        list(fit.structure.observed),
        np.abs(plots.validity.residual_tiles(fit)["residual"]).max(),
    )
    for large in (0.001, 1.0):
        made = plots.residuals(fit, large=large)
        fill, x, y = made.scales
        assert list(x.labels) == names[:-1]
        assert list(y.labels) == names[1:]
        assert_allclose(fill.limits, np.array([-1, 1]) * max(2 * large, largest))


def test_changes_of_cfi_are_those_of_their_step_and_measure():
    ladder = object.__new__(bouwen.groups.Permutations)
    drawn = {("metric", "cfi"): [-0.01, 0.0], ("scalar", "cfi"): [-0.02, -0.03]}
    given = {
        "invariance": SimpleNamespace(steps=["configural", "metric", "scalar"]),
        "observed": np.array([[90.0, 0.95, 0.05], [95.0, -0.004, 0.06], [99.0, -0.02, 0.07]]),
        "distribution": lambda step, measure: drawn[step, measure],
    }
    for name, value in given.items():
        object.__setattr__(ladder, name, value)
    shuffled, observed = cfi_changes({"size": ladder}, TO)
    assert list(shuffled["change"]) == [-0.01, 0.0, -0.02, -0.03]
    assert list(observed["change"]) == [-0.004, -0.02]
    assert shuffled["step"].nunique() == observed["step"].nunique() == 2
    assert list(observed["series"]) == ["groups as they are"] * 2


def test_bars_of_a_curve_hold_what_shuffled_answers_give():
    rng = np.random.default_rng(3)
    effects = rng.normal(size=(400, 2))
    effects[0] = 50.0  # the answers as they are
    results = table(
        "estimate ci_lower ci_upper status",
        (0.5, 0.3, 0.7, "proper"), (0.2, 0.1, 0.3, "proper"), (0.9, 0.5, 1.1, "failed"),
        (-0.1, -0.4, 0.2, "proper"),
    )  # fmt: skip
    curve = SimpleNamespace(
        results=results, tested=np.array([0, 3]), effects=effects, reference=results.loc[1], confidence=0.95
    )
    points, breaks = curve_points(curve)
    assert list(points.index) == [3, 1, 0]
    assert list(points["x"]) == [1, 2, 3]
    assert list(points["reference"]) == [False, True, False]

    def placed(values):
        return TALL * (np.asarray(values) - breaks[0]) / (breaks[-1] - breaks[0])

    assert_allclose(points["low"], placed([-0.4, 0.1, 0.3]))
    assert_allclose(points["high"], placed([0.2, 0.3, 0.7]))
    for row, column in ((3, 1), (0, 0)):
        expected = placed(np.quantile(effects[1:, column], [0.025, 0.975]))
        assert_allclose(points.loc[row, ["null_lower", "null_upper"]].astype(float), expected)
    assert points.loc[1, ["null_lower", "null_upper"]].isna().all()


def test_each_specification_is_marked_on_the_lines_of_its_own_choices():
    choices = {
        "form": ["one_factor", "scores", "one_factor"], "estimator": ["MLR"] * 3,
        "missing": ["available", "available", "complete"], "items": ["all", "weakest", "reversed"],
        "adjustment": ["model"] * 3, "respondents": ["all", "attentive", "all"],
    }  # fmt: skip
    results = pd.DataFrame(choices)
    path = SimpleNamespace(predictor="p", outcome="o")
    curve = SimpleNamespace(results=results, path=path, excluded={"weakest": ("a",), "reversed": ("b",)})
    marks, lines = dashboard(curve, TO, results.assign(x=[2, 3, 1]))
    levels = lines[lines["level"] != ""]
    assert lines["y"].is_monotonic_decreasing
    at, expected = dict(zip(levels["y"], levels["level"], strict=True)), set()
    for choice in ("form", "missing", "items", "respondents"):
        names = list(dict.fromkeys(choices[choice]))
        heading = lines[lines["text"] == plots.robustness.choice_label(TO, curve, choice)].iloc[0]
        own = list(levels.loc[levels["y"] < heading["y"], "y"])[: len(names)]
        assert [at[y] for y in own] == [plots.robustness.chosen_label(TO, name) for name in names]
        expected |= {(x, own[names.index(v)]) for x, v in zip([2, 3, 1], choices[choice], strict=True)}
    assert set(marks.itertuples(index=False, name=None)) == expected
    assert len(levels) == 2 + 2 + 3 + 2
    title = curve_title(curve, TO).iloc[0]
    assert title["text"] == TO.words("plots.standardised_effect", source="p", target="o")
    assert title["y"] > TALL
    assert scale_of([-0.2, 0.0, 0.8])(np.array([-0.2, 0.3, 0.8])).tolist() == [0, TALL / 2, TALL]


def test_eigenvalues_of_chance_stand_beside_their_own():
    names = ["factors", "factors_reference", "components", "components_reference"]
    wide = pd.DataFrame([[1.9, 1.1, 2.5, 1.4], [0.4, 0.6, 0.5, 1.0]], pd.Index([1, 2]), names)
    kaiser = pd.DataFrame({"eigenvalue": [2.5, 0.5], "reference": [1.3, 1.0]}, pd.Index([1, 2]))
    counts = object.__new__(bouwen.scales.FactorCounts)
    object.__setattr__(counts, "parallel", SimpleNamespace(eigenvalues=wide))
    object.__setattr__(counts, "kaiser", SimpleNamespace(eigenvalues=kaiser))
    made = plots.scree(counts)
    found = made.data.set_index(["panel", "series", "number"])["value"]

    def said(key):
        return TO.words(f"plots.eigen_{key}")

    for panel, series, values in (
        ("factors", "answers", [1.9, 0.4]), ("factors", "random", [1.1, 0.6]),
        ("components", "answers", [2.5, 0.5]), ("components", "random", [1.4, 1.0]),
        ("components", "kaiser", [1.3, 1.0]),
    ):  # fmt: skip
        assert found[said(panel), said(series)].tolist() == values
    assert len(found) == 10
    assert list(made.data["panel"].cat.categories) == [said("factors"), said("components")]
    assert set(made.layers[1]._data["series"]) == {said("answers")}


def test_shares_of_respondents_are_written_at_their_bars(study):
    made = plots.respondents(study)
    shares = plots.response.respondent_shares(study)
    assert list(made.data["text"]) == [TO.words.percent(share) for share in shares["share"]]
    labels = [study.level_label(v, k) for v, k in zip(shares["variable"], shares["level"], strict=True)]
    assert [text.replace("\n", " ") for text in made.data["label"]] == labels
    assert made.scales[0].limits == (0, min(1.08, shares["share"].max() + 0.1))


def test_correlations_are_in_order_of_their_value_and_not_of_their_size(study, monkeypatch):
    names = list(study.constructs[:3])
    r = pd.DataFrame(
        {"r": [0.2, -0.5, 0.6], "ci_lower": [0.1, -0.6, 0.5], "ci_upper": [0.3, -0.4, 0.7]}, names
    )
    monkeypatch.setattr(plots.averages, "outcome_correlations", lambda part: r)
    made = plots.outcome(study).data
    assert list(made["construct"]) == [names[2], names[0], names[1]]
    assert_allclose(made[["x", "ci_lower", "ci_upper"]], r.iloc[[2, 0, 1]])
    assert made["y"].is_monotonic_decreasing


def test_the_middle_of_the_scale_is_marked_beside_the_mean(study):
    made = plots.means(study)
    assert made.layers[0].mapping["x"] == "midpoint"
    assert made.mapping["x"] == "mean"
