"""A `Population` -> answers of invented respondents.

Every draw is a uniform number from ``Generator(PCG64(seed))``, made normal by the inverse of Φ, in this
order: one row per register entry, or unit and then unit and role, with ζ₂ and ζ₃ in the order of the latent
variables; then one row per respondent
with the background variables in the order of the population file, ζ₁, ε in the order of the questionnaire,
and missingness (skips or not, each item, stops or not, where). So the first respondents of a larger sample
are those of a smaller one, and nothing depends on the platform beyond rounding in the last digit. For the
letters see `bouwen.twin.population`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bouwen.checks import Matrix, Vector
from bouwen.errors import BouwenError
from bouwen.special import expit, ndtri
from bouwen.survey import FileError, classify, write_whole
from bouwen.twin.drawn import FromRegister, LogNormal, Shares, Units
from bouwen.twin.population import Chance, Population, read_population


class SimulationError(BouwenError):
    """A number of respondents or a seed with which nothing can be simulated."""


def simulate(population: Population | str | Path, n: int = 201, seed: int = 1) -> pd.DataFrame:
    """Answers of ``n`` invented respondents, as the command ``bouwen simulate`` writes them.

    Parameters
    ----------
    population : Population, str or Path
        A population that was read, or the name of its file.
    n : int
        How many.
    seed : int
        Not negative; the same seed gives the same answers.

    Returns
    -------
    DataFrame
        Columns as in a response file: ``respondent``, background, items as answered in the
        order of the questionnaire (Int64, missing where skipped), open questions (empty).

    Raises
    ------
    SimulationError
        No respondents, or a negative seed.
    BouwenError
        The population is not valid.
    """
    if not isinstance(population, Population):
        population = read_population(population)
    if n < 1 or seed < 0:
        raise SimulationError(f"needs at least one respondent and a seed from 0 on, found {n} and {seed}.")
    rng = np.random.Generator(np.random.PCG64(seed))
    entries = 0 if population.register is None else len(population.register.table)
    entries += (
        0
        if population.units is None
        else len(population.units.sizes) * (1 + len(population.units.role_shares))
    )
    common = ndtri(rng.random((entries, len(population.latents))))
    b, q, p = len(population.file.background), len(population.latents), len(population.instrument.items)
    draws = np.split(rng.random((n, b + q + 2 * p + 3)), np.cumsum([b, q, p]), axis=1)

    background = draw_background(population, draws[0])
    latents = draw_latents(population, background, ndtri(draws[1]), common)
    answers = draw_answers(population, latents, ndtri(draws[2]))
    answers = answers.mask(draw_missing(population, background, draws[3]))
    width = max(3, len(str(n)))
    respondents = pd.Series([f"synthetic{i:0{width}d}" for i in range(1, n + 1)], name="respondent")
    questions = pd.DataFrame("", index=answers.index, columns=list(population.instrument.open_questions))
    return pd.concat([respondents, background, answers, questions], axis="columns")


def draw_background(population: Population, u: Matrix) -> pd.DataFrame:
    """Background variables in the order of the instrument, from one uniform each (n, b)."""
    columns: dict[str, Any] = {}
    for (name, draw), uniform in zip(population.file.background.items(), u.T, strict=True):
        match draw:
            case Shares():
                columns[name] = pick(draw.shares, uniform)
            case LogNormal():
                number = np.floor(draw.median * np.exp(draw.spread * ndtri(uniform)))
                asked = population.instrument.background[name]
                columns[name] = np.clip(number, asked.minimum, asked.maximum).astype(int)
            case FromRegister():
                assert population.register
                names = population.register.table[population.register.spec.names[0]]
                columns[name] = names.loc[pick(population.register_shares, uniform)].to_numpy()
            case Units():
                slots = draw.slots
                chosen = [slots[i % len(slots)] for i in range(len(uniform))]
                columns[name], columns[draw.role] = map(list, zip(*chosen, strict=True))
    return pd.DataFrame(columns)[list(population.instrument.background)]


def pick(shares: Mapping[str, float] | pd.Series[float], u: Vector) -> NDArray[Any]:
    """The level in whose slice of the unit interval each uniform number falls."""
    names = np.array(list(shares.keys()), dtype=object)
    bounds = np.cumsum(list(shares.values() if isinstance(shares, Mapping) else shares))
    return np.asarray(names[np.searchsorted(bounds[:-1], u, side="right")])


def draw_latents(population: Population, background: pd.DataFrame, z: Matrix, common: Matrix) -> Matrix:
    """Latent variables (n, q) from standard normal numbers of respondents and of register entries."""
    groups = background
    if population.register:
        variable, spec = population.register.spec.variable, population.register.spec
        entries = pd.Index(population.register.table[spec.names[0]]).get_indexer(background[variable])
        share = next(d.common for d in population.file.background.values() if isinstance(d, FromRegister))
        z = np.sqrt(1 - share) * z + np.sqrt(share) * common[entries]
        for name, classes in spec.classes.items():
            values = population.register.table[classes.column].iloc[entries].set_axis(background.index)
            groups = groups.assign(**{name: classify(values, classes)})
    for name, draw in population.file.background.items():
        if isinstance(draw, Units):
            z = shared_by_units(name, draw, background, z, common)
    disturbances = z @ np.linalg.cholesky(population.disturbances).T
    for shift in population.file.shifts:
        member = (groups[shift.group] == shift.level).to_numpy()
        disturbances[member] += [shift.by.get(name, 0.0) for name in population.latents]
    latents: Matrix = disturbances @ population.effects.T
    return latents


def shared_by_units(
    variable: str, units: Units, background: pd.DataFrame, z: Matrix, common: Matrix
) -> Matrix:
    """Standard normal numbers (n, q) with what respondents of a unit share, in all and in one role.

    The last rows of ``common`` are those of units: for all respondents, and then for each role.
    """
    names, roles = list(units.sizes), list(units.role_shares)
    unit, role = (
        pd.Index(known).get_indexer(pd.Index(background[name]))
        for known, name in ((names, variable), (roles, units.role))
    )
    rows = common[len(common) - len(names) * (1 + len(roles)) :]
    own = rows[len(names) * (1 + role) + unit]
    alone = np.sqrt(1 - units.common - units.by_role)
    return np.asarray(alone * z + np.sqrt(units.common) * rows[unit] + np.sqrt(units.by_role) * own)


def draw_answers(population: Population, latents: Matrix, e: Matrix) -> pd.DataFrame:
    """Answers to all items from latent variables (n, q) and standard normal numbers (n, p)."""
    unique = 1 - np.diag(population.common_covariance)
    responses = latents @ population.loadings.T + e * np.sqrt(unique)
    columns = {}
    for i, (name, item) in enumerate(population.instrument.items.items()):
        scale = population.instrument.scale_of(name)
        steps = np.searchsorted(population.thresholds(name), responses[:, i])
        columns[name] = scale.highest - steps if item.reversed else scale.lowest + steps
    return pd.DataFrame(columns).astype("Int64")


def draw_missing(population: Population, background: pd.DataFrame, u: Matrix) -> NDArray[np.bool_]:
    """Which answers (n, p) are missing, given background variables and uniform numbers (n, p + 3)."""
    missing, items = population.file.missing, list(population.instrument.items)
    first, last = items.index(missing.stop_from), len(items)
    skips = u[:, 0] < chance_of(missing.skip, background)
    skipped = skips[:, None] & (u[:, 1:-2] < missing.skipped)
    stops = u[:, -2] < chance_of(missing.stop, background)
    place = first + np.floor(u[:, -1] * (last - first))
    return np.asarray(skipped | (stops[:, None] & (np.arange(last) >= place[:, None])))


def chance_of(chance: Chance, background: pd.DataFrame) -> Vector:
    """The probability of each respondent: expit(intercept + effects)."""
    logit = pd.Series(chance.intercept, index=background.index)
    for name, effect in chance.effects.items():
        if isinstance(effect, dict):
            logit += background[name].map(lambda level, by=effect: by.get(level, 0.0)).astype(float)
        else:
            logit += effect * background[name]
    return np.asarray(expit(logit.to_numpy()))


def simulate_file(population: str | Path, n: int, seed: int, output: str | Path) -> None:
    """Simulate answers into a CSV file (UTF-8, commas, one line feed a row).

    The file appears whole or not at all, and replaces nothing but simulated answers.

    Raises
    ------
    BouwenError
        The population is not valid, the folder does not exist, the file is something else than
        simulated answers, or it cannot be written.
    """
    output = Path(output)
    if not output.parent.is_dir():
        raise FileError(output, f"there is no folder {output.parent}; create it first.")
    refuse_to_replace(output)
    answers = simulate(population, n, seed)
    write_whole(output, answers.to_csv(index=False, lineterminator="\n"))


def refuse_to_replace(output: Path) -> None:
    """Refuse an existing file unless it holds simulated answers."""
    if not output.exists():
        return
    try:
        with output.open(encoding="utf-8", newline="") as file:
            header, first = (next(csv.reader(io.StringIO(file.readline(100_000))), []) for _ in range(2))
    except (OSError, UnicodeDecodeError, csv.Error):
        header, first = [], []
    if header[:1] != ["respondent"] or not first[:1] or not first[0].startswith("synthetic"):
        raise FileError(output, "holds something else than simulated answers; choose another name.")
