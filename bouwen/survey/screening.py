"""A study -> a first look at its answers, before any of them is analysed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from bouwen.results import Result, how_many
from bouwen.survey.disclosure import NOT_SHOWN, estimable, level_counts
from bouwen.survey.study import Study, check_is_study
from bouwen.words import Words, words

CONSTANT_ITEMS = 6  # as many equal answers on one scale are noticed
MOST_NAMED = 5  # items and texts that a report names
MANY_GAPS = 0.25  # share of all items left open that makes a respondent inattentive


@dataclass(frozen=True, eq=False, repr=False)
class Screening(Result):
    """What stands out in the answers of a study; counts only, no ids and no answers.

    Attributes
    ----------
    study : Study
        What was screened.
    n : int
        Respondents.
    missing_per_item : DataFrame
        Indexed by item: ``missing`` (count) and ``share`` of the respondents.
    missing_per_respondent : Series
        Respondents by the number of items that they left open.
    out_of_range : int
        Answers outside their scale; 0, as reading refuses them.
    constant : int
        Respondents with one and the same answer to all items of an answer scale, six or more;
        as answered, so including reversed items.
    duplicated : int
        Respondents whose answers to all items equal those of an earlier respondent.
    empty_categories : DataFrame
        ``variable`` and ``category``, for each answer or category that nobody chose.
    groups : DataFrame
        Indexed by ``group`` and ``level``: ``n``, and whether that is ``enough`` for estimates.
    """

    study: Study
    n: int
    missing_per_item: pd.DataFrame
    missing_per_respondent: pd.Series[int]
    out_of_range: int
    constant: int
    duplicated: int
    empty_categories: pd.DataFrame
    groups: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Answers missing per item, ``missing`` and ``share``; NaN where the count is below ``min_cell``."""
        small = [is_small(int(count), self.study) for count in self.missing_per_item["missing"]]
        return self.missing_per_item.astype(float).mask(pd.Series(small, self.missing_per_item.index))

    def _line(self) -> str:
        return f"{self.study.id}, {how_many(len(self.missing_per_item), 'item')}, n = {self.n}"

    def text(self, language: str | None = None) -> str:
        """A readable report; counts below ``min_cell`` are not shown."""
        return "\n".join(report(self, language or self.study.language)) + "\n"


def screen(study: Study) -> Screening:
    """Count what is missing, constant, repeated, never chosen or too small.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Screening
    """
    check_is_study(study)
    items = study.responses[list(study.items)]
    missing = items.isna().sum()
    valid = [items[item].dropna().map(study.instrument.scale_of(item).allows) for item in study.items]
    return Screening(
        study=study,
        n=len(items),
        missing_per_item=pd.DataFrame({"missing": missing, "share": missing / len(items)}),
        missing_per_respondent=items.isna().sum(axis=1).value_counts().sort_index(),
        out_of_range=int(items.notna().sum().sum() - sum(v.sum() for v in valid)),
        constant=int(constant_answers(study).sum()),
        duplicated=int((items.duplicated() & items.notna().any(axis=1)).sum()),
        empty_categories=pd.DataFrame(empty_categories(study), columns=["variable", "category"]),
        groups=group_sizes(study),
    )


def constant_answers(study: Study) -> pd.Series[bool]:
    """Whether a respondent gave one answer to all items of some answer scale."""
    constant = pd.Series(False, index=study.responses.index)
    for name in study.instrument.answer_scales:
        scale = study.instrument.answer_scales[name]
        answers = study.responses[[i for i in study.items if study.instrument.scale_of(i) is scale]]
        same = answers.min(axis=1) == answers.max(axis=1)
        constant |= same & (answers.notna().sum(axis=1) >= CONSTANT_ITEMS)
    return constant


def inattentive(study: Study) -> pd.Series[bool]:
    """Who gave one answer throughout a scale, or left more than a quarter of all items open."""
    gaps = study.responses[list(study.items)].isna().mean(axis=1)
    return constant_answers(study) | (gaps > MANY_GAPS)


def empty_categories(study: Study) -> Iterator[tuple[str, str]]:
    """Every answer to an item and every category that nobody chose."""
    for item in study.items:
        if study.instrument.scale_of(item).is_long:
            continue
        chosen = set(study.responses[item].dropna().unique())
        yield from ((item, str(code)) for code in study.instrument.scale_of(item).codes if code not in chosen)
    for variable in study.categories:
        chosen = set(study.responses[variable].dropna().unique())
        yield from ((variable, level) for level in study.categories[variable] if level not in chosen)


def rare_answers(study: Study) -> Iterator[tuple[str, list[str]]]:
    """By item, the answers that nobody or too few to be shown chose."""
    for item in study.items:
        if study.instrument.scale_of(item).is_long:
            continue
        codes = study.instrument.scale_of(item).codes
        counts = study.responses[item].value_counts().reindex(list(codes), fill_value=0)
        if rare := [str(code) for code, count in counts.items() if is_small(int(count), study)]:
            yield item, rare


def group_sizes(study: Study) -> pd.DataFrame:
    """The number of respondents in each level of each group, levels without any included."""
    check_is_study(study)
    return sizes_of(study, study.groups)


def level_sizes(study: Study, group: str) -> pd.DataFrame:
    """The same by level, of one categorical background variable."""
    return sizes_of(study, [group]).droplevel("group")


def sizes_of(study: Study, groups: Sequence[str]) -> pd.DataFrame:
    """Respondents by group and level, and whether they get estimates, see `estimable`."""
    parts = [
        pd.DataFrame({"group": [], "level": [], "n": [], "enough": []}).astype({"n": int, "enough": bool})
    ]
    for group in groups:
        found = level_counts(study, group)
        enough = estimable(found["n"], found["secret"], study.settings.min_group, len(study.responses))
        parts.append(pd.DataFrame({"group": group, "level": found.index, "n": found["n"], "enough": enough}))
    return pd.concat(parts).set_index(["group", "level"])


def report(found: Screening, language: str) -> Iterator[str]:
    """The lines of a readable report."""
    study, say = found.study, words(language)

    def shown(count: int) -> str:
        """A count, unless it is small enough to point at someone."""
        return shown_count(study, say, count)

    yield study.title[language]
    yield "  " + say("screening.size", n=found.n, items=len(study.items))
    complete = int(found.missing_per_respondent.get(0, 0))
    yield "  " + say("screening.complete", count=shown_count(study, say, complete, found.n))
    missing = found.missing_per_item["missing"].sort_values(ascending=False, kind="stable")
    often = [f"{item} ({count})" for item, count in missing.items() if not is_small(count, study)]
    if often:
        yield "  " + say("screening.missing", items=", ".join(often[:MOST_NAMED]))
    yield "  " + say("screening.constant", count=shown(found.constant))
    yield "  " + say("screening.duplicated", count=shown(found.duplicated))
    for item, answers in rare_answers(study):
        few = say("screening.few", min_cell=study.settings.min_cell)
        yield "  " + say("screening.rare", few=few, item=item, answers=", ".join(answers))
    for group, levels in found.groups.groupby(level="group", sort=False):
        yield f"  {study.group_label(str(group), language)}"
        texts = level_counts(study, str(group))["text"]
        for ((_, level), _, enough), text in zip(levels.itertuples(), texts, strict=True):
            note = "" if enough else f" ({say('screening.too_few')})"
            yield f"    {study.level_label(str(group), level, language)}: {text}{note}"
        if (levels["n"] > 0).sum() < 2:
            yield f"    {say('screening.one_level')}"
    yield from ("  " + line for line in left_out_lines(study, say))
    yield from ("  " + line for line in merged_lines(study, say))
    for variable, count in study.recoded.items():
        label = study.group_label(variable, language)
        yield "  " + say("levels.recoded", variable=label, count=shown(count))
    yield from fallbacks(study.in_language(language), say)


def left_out_lines(study: Study, say: Words) -> Iterator[str]:
    """How many rows of the files are no respondents of the study, and why; what else was passed over."""
    least = study.file.responses.min_answered
    for one in study.left_out:
        yield say(f"rows.{one.key}", column=one.column, count=shown_count(study, say, one.count), n=least)
    for remark in study.remarks:
        yield say(f"passed.{remark.key}", **remark.values)


def merged_lines(study: Study, say: Words) -> Iterator[str]:
    """What each merged level is made of, and how many respondents it holds where that may be shown."""
    for variable, merged in study.file.merge.items():
        texts = level_counts(study, variable)["text"]
        for level, spec in merged.items():
            parts = [study.declared_categories[variable][part][say.language] for part in spec.levels]
            yield say(
                "levels.merged",
                variable=study.group_label(variable, say.language),
                parts=say.listing(parts),
                level=study.level_label(variable, str(level), say.language),
                count=say("levels.hidden") if texts[str(level)] == NOT_SHOWN else texts[str(level)],
            )


def fallbacks(study: Study, say: Words) -> Iterator[str]:
    """A line for texts of the study, and one for those of the program, that are not in the language."""
    for kind, keys in (("texts", study.untranslated()), ("words", say.missing)):
        if keys:
            yield "  " + fallback(say, kind, keys)


def fallback(say: Words, kind: str, keys: Sequence[str]) -> str:
    """How many texts of a kind are not in the language, and the first of them."""
    shown = ", ".join(keys[:MOST_NAMED]) + (", …" if len(keys) > MOST_NAMED else "")
    return say(f"screening.fallback.{kind}", language=say.own_name, n=len(keys), keys=shown)


def is_small(count: int, study: Study) -> bool:
    """Whether a count is shown to nobody; none is not told apart from few."""
    return count < study.settings.min_cell


def shown_count(study: Study, say: Words, count: int, total: int | None = None) -> str:
    """A count, or words where it is too small to be shown, or so near a known total that the rest is.

    None is not told apart from few, nor all from nearly all.
    """
    least = study.settings.min_cell
    if count < least:
        return say("counts.fewer", n=least)
    if total is not None and total - count < least:
        return say("counts.more", n=total - least)
    return str(count)


def population_size(study: Study) -> int | None:
    """How many there are to ask: the entries of the register, where that is the population; else None."""
    spec = study.file.register_
    return study.register_size if spec and spec.is_asked_once(study.responses) else None
