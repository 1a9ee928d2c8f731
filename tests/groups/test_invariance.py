"""Invariance ladders and their permutations, against lavaan, semTools and separate fits."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from references import read_data, read_values
from scipy import stats

import bouwen
from bouwen.checks import NotACount
from bouwen.groups.invariance import NoLadder
from bouwen.groups.ladders import first_order, suitable_model
from bouwen.groups.permutation import _climb, _Step, permutation_pvalue
from bouwen.sem import NotNested, UnknownOption, UnsupportedModel
from bouwen.sem.resample.workers import Chunk

LAVAAN = read_values("lavaan/invariance")
HOLZINGER = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
BFI = "agree =~ A1 + A2 + A3 + A4 + A5\nconscious =~ C1 + C2 + C3 + C4 + C5"
SHORT = "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9"


@pytest.fixture(scope="module")
def holzinger():
    return read_data("holzinger")


@pytest.fixture(scope="module")
def ladder(holzinger):
    return bouwen.check_invariance(HOLZINGER, holzinger, "school")


@pytest.fixture(scope="module")
def permuted(holzinger):
    steps = ("configural", "metric", "scalar")
    return bouwen.permutation_invariance(
        bouwen.check_invariance(HOLZINGER, holzinger, "school", steps=steps), 1000, seed=1
    )


@pytest.fixture(scope="module")
def ordered():
    return bouwen.check_invariance(BFI, read_data("bfi900"), "gender", ordered=True)


@pytest.fixture(scope="module")
def short(holzinger):
    return bouwen.check_invariance(SHORT, holzinger, "school", steps=("configural", "metric", "scalar"))


# ---------------------------------------------------------------------- ladders


def assert_ladder(found, lavaan, corrected=()):
    table = found.table()
    assert list(table.index) == list(lavaan["measures"])
    for step, measures in lavaan["measures"].items():
        for name in ("chisq", "df", "cfi", "rmsea", "srmr"):
            full = corrected.get(name, name) if corrected else name
            assert_allclose(
                table.loc[step, name], measures[full], rtol=2e-5, atol=2e-5, err_msg=f"{step} {full}"
            )
        if step in lavaan["differences"]:
            tested = lavaan["differences"][step]
            for name in ("chisq_diff", "df_diff", "pvalue"):
                column = "pvalue_diff" if name == "pvalue" else name
                assert_allclose(table.loc[step, column], tested[name], rtol=2e-4, err_msg=f"{step} {name}")


def test_ladder_agrees_with_lavaan(ladder):
    assert_ladder(ladder, LAVAAN["ml"])


def test_robust_ladder_agrees_with_lavaan(holzinger):
    found = bouwen.check_invariance(HOLZINGER, holzinger, "school", estimator="MLR")
    names = {"chisq": "chisq.scaled", "cfi": "cfi.robust", "rmsea": "rmsea.robust"}
    assert_ladder(found, LAVAAN["mlr"], names)


def test_ordered_ladder_agrees_with_semtools(ordered):
    for step, measures in LAVAAN["wlsmv"]["measures"].items():
        ours = ordered.fits[step].measures
        for name in ("chisq", "df", "cfi", "rmsea", "srmr", "chisq.scaled"):
            assert_allclose(ours[name.replace(".", "_")], measures[name], rtol=2e-4, err_msg=f"{step} {name}")
    for step, tested in LAVAAN["wlsmv"]["differences"].items():
        row = ordered.table().loc[step]
        assert_allclose(row["chisq_diff"], tested["chisq_diff"], rtol=2e-3, err_msg=step)
        assert row["df_diff"] == tested["df_diff"]


def test_changes_are_differences_of_the_columns_beside_them(ladder):
    table = ladder.table()
    assert_allclose(table["cfi_diff"].iloc[1:], np.diff(table["cfi"]))
    assert table["cfi_diff"].isna().tolist() == [True, False, False, False]


@pytest.mark.parametrize("step", ["metric", "scalar"])
def test_score_tests_agree_with_lavaan(ladder, step):
    found = ladder.differences().set_index(["step", "lhs", "op", "rhs"])
    kind = {"metric": "=~", "scalar": "~1"}[step]
    compared = [row for row in LAVAAN["scores"][step] if row["op"] == kind]
    assert len(compared) == 9
    for row in compared:
        ours = found.loc[(step, row["lhs"], row["op"], row["rhs"])]
        assert_allclose(ours["score"], row["x2"], rtol=2e-4, atol=2e-5)
        assert_allclose(ours["pvalue"], stats.chi2.sf(row["x2"], 1), rtol=1e-3)


def test_a_score_is_near_what_letting_the_parameter_go_brings(holzinger, ladder):
    scores = ladder.differences().set_index(["step", "lhs"])["score"]
    held = ladder.fits["scalar"].measures["chisq"]
    for item in ("x1", "x2", "x9"):
        options = {"group": "school", "group_equal": ("loadings", "intercepts"), "std_lv": True}
        free = bouwen.fit_sem(HOLZINGER, holzinger, group_partial=[f"{item} ~ 1"], **options)
        assert_allclose(scores[("scalar", item)], held - free.measures["chisq"], rtol=0.15)


def test_three_groups_score_with_two_degrees_of_freedom(holzinger):
    data = holzinger.assign(age=pd.cut(holzinger["ageyr"], [0, 12, 13, 99], labels=False))
    found = bouwen.check_invariance(HOLZINGER, data, "age", steps=("configural", "metric"))
    row = found.differences().set_index("rhs").loc["x5"]
    assert row["df"] == 2
    free = bouwen.fit_sem(
        HOLZINGER,
        data,
        group="age",
        group_equal="loadings",
        group_partial=["textual =~ x5"],
        std_lv=True,
    )
    gain = found.fits["metric"].measures["chisq"] - free.measures["chisq"]
    assert_allclose(row["score"], gain, rtol=0.25, atol=0.3)


def test_thresholds_intercepts_and_loadings_of_ordered_items_are_scored(ordered):
    found = ordered.differences()
    assert found.groupby("step", sort=False).size().to_dict() == {
        "thresholds": 50,
        "metric": 10,
        "scalar": 10,
    }
    assert (found["score"] >= 0).all()
    assert found["pvalue"].isna().all()


def test_a_ladder_leaves_free_what_is_to_differ(holzinger):
    free = ["textual =~ x5", "x5 ~ 1"]
    found = bouwen.check_invariance(HOLZINGER, holzinger, "school", group_partial=free)
    for step, held in (("metric", ["loadings"]), ("scalar", ["loadings", "intercepts"])):
        alone = bouwen.fit_sem(
            HOLZINGER, holzinger, group="school", group_equal=held, group_partial=free, std_lv=True
        )
        assert_allclose(found.fits[step].measures["chisq"], alone.measures["chisq"], atol=1e-6)
        assert found.fits[step].df == alone.df


def test_a_difference_that_cannot_be_tested_is_empty(holzinger, monkeypatch):
    found = bouwen.check_invariance(SHORT, holzinger, "school", steps=("configural", "metric"))

    def refuse(free, held):
        raise NotNested("the scaled difference is negative")

    monkeypatch.setattr("bouwen.groups.invariance.difference_test", refuse)
    row = found.table().iloc[1]
    assert row["df_diff"] == 4
    assert row[["chisq_diff", "pvalue_diff"]].isna().all()


def test_verdicts_by_hand(ladder):
    found = ladder.verdicts()  # N = 301, just beyond Chen's small samples
    assert found.loc["metric"].tolist() == [False, False, False, "equal"]
    # CFI −.0385, RMSEA +.0145 (below .015), SRMR +.0108 (above .010), p < .001
    assert found.loc["scalar"].tolist() == [True, True, True, "different"]
    # p = .043, CFI −.0095
    assert found.loc["strict"].tolist() == [True, False, False, "mixed"]


def test_factors_of_factors_keep_their_mean(holzinger):
    higher = HOLZINGER + "\ng =~ visual + textual + speed"
    found = bouwen.check_invariance(higher, holzinger, "school", steps=("configural", "metric", "scalar"))
    means = found.fits["scalar"].parameters.query("op == '~1' and lhs in ('g', 'visual')")
    by_factor = means.groupby("lhs")["est"].apply(lambda est: bool((est != 0).any()))
    assert by_factor.to_dict() == {"g": False, "visual": True}


def test_wrong_ladders_are_refused(holzinger):
    check = partial(bouwen.check_invariance, SHORT, holzinger)
    with pytest.raises(UnknownOption, match="metric"):
        check("school", steps=("configural", "metrics"))
    with pytest.raises(NoLadder, match="skip one"):
        check("school", steps=("configural", "scalar"))
    with pytest.raises(NoLadder, match="one group"):
        bouwen.check_invariance(SHORT, holzinger.query("school == 'Pasteur'"), "school")


def test_items_with_two_categories_have_no_ladder(holzinger):
    items = [f"x{k}" for k in (1, 2, 3, 7, 8, 9)]
    halves = (holzinger[items] > holzinger[items].median()).astype(float).assign(school=holzinger["school"])
    with pytest.raises(UnsupportedModel, match="two categories"):
        bouwen.check_invariance(SHORT, halves, "school", ordered=True)


# ---------------------------------------------------------------------- permutations


def test_pvalue_by_hand():
    assert permutation_pvalue(3.0, np.array([1.0, 2.0, 3.0, 4.0])) == 3 / 5
    assert permutation_pvalue(9.0, np.arange(99) / 100) == 1 / 100
    assert permutation_pvalue(0.3, np.array([0.1 + 0.2])) == 1.0  # equal but for rounding


def measures_of(ladder):
    names = ["chisq", "cfi", "rmsea", "srmr"]
    return np.array([fit.measures[names] for fit in ladder.fits.values()])


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_the_groups_as_they_are_give_the_observed_ladder(missing, short):
    found = short
    if missing == "fiml":
        data = read_data("holzinger_missing")
        found = bouwen.check_invariance(SHORT, data, "school", missing="fiml", steps=short.steps)
    steps = [_Step.of(s, found.fits[s], found.releases.get(s)) for s in found.steps]
    sizes = [len(rows) for rows in found.fits["metric"].sample.rows]
    own = np.repeat(np.eye(len(sizes)), sizes, axis=0).T.reshape(1, -1)
    values, scores = _climb(steps, own)
    measures = measures_of(found)
    assert_allclose(np.cumsum(values[0], axis=0), measures, atol=2e-6)
    expected = found.differences().groupby("step", sort=False)["score"]
    for step, score in expected:
        assert_allclose(scores[step][0], score, rtol=1e-4, atol=1e-6)


def test_a_permutation_is_a_ladder_of_shuffled_groups(short, holzinger):
    found = bouwen.permutation_invariance(short, 3, seed=8)
    rows = holzinger.iloc[np.concatenate(short.fits["metric"].sample.index)]
    groups = np.repeat([0, 1], short.sizes)
    shuffled = Chunk(0, 0, 3, 8).rng().permuted(np.tile(groups, (3, 1)), axis=1)
    for d in range(3):
        order = np.argsort(shuffled[d], kind="stable")  # group 0 first, as in the ladder
        data = rows.assign(school=shuffled[d]).iloc[order]
        again = bouwen.check_invariance(SHORT, data, "school", steps=short.steps)
        measures = measures_of(again)
        assert_allclose(np.cumsum(found.drawn[d], axis=0), measures, atol=2e-5)
        for step, score in again.differences().groupby("step", sort=False)["score"]:
            assert_allclose(found.scores[step][d], score, rtol=1e-3, atol=1e-4)


def test_a_permutation_of_ordered_answers_is_a_ladder_of_shuffled_groups():
    model, data = "agree =~ A1 + A2 + A3 + A4", read_data("bfi900")
    fit = partial(bouwen.check_invariance, model, group="gender", ordered=True)
    ladder = fit(data)
    found = bouwen.permutation_invariance(ladder, 2, seed=8)
    rows = data.iloc[np.concatenate(ladder.fits["metric"].sample.index)]
    shuffled = Chunk(0, 0, 2, 8).rng().permuted(np.tile(np.repeat([0, 1], ladder.sizes), (2, 1)), axis=1)
    for d in range(2):
        again = fit(rows.assign(gender=shuffled[d]).iloc[np.argsort(shuffled[d], kind="stable")])
        measures = measures_of(again)
        assert_allclose(np.cumsum(found.drawn[d], axis=0), measures, atol=2e-5)
        for step, score in again.differences().groupby("step", sort=False)["score"]:
            assert_allclose(found.scores[step][d], score, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("step", ["metric", "scalar"])
def test_permutations_scatter_as_those_of_semtools(step, permuted):
    from scipy.stats import ks_2samp

    theirs = read_values("semtools/permutation")[step]
    table = permuted.table().set_index(["step", "measure"]).loc[step]
    for measure, row in table.iterrows():
        drawn = np.array(theirs["draws"][measure])
        assert_allclose(row["observed"], theirs["observed"][measure], atol=1e-5)
        assert ks_2samp(permuted.distribution(step, measure), drawn).pvalue > 0.01
        error = np.sqrt(2 * max(row["pvalue"], 0.001) * (1 - row["pvalue"]) / len(drawn))
        assert abs(row["pvalue"] - theirs["pvalue"][measure]) < 3 * error


def test_two_workers_shuffle_alike(short):
    task = partial(bouwen.permutation_invariance, short, 300, seed=3)
    one, two = task(), task(n_jobs=2)
    assert_array_equal(one.drawn, two.drawn)
    for step in ("metric", "scalar"):
        assert_array_equal(one.scores[step], two.scores[step])


def test_permutations_are_at_least_one(short):
    with pytest.raises(NotACount, match="draws=0"):
        bouwen.permutation_invariance(short, 0)


def test_counts_add_up_and_failures_show(short):
    from dataclasses import replace

    found = bouwen.permutation_invariance(short, 20, seed=3)
    assert found.used.tolist() == [20, 20, 20]
    drawn = found.drawn.copy()
    drawn[4, 1:] = np.nan
    table = replace(found, drawn=drawn).table().set_index(["step", "measure"])
    assert table.loc[("metric", "cfi"), ["used", "failed"]].tolist() == [19, 1]
    assert table.loc[("configural", "cfi"), ["used", "failed"]].tolist() == [20, 0]
    assert len(replace(found, drawn=drawn).distribution("metric", "cfi")) == 19


def test_the_largest_score_is_the_strictest(short):
    found = bouwen.permutation_invariance(short, 100, seed=3).differences()
    assert (found["pvalue_max"] >= found["pvalue"]).all()
    for _, rows in found.groupby("step"):
        assert rows.sort_values("score")["pvalue_max"].is_monotonic_decreasing


# ---------------------------------------------------------------------- studies


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/reputation/study.yml")


def test_a_studys_ladder_has_the_levels_with_enough_respondents(study):
    from dataclasses import replace

    found = bouwen.study_invariance(study, "plan")
    assert (found.model, found.problem, found.left_out) == ("measurement", "", ())
    counts = study.responses["plan"].value_counts()
    assert found.invariance.sizes.to_dict() == {level: counts[level] for level in study.levels("plan")}
    settings = study.settings.model_copy(update={"min_group": 130})
    strict = replace(study, file=study.file.model_copy(update={"settings": settings}))
    few = bouwen.study_invariance(strict, "plan")
    assert (few.problem, few.invariance) == ("levels", None)
    assert few.left_out == study.levels("plan")  # everybody else is too few, too


def test_small_levels_get_a_model_that_they_can_bear():
    providers = bouwen.read_study("data/providers/study.yml")
    assert suitable_model(providers, 3 * 179) == "measurement"
    assert suitable_model(providers, 3 * 179 - 1) == "trust"
    assert suitable_model(providers, 3 * 30 - 1) == "relationship_satisfaction"
    assert suitable_model(providers, 3 * 8 - 1) == ""


def test_figure_table_and_sentence_tell_the_same(study):
    from dataclasses import replace

    from bouwen.report import tables, texts
    from bouwen.report.audience import reader
    from bouwen.report.plots.invariance import cfi_changes
    from bouwen.report.tables.invariance import ladders_of

    few = study.file.model_copy(update={"settings": study.settings.model_copy(update={"min_group": 126})})
    strict = replace(study, file=few)  # leaves company_1 and company_2, and contract without prepaid
    ladders = bouwen.study_ladders(strict, draws=20)
    drawn, observed = cfi_changes(ladders_of(ladders), reader(strict))
    assert len(drawn) == 20 * 3
    assert_allclose(observed["change"], ladders["company"].permutations.observed[1:, 1])
    html = tables.invariance(ladders, strict).as_raw_html()
    assert html.count("20/20") == 4
    assert study.group_label("plan") not in html
    told = texts.invariance(ladders, strict).data
    assert "fewer than two groups" in told
    assert study.level_label("plan", "prepaid") in told


def test_factors_of_factors_give_way():
    assert first_order("a =~ x1 + x2\nb =~ x3 + start(0.5)*x4\nc =~ a + b\nc ~~ d") == (
        "a =~ x1\na =~ x2\nb =~ x3\nb =~ start(0.5)*x4"
    )


# ---------------------------------------------------------------------- simulation


@pytest.mark.long
def test_pvalues_are_uniform_where_groups_do_not_differ(record):
    rng = np.random.default_rng(20)
    loadings = np.array([[0.8, 0.7, 0.6, 0.5]]).T
    found = []
    steps = ("configural", "metric", "scalar")
    for _ in range(120):
        x = rng.normal(size=(120, 1)) @ loadings.T + rng.normal(size=(120, 4)) * np.sqrt(1 - loadings.T**2)
        data = pd.DataFrame(x, columns=list("abcd")).assign(g=np.tile([0, 0, 1], 40))
        try:
            ladder = bouwen.check_invariance("f =~ a + b + c + d", data, "g", steps=steps)
        except bouwen.BouwenError:
            continue
        permuted = bouwen.permutation_invariance(ladder, 99, seed=int(rng.integers(2**31)))
        table = permuted.table().set_index(["step", "measure"])["pvalue"]
        highest = permuted.differences().groupby("step")["pvalue_max"].min()
        found.append([table["metric", "cfi"], table["metric", "chisq"], table["scalar", "chisq"], *highest])
    assert len(found) >= 110
    cfi, *others = np.array(found).T
    names = [
        "metric, CFI",
        "metric, chi-square",
        "scalar, chi-square",
        "metric, smallest",
        "scalar, smallest",
    ]
    shares = {f"p <= {level}": (np.array(found) <= level).mean(axis=0) for level in (0.05, 0.1, 0.2, 0.4)}
    record("permutations-of-equal-groups", pd.DataFrame(shares, index=names))
    for level in (0.05, 0.1, 0.2, 0.4):  # CFI ends at 1: ties make large p-values larger, never small ones
        assert (cfi <= level).mean() < level + 3 * np.sqrt(level * (1 - level) / len(cfi))
    for pvalues in others:
        spread = pvalues - rng.uniform(0, 0.01, len(pvalues))  # steps of 1/100 to a continuum
        assert stats.kstest(spread, "uniform").pvalue > 0.01
