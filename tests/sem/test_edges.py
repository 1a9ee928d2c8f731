"""What is given in another way than is meant: taken with a word, or refused in one sentence."""

import numpy as np
import pandas as pd
import pytest
from references import read_data

from bouwen.checks import DataError, NotACount, NotRows, OptionError, RepeatedItem, UnknownOption
from bouwen.errors import BouwenError
from bouwen.groups import check_invariance
from bouwen.scales import alpha, ave, fit_efa, omega, parallel_analysis
from bouwen.sem import (
    ModelError,
    ModelSyntaxError,
    Moments,
    UnsupportedModel,
    bootstrap,
    fit_sam,
    fit_sem,
    parse_model,
)

MODEL = "f =~ x1 + x2 + x3 + x4"
PATHS = "v ~ u + x"


@pytest.fixture(scope="module")
def holzinger():
    return read_data("holzinger")


@pytest.fixture(scope="module")
def mediator():
    return read_data("ordinal_mediator")


@pytest.fixture(scope="module")
def thirds(holzinger):
    """Four items in three categories, as numbers."""
    return holzinger[["x1", "x2", "x3", "x4"]].apply(lambda x: pd.qcut(x, 3, labels=False) + 1)


@pytest.fixture(scope="module")
def categories(thirds):
    """The same as ordered categories."""
    return thirds.apply(lambda x: x.map({1: "low", 2: "middle", 3: "high"})).astype(
        pd.CategoricalDtype(["low", "middle", "high"], ordered=True)
    )


# ------------------------------------------------------------------ ordered


def test_an_ordered_covariate_is_a_number_with_a_warning(mediator):
    plain = fit_sem(PATHS, mediator, ordered=["v"])
    both = fit_sem(PATHS, mediator, ordered=["u", "v"])
    assert plain.parameters["est"].head(2).round(5).tolist() == [0.45094, 0.41968]
    pd.testing.assert_frame_equal(both.parameters, plain.parameters)
    assert [w for w in both.warnings if '"u"' in w]
    assert not plain.warnings
    alone = fit_sem(PATHS, mediator, ordered=["u"])
    assert alone.call.estimator.name == "ML"
    assert '"u"' in alone.warnings[0]


def test_a_ladder_of_a_mimic_model_takes_its_covariate_as_a_number(thirds, holzinger):
    data = thirds.assign(school=holzinger["school"], sex=holzinger["sex"])
    mimic = f"{MODEL}\nf ~ sex"
    items = ["x1", "x2", "x3", "x4"]
    one, other = (
        check_invariance(mimic, data, "school", ordered=names, steps=["configural", "thresholds"])
        for names in (items, [*items, "sex"])
    )
    pd.testing.assert_frame_equal(one.table(), other.table())
    assert any('"sex"' in w for w in other.fits["configural"].warnings)


def test_ordered_categories_are_ordered_everywhere(thirds, categories):
    told, found = fit_sem(MODEL, thirds, ordered=True), fit_sem(MODEL, categories)
    assert found.call.estimator.name == "WLSMV"
    pd.testing.assert_frame_equal(found.parameters, told.parameters)
    with pytest.raises(UnsupportedModel, match="ordered items need"):
        fit_sem(MODEL, categories, estimator="MLR")
    with pytest.raises(UnsupportedModel, match="semopy"):
        fit_sem(MODEL, categories, engine="semopy")
    with pytest.raises(UnsupportedModel, match="ordered categories"):
        fit_sam(f"{MODEL}\ng =~ x4", categories)


def test_a_ladder_of_ordered_categories_has_their_steps(categories, holzinger):
    ladder = check_invariance(MODEL, categories.assign(school=holzinger["school"]), "school")
    assert ladder.steps == ("configural", "thresholds", "metric", "scalar")


def test_a_residual_variance_of_an_ordered_item_is_no_parameter(thirds):
    with pytest.raises(ModelError, match="line 2") as error:
        fit_sem(f"{MODEL}\nx4 ~~ 2*x4", thirds, ordered=True)
    assert (error.value.item, error.value.line) == ("x4", 2)


def test_many_categories_are_warned_of(holzinger, thirds):
    (warning,) = fit_sem(MODEL, holzinger, ordered=["x2"]).warnings
    assert warning.startswith('"x2": up to 25 different answers')
    assert not fit_sem(MODEL, thirds, ordered=True).warnings


# ------------------------------------------------------------------ options and texts


@pytest.mark.parametrize("name", ["ml", "ML", "direct", "FIML"])
def test_likelihood_of_every_answer_has_the_names_of_lavaan(holzinger, name):
    assert fit_sem(MODEL, holzinger, missing=name).call.missing == "fiml"


@pytest.mark.parametrize("name", ["ml.x", "fiml.x", "direct.x"])
def test_what_keeps_missing_covariates_is_named(holzinger, name):
    with pytest.raises(UnsupportedModel, match="fixed_x=False"):
        fit_sem(MODEL, holzinger, missing=name)


def test_capitals_are_forgiven(holzinger):
    fit = fit_sem(MODEL, holzinger, estimator="mlr", missing="Listwise", engine="Bouwen")
    assert fit.call.estimator.name == "MLR"
    assert fit.residuals("RAW").equals(fit.residuals("raw"))
    assert fit.scores("Bartlett").equals(fit.scores("bartlett"))
    drawn = bootstrap(fit, 3, kind="Parametric", inadmissible="Drop", measures="CFI", n_jobs=1)
    assert drawn.kind == "parametric"
    assert drawn.intervals("BC", of="Measures")["measure"].tolist() == [
        "cfi",
        "chisq",
    ]
    items = holzinger[["x1", "x2", "x3", "x4"]]
    assert fit_efa(items, 1, method="ML", rotation="Varimax").method == "ml"
    assert alpha(items, missing="LISTWISE", interval="feldt").method == "Feldt"


@pytest.mark.parametrize("wrong", ["nonsense", None, 3])
@pytest.mark.parametrize("option", ["estimator", "missing", "engine"])
def test_unknown_values_are_refused_with_the_list(holzinger, option, wrong):
    with pytest.raises(UnknownOption) as error:
        fit_sem(MODEL, holzinger, **{option: wrong})
    assert error.value.option == option
    assert all(name in str(error.value) for name in error.value.known)


@pytest.mark.parametrize("option", [{"group_equal": ["loadings"]}, {"group_partial": ["x3 ~ 1"]}])
def test_what_is_equal_over_groups_needs_groups(holzinger, option):
    with pytest.raises(UnsupportedModel, match="group="):
        fit_sem(MODEL, holzinger, **option)


def test_a_label_that_is_a_column_is_no_product(holzinger):
    with pytest.raises(UnsupportedModel, match="product"):
        fit_sem("x4 ~ x1*x2", holzinger)
    used = fit_sem("x4 ~ x1*x2\ntwice := 2*x1", holzinger).parameters
    assert used["est"].iloc[-1] == pytest.approx(2 * used["est"].iloc[0])


def test_names_with_blanks_or_digits_stand_in_quotes(holzinger):
    renamed = holzinger.rename(columns={"x1": "item 1", "x2": "2nd"})
    text = 'f =~ \'item 1\' + "2nd" + x3 + x4\n"2nd" ~~ "item 1"'
    plain = fit_sem(f"{MODEL}\nx2 ~~ x1", holzinger)
    fit = fit_sem(text, renamed)
    assert fit.parameters["rhs"].head(2).tolist() == ["item 1", "2nd"]
    assert fit.measures["chisq"] == pytest.approx(plain.measures["chisq"], abs=1e-9)
    assert parse_model(str(parse_model(text))).formulas[1].rhs == "2nd"
    ladder = check_invariance(text, renamed, "school", group_partial=['"2nd" ~ 1'])
    rows = ladder.fits["scalar"].parameters
    assert rows.loc[(rows["lhs"] == "2nd") & (rows["op"] == "~1"), "est"].nunique() == 2


@pytest.mark.parametrize("text", ['f =~ "" + x1', 'f =~ " " + x1', '"f g'])
def test_quotes_around_nothing_are_refused(text):
    with pytest.raises(ModelSyntaxError):
        parse_model(text)


# ------------------------------------------------------------------ what is no model, no data, no fit


@pytest.mark.parametrize("text", ["", "  \n", "# nothing here", "a := 3", "a == 1"])
def test_a_text_without_formulas_is_no_model(holzinger, text):
    with pytest.raises(ModelError, match="no formulas"):
        fit_sem(text, holzinger)


@pytest.mark.parametrize("data", [None, np.eye(4), {"x1": [1, 2]}, {}, "x1", [[1, 2]]])
def test_something_else_than_answers_is_refused(data):
    for refused in (lambda: fit_sem(MODEL, data), lambda: check_invariance(MODEL, data, "school")):
        with pytest.raises(DataError, match="data frame"):
            refused()


def test_swapped_arguments_are_told(holzinger):
    with pytest.raises(UnsupportedModel, match="model comes first"):
        fit_sem(holzinger, MODEL)
    with pytest.raises(UnsupportedModel, match="found a list"):
        fit_sem(["f =~ x1"], holzinger)
    with pytest.raises(BouwenError):
        fit_efa(3, holzinger)


@pytest.mark.parametrize("option", ["group", "cluster"])
def test_groups_and_clusters_are_one_column(holzinger, option):
    with pytest.raises(OptionError, match=f"{option}= takes the name of one column"):
        fit_sem(MODEL, holzinger, **{option: ["school"]})
    twice = pd.concat([holzinger, holzinger["school"]], axis=1)
    with pytest.raises(RepeatedItem, match="school"):
        fit_sem(MODEL, twice, **{option: "school"})


@pytest.mark.parametrize("option", ["ordered", "group_equal", "group_partial"])
def test_names_are_texts(holzinger, option):
    with pytest.raises(OptionError, match=f"{option}= takes names"):
        fit_sem(MODEL, holzinger, group="school", **{option: [3]})


@pytest.mark.parametrize("number", [2.0, "2", None, 2.5])
def test_a_number_of_factors_is_a_whole_number(holzinger, number):
    with pytest.raises(NotACount, match="n_factors"):
        fit_efa(holzinger[[f"x{k}" for k in range(1, 10)]], number)


@pytest.mark.parametrize("figure", [omega, ave])
def test_reliability_of_a_model_takes_a_fit(holzinger, figure):
    with pytest.raises(UnsupportedModel, match="fit_sem returns"):
        figure(holzinger)


# ------------------------------------------------------------------ published matrices


def test_a_matrix_is_no_answers(holzinger):
    cov = holzinger[["x1", "x2", "x3", "x4"]].cov()
    for refused in (
        lambda: fit_sem(MODEL, cov),
        lambda: alpha(cov),
        lambda: fit_efa(cov, 1),
        lambda: parallel_analysis(cov, seed=1),
    ):
        with pytest.raises(NotRows, match="Moments"):
            refused()
    with pytest.raises(NotRows, match="correlation matrix"):
        alpha(cov / np.sqrt(np.outer(np.diag(cov), np.diag(cov))))


def test_a_factor_analysis_of_a_published_matrix_is_that_of_the_answers(holzinger):
    items = holzinger[[f"x{k}" for k in range(1, 10)]]
    answers = fit_efa(items, 2)
    for matrix in (items.corr(), items.cov()):
        published = fit_efa(matrix, 2, n=301)
        np.testing.assert_allclose(published.loadings, answers.loadings, atol=1e-5)
        assert published.fit["chisq"] == pytest.approx(answers.fit["chisq"], abs=1e-6)
    with pytest.raises(DataError, match="n= goes with a matrix"):
        fit_efa(items, 2, n=301)


def test_two_published_groups_without_means_fit_as_one_does():
    """Jöreskog & Sörbom (1989), LISREL 7: academic and non-academic pupils, equal factor structures."""
    names = ["read5", "write5", "read7", "write7"]
    academic = [
        [281.349],
        [184.219, 182.821],
        [216.739, 171.699, 283.289],
        [198.376, 153.201, 208.837, 246.069],
    ]
    other = [[174.485], [134.468, 161.869], [129.840, 118.836, 228.449], [102.194, 97.767, 136.058, 180.460]]
    groups = {
        "academic": Moments(academic, n=373, names=names),
        "other": Moments(other, n=249, names=names),
    }
    fit = fit_sem("at5 =~ read5 + write5\nat7 =~ read7 + write7", groups, group_equal=["loadings"])
    assert (round(fit.measures["chisq"], 3), fit.df) == (8.806, 4)
    with pytest.raises(DataError, match="no mean="):
        fit_sem("at5 =~ read5 + write5 + read7", groups, group_equal=["loadings", "intercepts"])
