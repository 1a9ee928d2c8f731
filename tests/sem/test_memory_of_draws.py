"""Stacks of draws keep to the memory that is set for them, with the same results, gaps or none."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
import worker_tasks
from numpy.testing import assert_allclose

import bouwen
from bouwen.errors import NotEnoughMemory
from bouwen.groups import check_invariance, permutation_invariance
from bouwen.sem import fit_sem
from bouwen.sem.normal.moments import find_patterns
from bouwen.sem.normal.saturated import em_moments
from bouwen.sem.resample import batch, memory, saturation, stacks
from bouwen.sem.resample.draws import source_of_draws
from bouwen.sem.resample.kernel import Kernel
from bouwen.sem.resample.memory import MEGABYTE, NotAMemory, parts_of, stack_bytes
from bouwen.sem.resample.workers import Chunk, run_chunks

ITEMS = [f"x{k}" for k in range(1, 7)]
MODEL = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"


@cache
def answers() -> pd.DataFrame:
    """Two factors, 240 respondents in three groups, a tenth of the answers missing: nearly a pattern each."""
    rng = np.random.default_rng(5)
    factors = rng.standard_normal((240, 2)) @ [[1.0, 0.5], [0.0, 0.8]]
    values = np.repeat(factors, 3, axis=1) + rng.standard_normal((240, 6))
    values[rng.random(values.shape) < 0.1] = np.nan
    return pd.DataFrame(values, columns=ITEMS).assign(group=np.arange(240) % 3)


@cache
def ladder():
    return check_invariance(
        MODEL, answers(), "group", steps=("configural", "metric"), estimator="ML", missing="fiml"
    )


@pytest.fixture
def counted(monkeypatch):
    """How many draws each search was for, and how many went to Newton's method."""
    sizes, newtons = [], []
    descend, newton = batch.descend, batch.newton
    monkeypatch.setattr(
        batch, "descend", lambda o, start, b: sizes.append(len(start)) or descend(o, start, b)
    )
    monkeypatch.setattr(
        saturation, "descend", lambda o, start, b: newtons.append(len(start)) or descend(o, start, b)
    )
    monkeypatch.setattr(
        batch, "newton", lambda o, start, b: newtons.append(len(start)) or newton(o, start, b)
    )
    return sizes, newtons


def test_a_small_memory_gives_the_results_of_a_large_one(monkeypatch, counted):
    sizes, _ = counted
    large = permutation_invariance(ladder(), 12)
    assert max(sizes) == 12
    sizes.clear()
    each = max(stacks.draw_bytes(fit.family) for fit in ladder().fits.values())
    monkeypatch.setattr(memory, "stack_bytes", lambda: 4 * each)  # everybody is in every group's stack
    small = permutation_invariance(ladder(), 12)
    assert max(sizes) < 6
    assert_allclose(small.drawn, large.drawn, rtol=0, atol=1e-8)
    assert_allclose(small.scores["metric"], large.scores["metric"], rtol=1e-6)


@pytest.mark.parametrize("kind", ["nonparametric", "bollen_stine", "parametric"])
def test_a_chunk_comes_in_stacks_of_the_size_that_is_set(kind, monkeypatch):
    fit = fit_sem(MODEL, answers(), missing="fiml")
    whole = list(source_of_draws(fit, kind).stacks(Chunk(0, 0, 10, 1)))
    monkeypatch.setattr(memory, "stack_bytes", lambda: 3 * stacks.draw_bytes(fit.family))
    parts = list(source_of_draws(fit, kind).stacks(Chunk(0, 0, 10, 1)))
    assert [len(o.constant) for _, o in whole] == [10]
    assert [len(o.constant) for _, o in parts] == [3, 3, 3, 1]
    assert_allclose(np.concatenate([o.mean for _, o in parts]), whole[0][1].mean, rtol=0, atol=1e-12)
    assert_allclose(np.concatenate([o.n for _, o in parts]), whole[0][1].n)


def test_what_a_stack_holds_is_no_more_than_was_counted():
    """The arrays of a stack, and of its search, beside the bytes that `draw_bytes` counts for a draw."""
    fit = fit_sem(MODEL, answers(), missing="fiml")
    (_, stack), *_ = source_of_draws(fit, "nonparametric").stacks(Chunk(0, 0, 10, 1))
    kernel = Kernel.of(stack)
    held = sum(x.nbytes for x in (stack.mean, stack.cov, stack.share, stack.n, stack.fixed))
    held += sum(x.nbytes for x in (kernel.cov, kernel.spreads, kernel.constants))
    held += sum(x.nbytes for some in kernel.lacking for x in vars(some).values() if x is not None)
    assert held <= 10 * stacks.draw_bytes(fit.family) <= 8 * held  # and it is no wild guess
    several = sum(n >= 3 for n in fit.sample.patterns.n)  # a third of the six items
    assert stack.cov.shape[1] == several < stack.mean.shape[1]  # nothing is kept of those who stand alone


def test_leaving_out_respondents_some_at_a_time_changes_no_interval(monkeypatch):
    boot = bouwen.bootstrap(fit_sem(MODEL, answers().dropna().head(40)), 20, seed=1)
    whole = boot.intervals("bca")
    again = bouwen.bootstrap(boot.fit, 20, seed=1)
    monkeypatch.setattr(memory, "stack_bytes", lambda: 0)  # one at a time
    pd.testing.assert_frame_equal(again.intervals("bca"), whole, rtol=1e-6, atol=1e-7)


def test_the_saturated_model_of_shuffled_gaps_arrives_by_itself(counted):
    _, newtons = counted
    found = permutation_invariance(ladder(), 8)
    assert np.isfinite(found.drawn).all()
    assert newtons == []


def test_saturated_moments_of_draws_are_those_of_the_same_rows():
    fit = fit_sem(MODEL, answers(), missing="fiml")
    weights = np.random.default_rng(3).multinomial(240, np.full(240, 1 / 240), size=3).astype(float)
    stack = stacks.weighted_objective(fit.family, weights)
    mean, cov, value = saturation.saturated_stack(stack, np.arange(3), fit.sample.mean, fit.sample.cov)
    for d, counts in enumerate(weights.astype(int)):
        rows = np.repeat(fit.sample.rows[0], counts, axis=0)
        means, covs = em_moments(find_patterns([rows]), 1)
        assert_allclose(mean[d], means, atol=1e-7)
        assert_allclose(cov[d], covs, atol=1e-7)
        at_start = saturation.saturated_stack(stack, np.array([d]), means, covs)[2][d]
        assert value[d] == pytest.approx(at_start, abs=1e-12)


def test_a_draw_whose_search_creeps_goes_on_as_any_model(monkeypatch):
    fit = fit_sem(MODEL, answers(), missing="fiml")
    weights = np.random.default_rng(3).multinomial(240, np.full(240, 1 / 240), size=2).astype(float)
    stack = stacks.weighted_objective(fit.family, weights)
    given = stack, np.arange(2), fit.sample.mean, fit.sample.cov
    whole = saturation.saturated_stack(*given)
    monkeypatch.setattr("bouwen.sem.resample.saturation.MOST_ROUNDS", 1)
    for one, other in zip(saturation.saturated_stack(*given), whole, strict=True):
        assert_allclose(one, other, rtol=0, atol=1e-6)


@pytest.mark.parametrize("megabytes", ["64", " 1024 "])
def test_one_setting_says_how_much(megabytes, monkeypatch):
    assert stack_bytes() == 512 * MEGABYTE // 8
    monkeypatch.setenv("BOUWEN_MEMORY", megabytes)
    assert stack_bytes() == int(megabytes) * MEGABYTE // 8
    assert [p.stop - p.start for p in parts_of(5, stack_bytes() // 2)] == [2, 2, 1]
    assert [p.stop - p.start for p in parts_of(2, 10 * stack_bytes())] == [1, 1]  # one there must be


@pytest.mark.parametrize("text", ["much", "-1", "0", "7", "1.5", "²", "inf"])
def test_a_setting_that_is_no_number_of_megabytes_is_refused(text, monkeypatch):
    monkeypatch.setenv("BOUWEN_MEMORY", text)
    with pytest.raises(NotAMemory, match="BOUWEN_MEMORY is not a whole number of megabytes of 8 or more"):
        stack_bytes()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_running_out_of_memory_is_one_sentence(n_jobs, monkeypatch):
    monkeypatch.setenv("BOUWEN_MEMORY", "64")
    with pytest.raises(NotEnoughMemory) as caught:
        run_chunks(worker_tasks.too_much, 500, seed=1, n_jobs=n_jobs)
    which = re.search(r"draws (1 to 250|251 to 500) were at work", str(caught.value))[1]
    assert str(caught.value) == (
        f"memory ran out when 7,629,394,531 MB more were asked for: draws {which} were at work. "
        "Draws share 64 MB; set BOUWEN_MEMORY to less, use fewer workers (n_jobs=), or close other programs."
    )
    assert caught.value.megabytes == 7_629_394_531


def test_a_worker_that_the_system_ends_is_no_traceback():
    with pytest.raises(NotEnoughMemory, match=r"a worker for 500 draws was ended from outside\. Draws share"):
        run_chunks(worker_tasks.killed, 500, seed=1, n_jobs=2)
    assert run_chunks(worker_tasks.threads, 500, seed=1, n_jobs=2) == [1, 1]  # and the next ones work


def test_a_fit_for_which_there_is_no_memory_says_so(monkeypatch):
    def prepare(*_, **__):
        raise MemoryError

    monkeypatch.setattr("bouwen.sem.fit.prepare", prepare)
    with pytest.raises(NotEnoughMemory, match=r"^memory ran out: a model was being fitted to 240 rows\. Use"):
        fit_sem(MODEL, answers())
