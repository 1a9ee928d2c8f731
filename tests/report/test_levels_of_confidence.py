"""Every interval of every table and figure is of the level that its head or its last line names."""

import html
import re
from dataclasses import replace

import pytest
from numpy.testing import assert_allclose
from results import PLOTS, STUDY_FIRST, TABLES, recovered, results_of

import bouwen
from bouwen.report import plots, tables
from bouwen.report.audience import OtherLevel
from bouwen.report.plots.path_diagram import PathDiagram
from bouwen.sem import fit_sam

# Brackets that are no intervals of the study's level: RMSEA's is of 90 % by custom, the steps of a curve have
# a range.
OTHER_BRACKETS = {"fit_measures", "structures", "specification_steps"}
LEVELS = {0.80: "80%", 0.95: "95%"}
# Tables and figures with intervals, so that none of them loses its own unseen.
OF_A_REGISTER = {"register", "response"}  # of which this study has none
WITH_INTERVALS = {
    "tables": {"compared", "distinct", "evidence", "explained", "factor_correlations", "importance",
               "indirect_effects", "key",
               "loadings", "method_shares", "mirror", "mirror_findings", "mirror_items",
               "mirror_paths", "nesting", "numeric_effects", "paths", "recovery", "scales", "total_effects",
               "unit", "units"},
    "plots": {"caterpillar", "facet_correlations", "importance", "indirect_effects", "loadings", "means",
              "outcome", "outcome_by_group", "path_diagram", "paths", "ratios", "reliabilities",
              "specification_curve", "treatments"},
}  # fmt: skip


def at(study, confidence):
    settings = study.settings.model_copy(update={"confidence": confidence})
    return replace(study, file=study.file.model_copy(update={"settings": settings}))


@pytest.fixture(scope="module")
def results(reputation):
    """Every result of the study, at each of two levels."""
    found = {level: results_of(at(reputation, level)) for level in LEVELS}
    for level, given in found.items():
        given.ratios = bouwen.htmt(
            tables.scales_of(given.measured, reputation), draws=20, seed=1, confidence=level
        )
        given.effects = bouwen.indirect_effects(given.fit, draws=given.boot, confidence=level)
        outcome = reputation.outcome_variable
        given.totals = bouwen.decompose_effects(given.fit, outcome, draws=given.boot, confidence=level)
        given.importance = bouwen.predictor_importance(given.fit, outcome, draws=given.boot, confidence=level)
        given.recovered = recovered(given.fit, level)
        given.against = bouwen.check_key(
            bouwen.key_items(reputation)[["comp_1", "comp_2", "like_1", "like_2"]].assign(
                turned=-reputation.responses["comp_3"]
            ),
            confidence=level,
        )
    return found


def made(room, name, given, study):
    """A table or a figure; what takes more than a study is not there."""
    function = getattr({"tables": tables, "plots": plots}[room], name)
    wanted = (TABLES if room == "tables" else PLOTS).get(name)
    if wanted is None:
        return function(study)
    return function(*(getattr(given, key) for key in wanted), study)


EVERY = [
    *[("tables", name) for name in tables.__all__ if name in {*TABLES, *STUDY_FIRST["tables"]}],
    *[("plots", name) for name in plots.__all__ if name in {*PLOTS, *STUDY_FIRST["plots"]}],
]


def intervals(room, shown):
    """Widths of all intervals."""
    if room == "tables":
        text = " ".join(cells(shown))
        ends = re.findall(r"\[(−?[\d.,]+)[,;].(−?[\d.,]+)\]", text)
        number = lambda end: float(end.replace("−", "-").replace(",", "."))  # noqa: E731
        return [number(high) - number(low) for low, high in ends]
    if isinstance(shown, PathDiagram):
        return list(shown.paths["ci_upper"] - shown.paths["ci_lower"])
    frames = [shown.data, *(layer._data for layer in shown.layers)]
    pairs = [("ci_lower", "ci_upper"), ("low", "high"), ("null_lower", "null_upper")]
    return [
        width
        for frame in frames
        for low, high in pairs
        if low in getattr(frame, "columns", ())
        for width in (frame[high] - frame[low]).dropna()
    ]


def cells(table):
    body = table.as_raw_html().split("</style>")[-1]
    return [html.unescape(x.strip()) for x in re.sub(r"<[^>]+>", "\0", body).split("\0") if x.strip()]


def heads(room, shown):
    if isinstance(shown, PathDiagram):
        return shown.alt
    return " ".join(cells(shown)) if room == "tables" else str(shown.labels.caption)


@pytest.mark.book
@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize(("room", "name"), EVERY)
def test_intervals_narrow_and_heads_say_so(room, name, language, results, reputation):
    found = {
        level: made(room, name, given, at(reputation, level).in_language(language))
        for level, given in results.items()
    }
    if name in OF_A_REGISTER:
        assert set(found.values()) == {None}
        return
    narrow, usual = (intervals(room, found[level]) for level in LEVELS)
    if name in OTHER_BRACKETS or not usual:
        assert name not in WITH_INTERVALS[room]
        return
    assert name in WITH_INTERVALS[room]
    assert len(narrow) == len(usual)
    assert all(less <= more + 1e-9 for less, more in zip(narrow, usual, strict=True))
    assert sum(narrow) < sum(usual)
    for level, percentage in LEVELS.items():
        other = next(text for text in LEVELS.values() if text != percentage)
        assert percentage in heads(room, found[level])
        assert f"{other} " not in heads(room, found[level])
        assert f"{other}-" not in heads(room, found[level])


def test_every_table_of_a_fit_takes_a_level(reputation):
    fit = bouwen.fit_model(reputation, "structural")
    z = {0.80: 1.2815515655446004, 0.95: 1.959963984540054}
    for level, reach in z.items():
        for table, name in (
            (fit.table(confidence=level), "est"),
            (fit.standardized(confidence=level), "est_std"),
        ):
            assert_allclose(table["ci_upper"] - table[name], reach * table["se"], atol=1e-12)
    assert_allclose(fit.parameters["ci_lower"], fit.table()["ci_lower"])
    sam = fit_sam(reputation.model("structural"), bouwen.key_items(reputation).dropna())
    path = sam.table(0.80).query("op == '~'")
    assert_allclose(path["ci_upper"] - path["est"], z[0.80] * path["se"])


def test_paths_of_claims_are_weighed_at_the_level_of_the_study(reputation):
    fit = bouwen.fit_model(reputation, "structural")
    se = fit.standardized().set_index(["lhs", "op", "rhs"])["se"]
    evidence = reputation.instrument.claims["satisfaction_binds"].evidence[0]
    for level, reach in ((0.80, 1.2815515655446004), (0.95, 1.959963984540054)):
        found = bouwen.weigh_claims(at(reputation, level), {"structural": fit}).set_index("claim")
        row = found.loc["satisfaction_binds"]
        assert_allclose(
            row["ci_upper"] - row["estimate"], reach * se[evidence.outcome, "~", evidence.predictor]
        )


def test_intervals_of_one_level_are_not_shown_as_those_of_another(reputation):
    fit = bouwen.fit_model(reputation, "structural")
    effects = bouwen.indirect_effects(fit, confidence=0.80)
    assert "80% interval, by formula" in cells(tables.indirect_effects(effects, reputation))
    with pytest.raises(
        OtherLevel, match=r"are of confidence 0\.8, .* compute the result with confidence=0\.9"
    ):
        tables.indirect_effects(effects, reputation, confidence=0.9)
