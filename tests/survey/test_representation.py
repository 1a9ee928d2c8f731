"""Whom the answers are about beside the register, weights to match, and who was invited."""

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen.report import tables, texts
from bouwen.survey import FileError, NotRaked, TableError, compare_with_register, rake, rake_to_register
from bouwen.survey.representation import TOGETHER, register_strata

# R's survey 4.1-1 rakes the table: rake(svydesign(~1, weights = ~1, data = d), list(~a, ~b), list(A, B),
# control = list(maxit = 200, epsilon = 1e-10)); weights over their mean, by cell, row after row.
BY_SURVEY = [
    0.986858953827, 2.505590150078, 0.838770531197, 1.213763997552, 3.081691770634, 1.031626119443,
    0.355593250448, 0.902835144071, 0.302232794678,
]  # fmt: skip
TABLE = np.array([[5, 3, 9], [8, 2, 4], [1, 7, 11]])
A, B = [20, 20, 10], [15, 20, 15]


def spread(table):
    """One row per respondent of a cross table."""
    a, b = np.indices(table.shape)
    return pd.DataFrame({name: np.repeat(x.ravel(), table.ravel()) for name, x in (("a", a), ("b", b))})


def margins(**counts):
    return {name: pd.Series(n) / sum(n) for name, n in counts.items()}


def test_raking_is_that_of_the_r_package_survey():
    raked = rake(spread(TABLE), margins(a=A, b=B))
    by_cell = raked.weights.groupby([spread(TABLE)["a"], spread(TABLE)["b"]]).first()
    np.testing.assert_allclose(by_cell, BY_SURVEY, rtol=1e-6)


def test_raking_two_by_two_by_hand():
    """Of a table with odds ratio 1, raked cells are products of the margins."""
    raked = rake(spread(np.full((2, 2), 10)), margins(a=[3, 1], b=[1, 1]))
    np.testing.assert_allclose(sorted(raked.weights.unique()), [0.5, 1.5])
    assert raked.design_effect == pytest.approx(1.25)
    assert raked.rounds == 1


def test_raking_keeps_odds_ratios_and_meets_both_margins():
    rows = spread(TABLE)
    raked = rake(rows, margins(a=A, b=B))
    cells = raked.weights.groupby([rows["a"], rows["b"]]).sum().unstack().to_numpy()
    np.testing.assert_allclose(cells.sum(axis=1) / 50, np.array(A) / 50)
    np.testing.assert_allclose(cells.sum(axis=0) / 50, np.array(B) / 50)

    def odds(t):
        return t[0, 0] * t[1, 1] / (t[0, 1] * t[1, 0])

    assert odds(cells) == pytest.approx(odds(TABLE))
    assert raked.weights.mean() == pytest.approx(1)


def test_shares_that_nobody_can_have_are_refused():
    with pytest.raises(NotRaked, match='levels of "a"'):
        rake(spread(TABLE), margins(a=[*A, 3], b=B))
    with pytest.raises(NotRaked, match="did not settle"):
        rake(spread(np.diag([9, 9])), margins(a=[3, 1], b=[1, 1]))


@pytest.mark.parametrize("name", ["providers", "municipalities"])
def test_raked_respondents_are_distributed_as_the_register(name):
    study = bouwen.read_study(f"data/{name}/study.yml")
    raked, (rows, entries) = rake_to_register(study), register_strata(study)
    for column in rows:
        told = rows[column].notna()
        share = raked.weights[told].groupby(rows[column][told]).sum() / raked.weights[told].sum()
        expected = entries[column].value_counts(normalize=True)
        np.testing.assert_allclose(share, expected[share.index], atol=1e-7)
    assert raked.design_effect > 1


@pytest.mark.parametrize("name", ["providers", "municipalities"])
@pytest.mark.parametrize("least", [3, 5, 10, 20])
def test_no_small_level_is_told_apart(name, least):
    study = bouwen.read_study(f"data/{name}/study.yml")
    settings = study.settings.model_copy(update={"min_cell": least})
    study = bouwen.read_study(f"data/{name}/study.yml")
    object.__setattr__(study, "file", study.file.model_copy(update={"settings": settings}))
    found = compare_with_register(study)
    apart = found[found["level"] != TOGETHER]
    assert (apart["n"] >= least).all()
    for _, rows in found.groupby("variable"):
        assert rows["share"].sum() == pytest.approx(1)
        assert rows["register"].sum() == pytest.approx(1)


def test_a_study_without_a_register_is_compared_with_nothing(trial):
    study = trial.read()
    assert compare_with_register(study) is None
    assert rake_to_register(study) is None
    for show in (tables.register, tables.response, texts.register, texts.response):
        assert show(study) is None


def adding(trial, lines, weights=("1", "2,5", "0")):
    rows = (trial.folder / "answers.csv").read_text("utf-8").splitlines()
    trial.write(
        "answers.csv", "\n".join(f'{row},"{w}"' for row, w in zip(rows, ["w", *weights], strict=True))
    )
    trial.write("study.yml", (trial.folder / "study.yml").read_text("utf-8") + lines)
    return trial


def test_weights_are_read_beside_the_answers_and_follow_respondents(trial):
    study = adding(trial, "weights: w\n").read()
    assert study.weights.tolist() == [1, 2.5, 0]
    assert "w" not in study.responses
    assert study.subset("plan", "contract").weights.tolist() == [2.5]
    assert "two" not in repr(study)
    assert "as if 2 had answered" in texts.response(study.in_language("en")).data


@pytest.mark.parametrize("bad", ["", "-1", "much"])
def test_a_weight_that_is_none_is_refused_with_its_row(trial, bad):
    with pytest.raises(TableError, match=r'column "w", row 3: a sampling weight is a number') as refused:
        adding(trial, "weights: w\n", ("1", bad, "0")).read()
    assert bad == "" or f'"{bad}"' not in str(refused.value)


def test_weights_that_are_all_zero_and_columns_that_are_not_there_are_refused(trial):
    with pytest.raises(TableError, match="all zero"):
        adding(trial, "weights: w\n", ("0", "0", "0")).read()
    trial.change("study.yml", "weights: w", "weights: ww")
    with pytest.raises(TableError, match='"ww"'):
        trial.read()


@pytest.mark.parametrize("name", ["t1", "plan"])
def test_an_item_is_no_weight(trial, name):
    with pytest.raises(FileError, match='"weights" names'):
        adding(trial, f"weights: {name}\n").read()


def test_the_response_rate_is_told(trial):
    trial.write("study.yml", (trial.folder / "study.yml").read_text("utf-8") + "invited: 12\n")
    study = trial.read().in_language("en")
    assert texts.response(study).data == "Of 12 who were invited, 3 answered (25%)."
    assert tables.response(study) is None


def test_the_response_by_level_hides_small_counts(trial):
    trial.write(
        "study.yml",
        (trial.folder / "study.yml").read_text("utf-8") + "invited: {plan: {prepaid: 10, contract: 20}}\n",
    )
    study = trial.read().in_language("en")
    assert texts.response(study).data == "Of 30 who were invited, 3 answered (10%)."
    shown = tables.response(study).as_raw_html()
    assert shown.count(">–<") == 4  # counts and rates of both levels
    assert "20%" not in shown


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("invited: 2", "more answered than were invited"),
        ("invited: 0", "invited"),
        ("invited: {plan: {prepaid: 1, contract: 9}}", "more answered than were invited"),
        ("invited: {plan: {prepaid: 9}}", 'there is no number for "contract"'),
        ("invited: {plan: {prepaid: 9, contract: 9, contrct: 9}}", 'Did you mean "contract"?'),
        ("invited: {plam: {prepaid: 9}}", 'Did you mean "plan"?'),
        ("invited: {}", "found 0 variables"),
        ("invited: many", "invited"),
    ],
)
def test_numbers_that_cannot_be_are_refused(trial, lines, found):
    trial.write("study.yml", (trial.folder / "study.yml").read_text("utf-8") + f"{lines}\n")
    with pytest.raises(FileError) as refused:
        trial.read()
    assert found in str(refused.value)


def test_models_by_maximum_likelihood_count_answers_by_their_weight(reputation):
    weights = pd.Series(np.linspace(0.2, 2, len(reputation.responses)), reputation.responses.index)
    object.__setattr__(reputation, "all_weights", weights)
    fit = bouwen.fit_model(reputation, "measurement")
    data = bouwen.key_items(reputation).assign(w=weights)
    same = bouwen.fit_sem(
        reputation.model("measurement"), data, estimator="MLR", missing="fiml", sampling_weights="w"
    )
    np.testing.assert_allclose(fit.parameters["se"], same.parameters["se"])
    assert not bouwen.fit_model(reputation, "measurement", estimator="WLSMV").sample.weights


@pytest.fixture
def reputation():
    return bouwen.read_study("data/reputation/study.yml")
