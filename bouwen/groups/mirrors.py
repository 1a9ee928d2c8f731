"""Two studies of one instrument, answered from two sides -> where the sides agree, and where they do not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bouwen.errors import BouwenError
from bouwen.groups.dyads import unit_correlations
from bouwen.groups.gaps import BySide, mean_gap, path_gaps, stacked
from bouwen.groups.roles import UNLIKE, role_invariance
from bouwen.groups.verdicts import DIFFERENT, EQUIVALENT, TRIVIAL, judge_differences
from bouwen.results import Result, how_many
from bouwen.scales import fit_structure, key_items, score_scales
from bouwen.sem import Fit, SamFit, parse_model
from bouwen.survey import FEWEST_MOMENTS, USUAL_CELL, Study, check_mirror, shared_units


class TooFewAnswers(BouwenError):
    """A side with fewer respondents than estimates need; ``perspective`` says which."""

    def __init__(self, study: Study) -> None:
        self.perspective = study.perspective
        super().__init__(
            f"{study.path}: has fewer than {study.settings.min_group} respondents (min_group), too few to be "
            "held against the other side."
        )


@dataclass(frozen=True, eq=False, repr=False)
class Mirror(Result):
    """What two sides say of the same things.

    Gaps are those of the first side minus the second.

    Attributes
    ----------
    sides : tuple of str
        The perspectives, that of the first study first.
    n : tuple of int
        Respondents of either side.
    units : tuple of int
        BySide of the first side, of the second, and those of both.
    gaps : DataFrame
        Of means: ``kind`` ("construct" or "item") ``what construct first second estimate se df sd smallest
        n n_other invariance item comparable`` and what `judge_differences` adds. Means and gaps are on the
        answer scale; ``smallest`` is ``smallest_difference`` times ``sd``, that within sides. A construct
        with one item apart is compared by its other items.
    invariance : DataFrame
        Of every construct over the sides, see `role_invariance`.
    paths : DataFrame
        Standardised paths of the structural model, see `path_gaps`, with verdicts.
    dyads : DataFrame
        How both sides of a unit go together, see `unit_correlations`.
    confidence : float
    fits : tuple
        The structural model of either side.
    min_cell : int
        The smallest count that either side shows.
    """

    sides: tuple[str, str]
    n: tuple[int, int]
    units: tuple[int, int, int]
    gaps: pd.DataFrame
    invariance: pd.DataFrame
    paths: pd.DataFrame
    dyads: pd.DataFrame
    confidence: float
    fits: tuple[SamFit | Fit, SamFit | Fit]
    min_cell: int = USUAL_CELL

    def table(self) -> pd.DataFrame:
        """The gaps of constructs and items."""
        return self.gaps.copy()

    @property
    def constructs(self) -> pd.DataFrame:
        """The gaps of constructs, by name."""
        return self.gaps[self.gaps["kind"] == "construct"].set_index("what")

    def agreed(self) -> list[str]:
        """Constructs whose means are the same to all intents: equivalent, or different but trivial."""
        found = self.constructs["verdict"]
        return [str(name) for name in found.index[found.isin([EQUIVALENT, TRIVIAL])]]

    def _line(self) -> str:
        found = self.constructs["verdict"]
        told = ", ".join(f"{n} {verdict}" for verdict, n in found.value_counts(sort=False).items())
        return (
            f"{' and '.join(self.sides)}, {how_many(self.units[2], 'shared unit')}, "
            f"{how_many(len(found), 'construct')}: {told}"
        )


def mirror(study: Study, other: Study) -> Mirror:
    """Hold two studies against each other that asked the same from two sides.

    Whether a construct is understood alike by both comes first, by a ladder over sides with errors by unit;
    then means of constructs and items, and the paths of the structural model. BySide, such as the
    organisations of which both sides speak, occur in both files: errors are robust to them over both files
    together (CR2), so that nothing is compared as if it were of strangers.

    Parameters
    ----------
    study, other : Study
        Of one instrument, from two perspectives. Confidence, smallest effects and seed are the first's.

    Returns
    -------
    Mirror

    Raises
    ------
    NotMirrored
        The studies do not match, see `bouwen.survey.check_mirror`.
    TooFewAnswers
        A side has fewer than ``min_group`` respondents.

    Notes
    -----
    Verdicts are corrected after Holm within three families: constructs, items, and paths. A construct that is
    not understood alike is *not comparable*, and so are its items and the paths of those whose loadings
    differ.
    """
    check_mirror(study, other)
    for side in (study, other):
        if len(side.responses) < side.settings.min_group:
            raise TooFewAnswers(side)
    units = shared_units(study, other)
    keyed = key_items(study), key_items(other)
    answers = pd.concat(keyed, ignore_index=True)
    sides = stacked(*(pd.Series(one.perspective, one.responses.index) for one in (study, other)))
    items = {name: list(study.items_of(name)) for name in study.constructs}
    confidence = study.settings.confidence
    alike = role_invariance(answers, sides, stacked(*units), items, 1 - confidence)
    parts = [
        judge_differences(found, confidence)
        for found in (
            construct_gaps(study, other, keyed, units, alike),
            item_gaps(study, other, keyed, units, alike),
        )
    ]
    fits = fit_structure(study, "structural"), fit_structure(other, "structural")
    paths = judge_differences(structural_gaps(study, fits, units, alike), confidence)
    dyads = unit_correlations(
        score_scales(study),
        score_scales(other),
        units,
        confidence=confidence,
        seed=study.settings.seed,
    )
    ours, theirs = (set(unit) for unit in units)
    return Mirror(
        (study.perspective, other.perspective),
        (len(study.responses), len(other.responses)),
        (len(ours), len(theirs), len(ours & theirs)),
        pd.concat(parts, ignore_index=True),
        alike,
        paths,
        dyads,
        confidence,
        fits,
        max(side.settings.min_cell for side in (study, other)),
    )


Keyed = tuple[pd.DataFrame, pd.DataFrame]


def construct_gaps(
    study: Study, other: Study, keyed: Keyed, units: BySide, alike: pd.DataFrame
) -> pd.DataFrame:
    """The gap of every construct's mean score, of the items that work alike."""
    rows, told = [], alike.to_dict("index")
    for construct in study.constructs:
        apart = told[construct]
        kept = [item for item in study.items_of(construct) if item != apart["item"]]
        if apart["invariance"] == UNLIKE:
            kept = list(study.items_of(construct))
        scores = [score_scales(given[kept])["scale"] for given in keyed]
        rows.append(gap_row(study, other, "construct", construct, construct, scores, units, apart))
    return pd.DataFrame(rows)


def item_gaps(study: Study, other: Study, keyed: Keyed, units: BySide, alike: pd.DataFrame) -> pd.DataFrame:
    """The gap of every item's mean answer."""
    rows, told = [], alike.to_dict("index")
    for construct in study.constructs:
        apart = told[construct]
        for item in study.items_of(construct):
            answered = [given[item] for given in keyed]
            row = gap_row(study, other, "item", item, construct, answered, units, apart)
            rows.append(row | {"comparable": row["comparable"] and item != apart["item"]})
    return pd.DataFrame(rows)


def gap_row(
    study: Study,
    other: Study,
    kind: str,
    what: str,
    construct: str,
    scores: list[pd.Series],
    units: BySide,
    apart: Mapping[Any, Any],
) -> dict[str, object]:
    """One gap; NaN where fewer answered on a side than may be shown, or than an item's spread bears."""
    counts = [int(one.notna().sum()) for one in scores]
    single = kind == "item" or len(study.items_of(construct)) == 1
    least = [
        max(side.settings.min_cell, FEWEST_MOMENTS if single else side.settings.min_group)
        for side in (study, other)
    ]
    row: dict[str, object] = {"kind": kind, "what": what, "construct": construct}
    enough = all(n >= fewest for n, fewest in zip(counts, least, strict=True))
    figures: dict[str, float] = dict.fromkeys(("first", "second", "estimate", "se", "df", "sd"), math.nan)
    if enough:
        found, sd = mean_gap(scores[0], scores[1], units)
        means = {"first": float(scores[0].mean()), "second": float(scores[1].mean())}
        figures = {**means, "estimate": found.value, "se": found.se, "df": found.df, "sd": sd}
    return {
        **row,
        **figures,
        "smallest": study.settings.smallest_difference * figures["sd"],
        "n": counts[0],
        "n_other": counts[1],
        "invariance": apart["invariance"],
        "item": apart["item"],
        "comparable": apart["invariance"] != UNLIKE,
    }


def structural_gaps(
    study: Study, fits: tuple[SamFit | Fit, SamFit | Fit], units: BySide, alike: pd.DataFrame
) -> pd.DataFrame:
    """The gaps of the structural model's paths, comparable where what they stand on has equal loadings."""
    found = path_gaps(fits, units)
    below = constructs_below(study)
    unlike = set(alike.index[~alike["loadings"].astype(bool)])
    pairs = zip(found["lhs"], found["rhs"], strict=True)
    comparable = [not unlike & (below.get(a, {a}) | below.get(b, {b})) for a, b in pairs]
    return found.assign(smallest=study.settings.smallest_path, comparable=comparable)


def constructs_below(study: Study) -> dict[str, set[str]]:
    """By variable of the structural model the constructs whose items it stands on."""
    loads: dict[str, set[str]] = {}
    for formula in parse_model(study.model("structural")).formulas:
        if formula.op == "=~":
            loads.setdefault(formula.lhs, set()).add(formula.rhs)

    def below(name: str) -> set[str]:
        if name in loads:
            return set().union(*(below(part) for part in loads[name]))
        return {study.instrument.construct_of(name)} if name in study.items else {name}

    return {name: below(name) for name in {*loads, *study.items}}


def self_judged(study: Study, construct: str) -> str | None:
    """The perspective whose conduct a construct is about; None where each side judges the other."""
    return study.instrument.constructs[construct].judged


def kinder_side(found: Mirror, study: Study, construct: str) -> str | None:
    """The side with the better opinion of what a construct is about; None where the means do not differ."""
    row = found.constructs.loc[construct]
    if row["verdict"] != DIFFERENT:
        return None
    better = study.instrument.constructs[construct].direction == "better"
    return found.sides[0] if (row["estimate"] > 0) == better else found.sides[1]
