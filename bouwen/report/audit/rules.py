"""What pages must not hold, whatever the answers: small counts, and those that follow from others."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bouwen.errors import BouwenError
from bouwen.escaping import slug
from bouwen.report.audit.printed import EVERYBODY, PrintedFigure, number_said, said_count
from bouwen.report.audit.reading import At, PageShown, ledger
from bouwen.report.tables.layout import head
from bouwen.results import how_many
from bouwen.survey import FEWEST_MOMENTS, Study, reported_units


@dataclass(frozen=True)
class Leak:
    """What could be computed from pages; the sentence does not tell it."""

    page: str
    where: str
    what: str


class Leaking(BouwenError):
    """A book that would give away what it hides; ``leaks`` has where and what."""

    def __init__(self, found: Sequence[Leak]) -> None:
        self.leaks = list(found)
        shown = [f"  {one.page}, {one.where}: {one.what}" for one in found[:10]]
        more = [f"  and {len(found) - 10} more"] if len(found) > 10 else []
        super().__init__(
            "\n".join([f"the book would give away {how_many(len(found), 'number')}:", *shown, *more])
        )


def refuse_leaks(study: Study, pages: Mapping[str, PageShown]) -> None:
    """Raise `Leaking` where rules find what must never be printed."""
    if found := list(dict.fromkeys(leaks(study, pages, ledger(study, pages)[0]))):
        raise Leaking(found)


def leaks(study: Study, pages: Mapping[str, PageShown], figures: Iterable[PrintedFigure]) -> Iterator[Leak]:
    """Every leak that rules find; see `searching` for what takes a search."""
    at, found = At(study), list(figures)
    yield from of_levels(at, [one for one in found if one.kind == "level"])
    yield from of_estimates(at, found)
    yield from of_figures(at, found)
    yield from unit_leaks(at.study, pages)
    for page, shown in pages.items():
        yield from of_tables(at, page, shown)
        yield from of_prose(at, page, shown)


# -------------------------------------------------------------------- background


def of_levels(at: At, found: Iterable[PrintedFigure]) -> Iterator[Leak]:
    """Counts of levels that are not printed, but can be narrowed down to fewer than ``min_width`` values."""
    printed: dict[str, dict[object, tuple[float, float]]] = defaultdict(dict)
    places: dict[str, tuple[str, str]] = {}
    for one in found:
        low, high = printed[one.of].get(one.answers[0], (0.0, float(at.n)))
        printed[one.of][one.answers[0]] = max(low, one.lower), min(high, one.upper)
        places.setdefault(one.of, (one.page, one.where))
    for variable, known in printed.items():
        answers = at.study.responses[variable]
        sizes: dict[object, int] = {
            level: int((answers == level).sum()) for level in at.study.levels(variable)
        }
        sizes[None] = int(answers.isna().sum())
        open_ = {
            level: known.get(level, (0.0, float(at.n)))
            for level, n in sizes.items()
            if level is not None or n
        }
        hidden = [level for level in open_ if level not in known]
        together = sum(sizes[level] for level in hidden)
        if 0 < together < 2 * at.least:
            yield Leak(
                *places[variable],
                f"of {variable} so few respondents stand in levels without a number that these are known",
            )
        for level, (low, high) in open_.items():
            others = [ends for other, ends in open_.items() if other != level]
            least = max(math.ceil(low - 1e-6), at.n - sum(math.floor(high + 1e-6) for _, high in others))
            most = min(math.floor(high + 1e-6), at.n - sum(math.ceil(low - 1e-6) for low, _ in others))
            if sizes[level] < at.least and most - least + 1 < at.study.settings.min_width:
                yield Leak(
                    *places[variable],
                    f"how many respondents have {level or 'no level'} of {variable} can be computed",
                )


def of_estimates(at: At, found: Iterable[PrintedFigure]) -> Iterator[Leak]:
    """Estimates of levels that are too small, or that tell those of the few others."""
    shown = {one.group: one for one in found if one.group != EVERYBODY}
    least = at.study.settings.min_group
    for (variable, level), one in shown.items():
        n = int((at.study.responses[variable] == level).sum())
        if n < least or 0 < at.n - n < least:
            few = "it is too small" if n < least else "what holds of all others follows, who are too few"
            yield Leak(one.page, one.where, f"estimates of {level} ({variable}): {few}")
    for variable in {variable for variable, _ in shown}:
        levels = [level for name, level in shown if name == variable]
        rest = int((~at.study.responses[variable].isin(levels)).sum())
        if 0 < rest < at.least:
            one = shown[variable, levels[0]]
            yield Leak(
                one.page,
                one.where,
                f"estimates of all levels of {variable} but the few of one, whose own follow",
            )


# -------------------------------------------------------------------- scales and items


def of_figures(at: At, found: Iterable[PrintedFigure]) -> Iterator[Leak]:
    """Numbers of respondents near all, means of too few, and shapes of too few answers."""
    for one in found:
        exact = one.upper - one.lower < 1
        if one.kind == "scored" and exact and 0 < at.n - round(one.lower) < at.least:
            yield Leak(one.page, one.where, f"how few respondents have no score of {one.of} can be computed")
        if one.kind == "pattern" and exact and round(one.lower) < at.least:
            yield Leak(one.page, one.where, "a pattern of gaps that few respondents share")
        if one.kind == "complete_mean":
            whole = at.study.responses[list(at.study.items_of(one.of))].notna().all(axis=1)
            if int(whole.sum()) < at.study.settings.min_group:
                yield Leak(one.page, one.where, f"the mean of the few who answered all of {one.of}")
        if (
            one.kind in ("sd", "skew", "kurtosis")
            and one.group == EVERYBODY
            and answered(at.study, one.of) < FEWEST_MOMENTS
        ):
            yield Leak(one.page, one.where, f"how answers to {one.of} spread, of fewer than {FEWEST_MOMENTS}")


def answered(study: Study, item: str) -> int:
    """Respondents who answered an item."""
    return int(study.responses[item].notna().sum())


# -------------------------------------------------------------------- units


def unit_leaks(study: Study, pages: Mapping[str, PageShown]) -> Iterator[Leak]:
    """Pages, and rows of tables, of units with fewer than ``min_unit`` answers in a role."""
    if (spec := study.file.unit) is None:
        return
    enough = reported_units(study.responses, spec, study.settings.min_unit)
    for unit in map(str, enough.index[~enough]):
        for page, shown in pages.items():
            if page.endswith(f"unit-{slug(unit)}"):
                yield Leak(page, "the page", "a unit with fewer answers in a role than min_unit asks for")
            for name, table in shown.tables.items():
                if any(unit in row for row in table.rows):
                    yield Leak(page, name, "a unit with fewer answers in a role than min_unit asks for")


# -------------------------------------------------------------------- any table, any sentence


def of_tables(at: At, page: str, shown: PageShown) -> Iterator[Leak]:
    """Numbers of respondents in any table, and information criteria beside a number that is not told."""
    say, numbers = at.to.words, {head(at.to, "n"), head(at.to, "count")}
    criteria = {say("measures.aic"), say("measures.bic")}
    for name, table in shown.tables.items():
        for row in table.rows:
            for heading, text in zip(table.heads, row, strict=False):
                if (heading in numbers or row[0] == say("measures.n")) and small(at, text):
                    yield Leak(
                        page,
                        name,
                        "a number of respondents that is small, or so near all that the others are",
                    )
        rows = {row[0]: row[1:] for row in table.rows if len(row) > 1}
        if criteria <= rows.keys() and say("measures.n") in rows:
            for n, *both in zip(
                rows[say("measures.n")], *(rows[name] for name in sorted(criteria)), strict=False
            ):
                bound = (ends := said_count(n, say, at.n, at.least)) is not None and ends[0] != ends[1]
                if bound and all(number_said(text, say) for text in both):
                    yield Leak(
                        page,
                        name,
                        "AIC and BIC, whose difference tells a number of respondents that is not told",
                    )


def small(at: At, text: str) -> bool:
    """Whether a text is a count that may not be told."""
    found = said_count(text, at.to.words, at.n, at.least)
    if found is None or found[0] != found[1]:
        return False
    return 0 < found[0] < at.least or 0 < at.n - found[0] < at.least


def of_prose(at: At, page: str, shown: PageShown) -> Iterator[Leak]:
    """Numbers of respondents in sentences, captions and descriptions of figures."""
    say = at.to.words
    people = "|".join(re.escape(word) for word in say("audit.people").split())
    number = r"(\d[\d.,]*)"
    of_all = re.escape(say("audit.of_all", n=say.number(at.n, 0)))
    said_of = rf"(?:(%)\s+(?:\S+\s+){{0,2}}|\s+(?:\S+\s+)?)(?:{people})\b"
    alone = re.compile(rf"(?<![\d.,>–-]){number}(?:\s+{of_all}|{said_of})", re.IGNORECASE)
    figures = [text for figure in shown.figures.values() for text in figure.texts]
    for sentence in (*shown.sentences, *figures):
        for found in alone.finditer(sentence):
            bounded = re.search(rf"(?:{bounding_words(at)})\s*$", sentence[: found.start()])
            if bounded is None and (small(at, found[1]) if not found[2] else only_small(at, f"{found[1]}%")):
                yield Leak(
                    page,
                    "a sentence",
                    "a number of respondents that is small, or so near all that the others are",
                )


def bounding_words(at: At) -> str:
    """What stands before a number that is a bound."""
    say = at.to.words
    return "|".join(re.escape(say(f"counts.{key}", n="@").split("@")[0].strip()) for key in ("fewer", "more"))


def only_small(at: At, text: str) -> bool:
    """Whether a percentage of all respondents allows small counts, or small remainders, alone."""
    found = number_said(text, at.to.words)
    if found is None:
        return False
    counts = range(
        math.ceil((found.value - found.half) * at.n - 1e-9),
        math.floor((found.value + found.half) * at.n + 1e-9) + 1,
    )
    hidden = [0 < n < at.least or 0 < at.n - n < at.least for n in counts if 0 <= n <= at.n]
    return bool(hidden) and all(hidden)
