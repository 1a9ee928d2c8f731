"""Power by simulation: against closed forms, against fits of rows, and for finite populations."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtr, ndtri

import bouwen
from bouwen.checks import NotACount, NotAShare
from bouwen.sem import (
    Gaps,
    ModelPopulation,
    Moments,
    PopulationError,
    Power,
    UnknownOption,
    UnsupportedModel,
    fit_sem,
    model_power,
    needed,
    rmsea_power,
)
from bouwen.sem.power.replications import (
    Analysis,
    draw_moments,
    joined_moments,
    parameters_of,
    values_of,
)
from bouwen.sem.power.simulated import POWER_COLUMNS

TEXT = """
    f =~ 0.8*x1 + 0.7*x2 + 0.7*x3
    g =~ 0.8*y1 + 0.7*y2 + 0.7*y3
    g ~ 0.4*f
"""
MODEL = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f"


def row(result: Power, target: str, n: int) -> pd.Series:
    table = result.table()
    return table[(table["target"] == target) & (table["n"] == n)].iloc[0]


def within(share: pd.Series, expected: float, errors: float = 3.5) -> bool:
    reps = share["converged"]
    return abs(share["power"] - expected) < errors * np.sqrt(expected * (1 - expected) / reps) + 1e-9


def test_drawn_moments_have_the_moments_of_wishart():
    source = ModelPopulation.read(TEXT)
    n, D = 40, 4000
    mean, cov = draw_moments(source, [n], D, np.random.default_rng(1))
    S, sigma = cov[:, 0] * n / (n - 1), source.cov[0]
    spread = np.sqrt((sigma**2 + np.outer(np.diag(sigma), np.diag(sigma))) / (n - 1))
    assert np.abs((S.mean(axis=0) - sigma) / (spread / np.sqrt(D))).max() < 4
    assert_allclose(S.std(axis=0), spread, rtol=0.06)
    assert_allclose(mean[:, 0].std(axis=0), 1 / np.sqrt(n), rtol=0.05)


def test_few_degrees_of_freedom_still_make_a_scatter():
    _, cov = draw_moments(ModelPopulation.read(TEXT), [4], 50, np.random.default_rng(1))
    assert (np.linalg.matrix_rank(cov[:, 0], tol=1e-8) == 3).all()


def test_moments_of_two_samples_join():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(7, 3)), rng.normal(1, 2, size=(12, 3))

    def moments(rows):
        return rows.mean(axis=0)[None, None], np.cov(rows.T, ddof=0)[None, None]

    mean, cov = joined_moments([7], moments(x), [12], moments(y))
    both = moments(np.vstack([x, y]))
    assert_allclose(mean, both[0], atol=1e-14)
    assert_allclose(cov, both[1], atol=1e-14)


def test_a_regression_has_the_power_of_its_z_test():
    beta, n = 0.2, 150
    result = model_power(f"y ~ {beta}*x", "y ~ x", n, 1000, seed=1)
    expected = ndtr(beta * np.sqrt(n / (1 - beta**2)) - ndtri(0.975))
    # the slope's variance given x is 1/n times larger on average: n for n - 2 and the spread of x
    assert row(result, "y ~ x", n)["power"] == pytest.approx(expected, abs=0.045)
    assert row(result, "y ~ x", n)["true"] == pytest.approx(beta)
    assert row(result, "y ~ x", n)["coverage"] == pytest.approx(0.95, abs=0.025)


def test_tests_of_fit_have_the_power_of_the_closed_form():
    model = "f =~ x1 + x2 + x3 + y1 + y2 + y3"
    text = TEXT.replace("0.4*f", "0.85*f")
    source, n = ModelPopulation.read(text), 250
    fit = fit_sem(model, Moments(source.cov[0], n=n, names=source.names, divisor="n"))
    rmsea = np.sqrt(fit.measures["chisq"] / (n * fit.df))
    result = model_power(text, model, n, 1000, targets=["exact fit", "close fit", "not-close fit"], seed=5)
    assert within(row(result, "exact fit", n), rmsea_power(fit.df, n, rmsea0=0, rmsea=rmsea), 4.5)
    assert within(row(result, "close fit", n), rmsea_power(fit.df, n, rmsea=rmsea), 4.5)
    assert row(result, "not-close fit", n)["power"] < 0.05


def test_a_true_model_is_rejected_at_alpha():
    result = model_power(TEXT, MODEL, 500, 500, targets=["exact fit"], alpha=0.1, seed=2)
    assert within(row(result, "exact fit", 500), 0.1)


def test_batches_agree_with_fits_of_rows():
    """A share of 0 missing answers asks for the route by rows, and FIML of complete data is ML."""
    n = 120
    quick = row(model_power(TEXT, MODEL, n, 500, seed=3), "g ~ f", n)
    slow = row(model_power(TEXT, MODEL, n, 60, gaps=Gaps(0.0), seed=4), "g ~ f", n)
    error = quick["sd"] * np.sqrt(1 / 500 + 1 / 60)
    assert abs(quick["mean"] - slow["mean"]) < 3.5 * error
    assert quick["se_mean"] == pytest.approx(slow["se_mean"], rel=0.08)
    assert within(slow, quick["power"])


def test_a_finite_population_makes_errors_smaller():
    n, N = 150, 300
    endless = row(model_power(TEXT, MODEL, n, 500, seed=6), "g ~ f", n)
    finite = row(model_power(TEXT, MODEL, n, 500, population_size=N, seed=6), "g ~ f", n)
    assert finite["se_mean"] == pytest.approx(endless["se_mean"] * np.sqrt(1 - n / N), rel=1e-6)
    assert finite["sd"] == pytest.approx(finite["se_mean"], rel=0.12)  # of estimate minus census
    assert finite["coverage"] == pytest.approx(0.95, abs=0.035)
    assert finite["power"] > endless["power"]


def test_who_asks_everybody_makes_no_error():
    result = row(model_power(TEXT, MODEL, 80, 20, population_size=80, seed=1), "g ~ f", 80)
    assert result["se_mean"] == result["sd"] == pytest.approx(0, abs=1e-7)
    assert result["power"] == result["coverage"] == 1


def test_a_finite_population_of_rows():
    result = row(
        model_power(TEXT, MODEL, 100, 30, gaps=Gaps(0.05), population_size=150, seed=1, targets=["g ~ f"]),
        "g ~ f",
        100,
    )
    assert result["sd"] == pytest.approx(result["se_mean"], rel=0.45)
    assert result["coverage"] >= 0.8


def test_steps_of_invariance():
    equal = "f =~ 0.8*x1 + 0.7*x2 + 0.7*x3 + 0.6*x4"
    apart = "f =~ c(0.8, 0.8)*x1 + c(0.7, 0.2)*x2 + 0.7*x3 + 0.6*x4"
    names = ("equal loadings", "equal intercepts")
    population = ModelPopulation.read(apart, groups=("a", "b"))
    model = "f =~ x1 + x2 + x3 + x4"
    differ = model_power(population, model, 400, 100, invariance=("loadings", "intercepts"), seed=1)
    assert list(differ.table()["target"]) == ["exact fit", *names]
    assert row(differ, names[0], 400)["power"] > 0.9
    same = model_power(
        ModelPopulation.read(equal + "\nf ~ c(0, 0)*1", groups=("a", "b")),
        model,
        400,
        250,
        invariance=("loadings", "intercepts"),
        seed=1,
    )
    assert within(row(same, names[0], 400), 0.05)
    assert within(row(same, names[1], 400), 0.05)


def test_an_indirect_effect_has_an_interval_that_covers():
    text = "m ~ 0.3*x\ny ~ 0.3*m + 0.1*x"
    result = model_power(text, "m ~ a*x\ny ~ b*m + x\nab := a*b", 100, 500, seed=9)
    found = row(result, "ab", 100)
    assert found["true"] == pytest.approx(0.09)
    assert found["coverage"] == pytest.approx(0.945, abs=0.03)
    both = row(result, "m ~ x", 100)["power"] * row(result, "y ~ m", 100)["power"]
    assert found["power"] == pytest.approx(both, abs=0.08)  # about that of both paths at once


INDIRECT = "m ~ a*x\ny ~ b*m + x\nab := a*b"


@pytest.mark.parametrize("ordered", [False, True])
def test_samples_with_a_table_of_their_own_show_the_same_parameters(ordered):
    text = "m ~ c(0.5, 0.3)*x\ny ~ 0.4*m + 0.1*x"
    population = ModelPopulation.read(text)
    options = {"missing": "fiml"}
    if ordered:
        population = population.cut({"m": [0.3, 0.4, 0.3], "y": [0.5, 0.5]})
        options = {"ordered": ("m", "y")}
    model = INDIRECT.replace("a*x", "c(a, d)*x", 1)
    analysis = Analysis(model, "ML", ((),), None, population)
    known = parameters_of(analysis.fit_moments([500, 500], unit=True).partable)
    fit = fit_sem(model, bouwen.simulate_data(population, 400, seed=2), group="group", **options)
    names = ["m ~ x [1]", "m ~ x [2]", "y ~ x [2]", "ab"]
    values, _ = values_of(fit.partable, fit.theta[None], [known[name] for name in names])
    table = fit.parameters.set_index(["lhs", "op", "rhs", "group"])["est"]
    own = [("m", "~", "x", "1"), ("m", "~", "x", "2"), ("y", "~", "x", "2"), ("ab", ":=", "a*b", "")]
    assert_allclose(values[0], [table[key] for key in own])


def test_an_indirect_effect_through_gaps():
    text = "m ~ 0.5*x\ny ~ 0.5*m + 0.1*x"
    found = row(model_power(text, INDIRECT, 300, 20, gaps=Gaps(0.1)), "ab", 300)
    assert found["mean"] == pytest.approx(0.25, abs=0.05)
    assert found["power"] == 1


def test_ordered_items():
    population = ModelPopulation.read(TEXT).cut({name: [0.2, 0.3, 0.5] for name in ("x1", "x2", "x3")})
    found = row(
        model_power(population, MODEL, 200, 6, estimator="WLSMV", targets=["g~f"], seed=1), "g ~ f", 200
    )
    assert found["converged"] == 6
    assert found["mean"] == pytest.approx(found["true"], abs=0.15)


def test_seeds_workers_and_sizes():
    one = model_power(TEXT, MODEL, [60, 90], 300, seed=1)
    assert one.table().equals(model_power(TEXT, MODEL, [60, 90], 300, seed=1, n_jobs=2).table())
    alone = model_power(TEXT, MODEL, 90, 300, seed=1).table()
    pd.testing.assert_frame_equal(one.table().query("n == 90").reset_index(drop=True), alone)
    assert not alone["power"].equals(model_power(TEXT, MODEL, 90, 300, seed=2).table()["power"])
    assert list(alone.columns) == POWER_COLUMNS


def test_small_samples_are_accounted_for():
    weak = "f =~ 0.3*x1 + 0.3*x2 + 0.3*x3 + 0.4*x4"
    account = model_power(weak, "f =~ x1 + x2 + x3 + x4", 30, 100, seed=1).table().iloc[0]
    assert account["replications"] == 100
    assert 0 < account["improper"] <= account["converged"] <= 100


def straight(n, N=None, delta=0.25, reps=100_000, parameter=True):
    """Results that lie exactly on the line of a z-test."""
    n = np.array(n, dtype=float)
    m = n if N is None else n / (1 - n / N)
    share = ndtr(delta * np.sqrt(m) - ndtri(0.975))
    frame = pd.DataFrame({"n": n, "target": "path", "power": share, "converged": reps})
    return Power(frame.assign(true=1.0 if parameter else np.nan), 0.05, N)


@pytest.mark.parametrize("N", [None, 400])
@pytest.mark.parametrize("sizes", [[50, 100, 150], [80]])
def test_what_is_needed_lies_on_the_line(N, sizes):
    found = needed(straight(sizes, N), 0.8).loc["path"]
    m = ((ndtri(0.8) + ndtri(0.975)) / 0.25) ** 2
    assert found["n"] == pytest.approx(np.ceil(m if N is None else m / (1 + m / N)), abs=1)
    assert found["beyond"] == (len(sizes) == 1)
    assert 0 < found["mc_error"] < 1


def test_where_every_size_has_more_power_than_asked_the_smallest_is_needed_at_most():
    """With a line that does not rise, nothing is known beyond the sizes tried."""
    frame = pd.DataFrame({"n": [50.0, 100.0, 150.0], "target": "path", "power": 0.97, "converged": 1000})
    found = needed(Power(frame.assign(true=1.0), 0.05, None), 0.8).loc["path"]
    assert (found["n"], found["beyond"]) == (50, True)
    assert np.isnan(found["mc_error"])


def test_needed_says_so_where_it_cannot_tell():
    assert np.isnan(needed(straight([100], parameter=False)).loc["path", "n"])
    assert np.isnan(needed(straight([50, 100], delta=-0.1)).loc["path", "n"])


def test_needed_has_the_power_it_promises():
    n = int(needed(model_power(TEXT, MODEL, [60, 100, 140], 500, seed=1)).loc["g ~ f", "n"])
    assert within(row(model_power(TEXT, MODEL, n, 500, seed=2), "g ~ f", n), 0.8, 4)


def test_curves_have_a_line_for_each_target():
    result = model_power(TEXT, MODEL, [60, 90], 20, seed=1)
    plot = result.plot()
    assert set(plot.data["target"]) == {"g ~ f", "exact fit"}
    assert plot.data["lower"].between(0, 1).all()
    plot.draw(show=False)


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(UnknownOption, match='Did you mean "g ~ f"'):
        model_power(TEXT, MODEL, 100, 10, targets=["g ~ h"], seed=1)
    with pytest.raises(PopulationError, match="too few for 6 items"):
        model_power(TEXT, MODEL, 6, 10, seed=1)
    with pytest.raises(PopulationError, match="without replacement"):
        model_power(TEXT, MODEL, 100, 10, population_size=90, seed=1)
    with pytest.raises(UnknownOption, match="estimator='xx'"):
        model_power(TEXT, MODEL, 100, 10, estimator="xx")
    with pytest.raises(UnsupportedModel, match="needs ordered items"):
        model_power(TEXT, MODEL, 100, 10, estimator="WLSMV")
    with pytest.raises(PopulationError, match="one group"):
        model_power(TEXT, MODEL, 100, 10, invariance=["loadings"])
    with pytest.raises(NotAShare, match="alpha"):
        model_power(TEXT, MODEL, 100, 10, alpha=5)
    for options in ({"reps": 0}, {"n": []}, {"n": 2.5}, {"seed": -1}, {"population_size": 0}):
        with pytest.raises(NotACount, match=next(iter(options))):
            model_power(**{"population": TEXT, "model": MODEL, "n": 100, "reps": 10} | options)
    ordered = ModelPopulation.read(TEXT).cut({"x1": [0.5, 0.5]})
    with pytest.raises(UnknownOption, match="x1 ~~ x1"):
        model_power(ordered, MODEL, 100, 10, targets=["x1 ~~ x1"])


def test_the_front_door():
    assert bouwen.model_power is model_power


def test_a_size_that_is_the_whole_population_has_no_place_on_the_line():
    inside = straight([50, 100, 150], 400)
    whole = inside.results.iloc[[0]].assign(n=400.0, power=1.0)
    both = Power(pd.concat([inside.results, whole], ignore_index=True), 0.05, 400)
    pd.testing.assert_frame_equal(needed(both), needed(inside))


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_errors_shrink_as_the_population_is_used_up(estimator):
    """√(1 − n/N), whether samples are drawn as moments or as rows."""
    endless, small = (
        row(model_power(TEXT, MODEL, 100, 6, estimator=estimator, population_size=N), "g ~ f", 100)
        for N in (None, 125)
    )
    assert small["se_mean"] / endless["se_mean"] == pytest.approx(np.sqrt(1 - 100 / 125), rel=0.2)
