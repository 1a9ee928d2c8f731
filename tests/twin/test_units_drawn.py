"""Units of a twin: as many respondents as it says, who share as much as it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from bouwen.errors import BouwenError
from bouwen.scales import intraclass
from bouwen.survey import read_study
from bouwen.twin import read_population, simulate, simulate_file
from bouwen.twin.simulation import draw_latents

DATA = Path(__file__).parents[2] / "data" / "monitor"
N, SEED = 892, 4


def test_committed_answers_are_drawn_again_byte_for_byte(tmp_path):
    simulate_file(DATA / "population.yml", N, SEED, tmp_path / "responses.csv")
    assert (tmp_path / "responses.csv").read_bytes() == (DATA / "responses.csv").read_bytes()


def test_units_have_as_many_respondents_as_is_said():
    population = read_population(DATA / "population.yml")
    sizes = population.units.sizes
    assert sum(sum(roles.values()) for roles in sizes.values()) == N
    found = pd.crosstab(*(read_study(DATA).responses[name] for name in ("provider", "role")))
    assert found.to_dict(orient="index") == sizes
    twice = simulate(population, 2 * N, 1)["provider"].value_counts()
    assert (twice == 2 * found.sum(axis=1)[twice.index]).all()


def test_respondents_of_a_unit_share_what_is_said():
    """Latent variables of many units: the part of all its respondents, and that of one role."""
    population = read_population(DATA / "population.yml")
    names, n, q = [f"u{k}" for k in range(3000)], 4, len(population.latents)
    units = population.units.model_copy(
        update={"sizes": {name: {"client": n, "staff": n} for name in names}, "common": 0.3, "by_role": 0.2}
    )
    background = {**population.file.background, "provider": units}
    file = population.file.model_copy(update={"background": background, "shifts": []})
    many = type(population)(population.path, file, population.instrument, None)
    slots = pd.DataFrame(units.slots, columns=["provider", "role"])
    rng = np.random.default_rng(5)
    latents = draw_latents(many, slots, rng.normal(size=(len(slots), q)), rng.normal(size=(9000, q)))
    first = pd.Series(latents[:, 0])
    both = intraclass(first, slots["provider"] + slots["role"]).icc1
    assert abs(both - 0.5) < 0.02
    means = first.groupby([slots["provider"], slots["role"]]).mean().unstack()
    assert abs(means.cov().loc["client", "staff"] - 0.3) < 0.03
    assert abs(first.var() - 1) < 0.03


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"role": "rol"}, "rol"),
        ({"common": 0.6, "by_role": 0.5}, "leave something of 1"),
        ({"sizes": {"A": {"clients": 4}}}, "clients"),
    ],
)
def test_wrong_units_are_refused(change, said, tmp_path):
    (tmp_path / "instrument.yml").write_bytes((DATA / "instrument.yml").read_bytes())
    content = yaml.safe_load((DATA / "population.yml").read_text(encoding="utf-8"))
    content["background"]["provider"] |= change
    (tmp_path / "population.yml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    with pytest.raises(BouwenError, match=said):
        read_population(tmp_path / "population.yml")
