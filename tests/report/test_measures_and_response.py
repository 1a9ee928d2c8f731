"""What the chapters on the sample, the scales, the dimensions and the measurement model show."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bouwen
from bouwen.report import plots, tables, texts
from bouwen.report.plots.bars import answer_bars
from bouwen.report.plots.dimensions import eigenvalues
from bouwen.report.plots.response import pattern_tiles, respondent_shares
from bouwen.report.plots.validity import residual_tiles
from bouwen.report.tables.measures import end_shares
from bouwen.scales import ave, compare_treatments, factor_correlations, htmt, loading_stability


@pytest.fixture(scope="module")
def fits(providers, reputation):
    return {study.id: bouwen.fit_model(study, "measurement") for study in (providers, reputation)}


def with_responses(study, change):
    """The same study with answers changed in place."""
    responses = study.responses.copy()
    change(responses)
    return replace(study, responses=responses)


# ------------------------------------------------------------------ the sample


def test_shares_of_respondents_are_of_those_who_said(study):
    found = respondent_shares(study)
    for variable, rows in found.groupby("variable"):
        counts = study.responses[variable].value_counts()
        assert_allclose(rows["share"], [counts[level] / counts.sum() for level in rows["level"]])
        assert (rows["n"] == 0).sum() == 0 or (counts == 0).any()
    small = found["n"].between(1, study.settings.min_cell - 1)
    assert not small.any()


def test_pattern_tiles_show_no_item_that_few_left_open_as_a_share(study):
    tiles = pattern_tiles(study)
    assert set(tiles["item"]) == set(study.items)
    counts = study.responses[list(study.items)].isna().sum()
    pooled = tiles[tiles["patterns"] > 1].set_index("item")
    open_for_some = counts[pooled.index[pooled["kind"] == "open_some"]]
    assert (open_for_some >= study.settings.min_cell).all()
    assert not (pooled["kind"] == "open_none").any()
    assert tiles.drop_duplicates("row")["n"].sum() == len(study.responses)


def test_screening_tells_no_small_number(providers):
    def repeat(responses):
        responses.iloc[1] = responses.iloc[0]

    found = bouwen.screen(with_responses(providers, repeat))
    shown = tables.screening(found).as_raw_html()
    assert "fewer than 10" in shown
    assert ">1<" not in shown


def test_the_spread_of_treatments_is_largest_less_smallest(reputation):
    treated = compare_treatments(reputation, seed=1, imputations=2)
    spread = tables.treatment_spread(treated)
    means = treated["mean"].unstack()
    assert_allclose(spread[means.index], means.max(axis=1) - means.min(axis=1))
    assert "5.10" in tables.treatments(treated, reputation).as_raw_html()
    told = f"{spread.max():.3f} points on the answer scale (*{reputation.label(spread.idxmax())}*)"
    assert told in texts.treatments(treated, reputation).data.replace("\n", " ")
    assert texts.treatments(treated.assign(mean=np.nan), reputation) is None
    assert plots.treatments(treated.assign(mean=np.nan), reputation) is None


def test_littles_test_is_told_or_why_it_is_not(reputation):
    assert "χ²(42) = 35.5, p = 0.751" in texts.missing_test(reputation).data
    items = list(reputation.items)

    def fill(responses):
        responses[items] = responses[items].fillna(4)

    assert "no gaps to test" in texts.missing_test(with_responses(reputation, fill)).data


def test_gaps_that_depend_on_answers_are_called_so(reputation):
    first, second = reputation.items[:2]

    def skip(responses):
        responses.loc[responses[first] > 5, second] = np.nan

    assert (
        "depends on the answers that were given; or these are not normally distributed"
        in texts.missing_test(with_responses(reputation, skip)).data
    )


# ------------------------------------------------------------------ scales


def test_bars_go_from_the_highest_mean_down(study):
    bars = answer_bars(study, study.constructs)
    for construct in study.constructs:
        order = bars.loc[bars["construct"] == construct, "item"].drop_duplicates()
        means = study.responses[list(order)].mean()
        assert means.is_monotonic_decreasing
        assert set(order) == set(study.items_of(construct))


def test_an_item_that_runs_against_its_scale_is_named_with_its_evidence(reputation):
    turned = reputation.items[0]

    def turn(responses):
        responses[turned] = 8 - responses[turned]

    wrong = with_responses(reputation, turn)
    found = bouwen.check_key(wrong)
    assert list(found.index) == [turned]
    assert "key may be wrong" in texts.key(found, wrong).data
    assert turned in tables.key(found, wrong).as_raw_html()
    assert "key of the instrument holds" in texts.key(bouwen.check_key(reputation), reputation).data


def test_shares_of_the_lowest_and_highest_answers_are_bounded_where_few_gave_them(reputation):
    found = bouwen.item_statistics(reputation)
    shown = end_shares(reputation, found, "floor")
    counts = (reputation.responses[list(found.index)] == 1).sum()
    n, least = found["n"], reputation.settings.min_cell  # ten of 335 or more
    for text, count, total in zip(shown, counts, n, strict=True):
        if count < least:
            assert text == "<3%"
        else:
            assert text == f"{np.floor(100 * count / total + 0.5):.0f}%"


# ------------------------------------------------------------------ dimensions


def test_items_are_sorted_by_factor_and_loading(reputation):
    items = bouwen.key_items(reputation).drop(columns="cusa")
    efa = bouwen.fit_efa(items, 3)
    order = tables.sorted_items(efa)
    assert sorted(order) == sorted(items.columns)
    sizes = efa.loadings.abs().loc[order]
    best = sizes.to_numpy().argmax(axis=1)
    assert (np.diff(best) >= 0).all()
    for factor in set(best):
        assert (np.diff(sizes.to_numpy()[best == factor, factor]) <= 0).all()


@pytest.mark.book
def test_figures_of_dimensions_and_validity_draw(reputation, fits):
    fit = fits["reputation"]
    items = bouwen.key_items(reputation).drop(columns="cusa")
    counts = bouwen.count_factors(items, seed=1, draws=40)
    stability = loading_stability(items, 3, seed=1, draws=10)
    ratios = htmt(tables.scales_of(fit, reputation), draws=50)
    figures = [
        plots.respondents(reputation), plots.missing_patterns(reputation), plots.scree(counts, reputation),
        plots.exploratory(stability.efa, reputation), plots.ratios(ratios, reputation),
        plots.residuals(fit, reputation),
    ]  # fmt: skip
    for figure in figures:
        assert figure.draw().axes
    shown = tables.exploratory_factors(stability, reputation).as_raw_html()
    assert "F3" in shown
    assert "Parallel analysis, factors" in tables.factor_counts(counts, reputation).as_raw_html()


def test_a_scree_plot_holds_every_eigenvalue_once(reputation):
    counts = bouwen.count_factors(bouwen.key_items(reputation), seed=1, draws=40)
    found = eigenvalues(counts)
    assert found.groupby(["panel", "series"]).size().to_dict() == dict.fromkeys(
        [("components", "answers"), ("components", "kaiser"), ("components", "random"),
         ("factors", "answers"), ("factors", "random")], 10,
    )  # fmt: skip
    observed = found[(found["panel"] == "components") & (found["series"] == "answers")]["value"]
    assert_allclose(observed.sum(), 10)


@pytest.mark.parametrize(
    ("pvalue", "highest", "said"),
    [
        (0.001, 0.5, "worse than several (Δχ²(3) = 9.0, p = 0.001), so the facets are not one and the same. "
         "Their largest correlation is 0.50: there is room"),
        (0.001, 0.8, "say something of their own"),
        (0.001, 0.9, "a total score says most"),
        (0.4, 0.9, "these answers do not tell the facets apart"),
        (np.nan, 0.9, "has no result: for a reason"),
    ],
)  # fmt: skip
def test_whether_facets_are_told_apart_follows_test_and_correlation(reputation, pvalue, highest, said):
    class Found:
        def tests(self):
            row = {"free": "facets", "restricted": "one_factor", "chisq_diff": 9.0, "df_diff": 3.0}
            return pd.DataFrame([row | {"pvalue": pvalue, "note": "for a reason"}])

        def scales(self):
            return pd.DataFrame({"r_highest": [0.1, highest]})

    assert said in texts.apart(Found(), reputation).data


# ------------------------------------------------------------------ measurement


def test_pairs_hold_the_correlations_of_the_model_and_the_ratios_of_the_answers(providers, fits):
    fit = fits["providers"]
    ratios = htmt(tables.scales_of(fit, providers), draws=20)
    pairs = tables.distinct_pairs(fit, ratios)
    phi = factor_correlations(fit)[""]
    assert len(pairs) == 14 * 13 / 2
    assert_allclose(pairs["r"], [phi.loc[a, b] for a, b in zip(pairs["first"], pairs["second"], strict=True)])
    assert (pairs["ci_lower"] < pairs["r"]).all()
    assert pairs["htmt"].is_monotonic_decreasing
    shown = tables.distinct(fit, ratios, providers).as_raw_html()
    close = pairs[["htmt", "htmt_ci_upper"]].max(axis=1) > 0.85
    assert shown.count("</tr>") - 3 == (close | (pairs.index < 10)).sum() < 91
    assert "Of 91 pairs in all" in shown
    some = htmt({name: tables.scales_of(fit, providers)[name] for name in ("contact", "autonomy")})
    assert "pairs in all" not in tables.distinct(fit, some, providers).as_raw_html()


def test_fornell_and_larckers_rule_compares_root_ave_with_correlations(providers, fits):
    fit = fits["providers"]
    phi = factor_correlations(fit)[""].to_numpy()
    largest = np.abs(phi - np.eye(len(phi))).max(axis=1)
    holds = tables.fornell_figures(fit)["holds"]
    assert list(holds) == list(np.sqrt(ave(fit, standardised=True)) > largest)
    shown = re.sub(r"<[^>]+>", " ", tables.fornell(fit, providers).as_raw_html().split("</style>")[-1])
    assert len(re.findall(r"\b(yes|no)\b", shown)) == 14


def test_the_largest_residuals_are_those_of_the_matrix(fits):
    fit = fits["reputation"]
    found = tables.largest_residuals(fit, 4)
    residuals = fit.residuals()
    matrix = np.abs(residuals.to_numpy())
    assert_allclose(found["residual"].abs(), np.sort(matrix[np.tril_indices(9, -1)])[::-1][:4])
    assert_allclose(
        found["residual"],
        [residuals.loc[a, b] for a, b in zip(found["first"], found["second"], strict=True)],
    )
    tiles = residual_tiles(fit)
    assert len(tiles) == 36
    assert_allclose(tiles["residual"].abs().max(), found["residual"].abs().max())


def test_a_study_outside_the_working_directory_shows_no_place(reputation, tmp_path, monkeypatch):
    assert texts.shown_path(reputation) == "data/reputation/study.yml"
    whole = replace(reputation, path=reputation.path.resolve())
    monkeypatch.chdir(tmp_path)
    assert texts.shown_path(whole) == "study.yml"
    assert "bouwen build study.yml" in texts.how_to_rerun(whole).data
