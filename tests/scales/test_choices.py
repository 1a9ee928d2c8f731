import pandas as pd
import pytest

from bouwen.checks import NotAShare, UnknownOption
from bouwen.errors import BouwenError
from bouwen.scales import alpha, fit_efa, htmt, kmo, parallel_analysis, polychoric


def two_scales(x, **options):
    return htmt({"a": x[["x1", "x2"]], "b": x[["x4", "x5"]]}, **options)


WRONG = {
    "missing": [alpha, kmo, polychoric, two_scales],
    "interval": [alpha],
    "method": [lambda x, **w: fit_efa(x, 2, **w), lambda x, **w: fit_efa(x, 2).scores(x, **w)],
    "rotation": [lambda x, **w: fit_efa(x, 2, **w)],
    "correlation": [lambda x, **w: fit_efa(x, 2, **w)],
    "reference": [lambda x, **w: parallel_analysis(x, seed=1, **w)],
    "kind": [two_scales],
}


@pytest.mark.parametrize(("option", "use"), [(option, use) for option, uses in WRONG.items() for use in uses])
def test_a_misspelt_choice_is_refused(holzinger, option, use):
    with pytest.raises(UnknownOption) as error:
        use(holzinger, **{option: "other"})
    assert error.value.option == option
    assert isinstance(error.value, BouwenError)


def test_the_nearest_choice_is_offered(holzinger):
    with pytest.raises(UnknownOption, match='Did you mean "listwise"'):
        alpha(holzinger, missing="list-wise")


@pytest.mark.parametrize("confidence", [95, 0, 1, -0.5])
def test_confidence_is_a_share(holzinger, confidence):
    with pytest.raises(NotAShare):
        alpha(holzinger, confidence=confidence)
    with pytest.raises(NotAShare):
        two_scales(holzinger, draws=3, confidence=confidence)


def test_columns_may_be_numbered(holzinger):
    numbered = pd.DataFrame(holzinger.to_numpy())
    efa = fit_efa(numbered, 3)
    assert list(efa.loadings.index) == [str(i) for i in range(9)]
    assert efa.scores(numbered).shape == (301, 3)
