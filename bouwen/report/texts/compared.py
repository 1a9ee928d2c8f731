"""Groups in sentences: what could be settled, who is highest and lowest, and the story of one of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.escaping import in_markdown
from bouwen.groups import (
    DIFFERENT,
    EQUIVALENT,
    INCOMPARABLE,
    OPEN,
    TRIVIAL,
    ConstructLadders,
    GroupComparison,
    against_rest,
    alike_everywhere,
    extremes,
    settled_comparisons,
    told_rows,
)
from bouwen.report.audience import Reader, ReaderOptions, reader
from bouwen.report.given import check_frame, check_given
from bouwen.report.tables.compared import LADDERS, SLOPES, Compared, check_compared, check_level
from bouwen.report.texts.mirrored import labels
from bouwen.report.texts.wording import markdown
from bouwen.survey import Study

if TYPE_CHECKING:
    from IPython.display import Markdown

MEAN_KINDS = ("latent mean", "score")
KIND_WORDS = {"latent mean": "means", "score": "scores", "path": "paths", "total effect": "totals"}
LEVELS_NAMED = 5  # levels that a sentence names


def groups_settled_text(found: Compared, study: Study) -> Markdown:
    """How many comparisons could be settled, what these sizes could have shown, and what it would take.

    Parameters
    ----------
    found : mapping of group to GroupComparison
        From `bouwen.compare_all_groups`.
    study : Study
    """
    check_compared(found, study)
    to, rows = reader(study), settled_comparisons(found.values())
    say = to.words
    if rows.empty:
        return markdown(say("groups.nothing"))
    settled, n = int(rows["settled"].sum()), int(rows["n"].sum())
    lines = [say("groups.settled" if settled else "groups.none_settled", settled=settled, n=n)]
    lines += [""] + [f"- {settled_line(to, row)}" for _, row in rows.iterrows()]
    if any(one.reduced for one in found.values()):
        names = [in_markdown(to.label(name)) for name in study.file.antecedents]
        lines += ["", say("groups.reduced", antecedents=say.listing(names))]
    return markdown("\n".join(lines))


def settled_line(to: Reader, row: pd.Series) -> str:
    """One kind of comparison: how many, what could have been found, and what it would take."""
    say = to.words
    text = say(
        "groups.kind",
        kind=say(f"groups.kinds.{KIND_WORDS[row['kind']]}"),
        n=row["n"],
        settled=row["settled"],
        detectable=say.number(row["detectable"]),
        demonstrable=say.number(row["demonstrable"]),
        smallest=say.number(row["smallest"]),
    )
    if row["times"] > 1:
        needed = math.ceil(row["least"] * row["times"] / 10) * 10
        times = say.number(row["times"], 0 if row["times"] >= 10 else 1)
        text += " " + say("groups.needed", times=times, needed=say.number(needed, 0), least=row["least"])
    if row["incomparable"]:
        text += " " + say("groups.incomparable", n=row["incomparable"])
    return text


def groups_found_text(found: Compared, study: Study) -> Markdown:
    """Which group is highest and which lowest, where that can be told; where all are alike; who is left out.

    Parameters
    ----------
    found : mapping of group to GroupComparison
        From `bouwen.compare_all_groups`.
    study : Study
    """
    check_compared(found, study)
    to = reader(study)
    parts = []
    for group, one in found.items():
        lines = [f"- {line}" for line in found_lines(to, one)]
        parts.append(f"**{in_markdown(to.group(group))}**\n\n" + "\n".join(lines))
    return markdown("\n\n".join(parts))


def found_lines(to: Reader, found: GroupComparison) -> list[str]:
    """What is found in one grouping."""
    say, rows = to.words, told_rows(found)
    lines = [difference_line(to, found, row) for _, row in largest_differences(found).iterrows()]
    if not lines and len(rows):
        lines = [say("groups.no_difference")]
    if alike := alike_everywhere(found):
        lines.append(say("groups.alike", constructs=labels(to, alike)))
    if apart := list(dict.fromkeys(rows.loc[rows["verdict"] == INCOMPARABLE, "what"])):
        lines.append(say("groups.not_comparable", constructs=say.listing([chain(to, one) for one in apart])))
    if len(found.levels) < 2:
        lines.append(say("groups.one_level", need=needed_size(to)))
    if found.left_out:
        lines.append(say("groups.too_small", levels=levels_named(to, found), need=needed_size(to)))
    return lines


def largest_differences(found: GroupComparison) -> pd.DataFrame:
    """The largest difference that was found on every construct and path, from the higher level."""
    rows = told_rows(found)
    rows = rows[rows["verdict"] == DIFFERENT]
    if rows.empty:
        return rows
    ends = extremes(found, rows["kind"].unique())
    ends = ends[ends["verdict"] == DIFFERENT]
    named = set(zip(ends["kind"], ends["what"], strict=True))
    keys = list(zip(rows["kind"], rows["what"], strict=True))
    others = rows[[key not in named for key in keys]]
    largest = others.loc[others["estimate"].abs().groupby([others["kind"], others["what"]]).idxmax()]
    return pd.concat([ends, largest]) if len(largest) else ends


def difference_line(to: Reader, found: GroupComparison, row: pd.Series) -> str:
    """Who is above whom, by how much."""
    high, low = (row["level"], row["other"]) if row["estimate"] > 0 else (row["other"], row["level"])
    ends = (row["ci_lower"], row["ci_upper"])
    if row["estimate"] < 0:
        ends = (-ends[1], -ends[0])
    kind = "mean" if row["kind"] in MEAN_KINDS else "path"
    return to.words(
        f"groups.{kind}_apart",
        what=chain(to, row["what"]),
        high=level_said(to, found, high),
        low=level_said(to, found, low),
        gap=to.words.number(abs(row["estimate"])),
        interval=to.words.interval(*ends),
    )


def level_story_text(found: GroupComparison, study: Study, level: str) -> Markdown:
    """What sets a level apart from all others, on what it is like them, and how much is left open.

    Parameters
    ----------
    found : GroupComparison
        From `bouwen.compare_groups`.
    study : Study
    level : str
    """
    check_level(found, study, level)
    to, rows = reader(study), against_rest(found, level)
    if rows.empty:
        return markdown(to.words("groups.one_level", need=needed_size(to)))
    say, name = to.words, in_markdown(to.level(found.group, level))
    name = name[:1].upper() + name[1:]
    means = rows[rows["kind"].isin(MEAN_KINDS)]
    told = []
    for key, sign in (("higher", 1), ("lower", -1)):
        own = means[(means["verdict"] == DIFFERENT) & (sign * means["estimate"] > 0)]
        if len(own):
            said = [
                say(
                    "groups.by",
                    construct=chain(to, row["what"]),
                    gap=say.number(abs(row["estimate"]), 1),
                )
                for _, row in own.iterrows()
            ]
            told.append(say(f"groups.{key}", constructs=say.listing(said)))
    if not told:
        told = [say("groups.not_apart", n=len(means))]
    sentences = [say("groups.story", level=name, told=say.listing(told))]
    alike = list(means.loc[means["verdict"].isin([EQUIVALENT, TRIVIAL]), "what"])
    sentences += [say("groups.alike_rest", constructs=labels(to, alike))] if alike else []
    apart = list(means.loc[means["verdict"] == INCOMPARABLE, "what"])
    sentences += [say("groups.not_comparable", constructs=labels(to, apart))] if apart else []
    paths = rows[~rows["kind"].isin(MEAN_KINDS) & (rows["verdict"] == DIFFERENT)]
    sentences += [
        say(
            "groups.path_stronger" if row["estimate"] > 0 else "groups.path_weaker",
            path=chain(to, row["what"]),
        )
        for _, row in paths.iterrows()
    ]
    if open_ := int((means["verdict"] == "cannot tell").sum()):
        detectable = say.number(float(means["detectable"].median()))
        sentences.append(say("groups.left_open", n=open_, detectable=detectable))
    return markdown(" ".join(sentences))


def groups_line_text(found: Compared, study: Study) -> Markdown | None:
    """One line on groups for the first page: what was found, or that nothing could be settled.

    Nothing in a study without groups.

    Parameters
    ----------
    found : mapping of group to GroupComparison
        From `bouwen.compare_all_groups`.
    study : Study
    """
    check_compared(found, study)
    to, rows = reader(study), settled_comparisons(found.values())
    if rows.empty:
        return None
    say, settled, n = to.words, int(rows["settled"].sum()), int(rows["n"].sum())
    told = []
    for group, one in found.items():
        own = largest_differences(one)
        names = list(dict.fromkeys(own["what"])) if len(own) else []
        if names:
            told.append(
                say(
                    "groups.differ_on",
                    group=in_markdown(to.group(group)),
                    constructs=say.listing([chain(to, name) for name in names]),
                )
            )
    counts = {"settled": settled, "n": n, "link": f"[{say('groups.line_link')}](groups-top)"}
    if told:
        return markdown(say("groups.line_found", found=say.listing(told), **counts))
    return markdown(say("groups.line_settled" if settled else "groups.line_none", **counts))


def construct_ladders_text(found: ConstructLadders, study: Study) -> Markdown:
    """On how many scales the items work alike in every grouping, and where not.

    Parameters
    ----------
    found : ConstructLadders
        From `bouwen.construct_ladders`.
    study : Study
    """
    check_given(found, ConstructLadders, LADDERS)
    to, rows = reader(study), found.table()
    if rows.empty:
        return markdown(to.words("groups.nothing"))
    lines = []
    for group, own in rows[rows["step"] == "scalar"].groupby("group", sort=False):
        counts = {word: list(own.loc[own["invariance"] == word, "construct"]) for word in LADDER_ENDS}
        said = [
            to.words(f"groups.ladder_{word}", n=len(names), constructs=labels(to, names))
            for word, names in counts.items()
            if names
        ]
        lines.append(f"- **{in_markdown(to.group(str(group)))}**: " + " ".join(said))
    return markdown("\n".join(lines))


def numeric_effects_text(
    found: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> Markdown | None:
    """Which scales go with a number that is known of respondents; nothing without one.

    Parameters
    ----------
    found : DataFrame
        From `bouwen.numeric_effects`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_frame(found, ("variable", "construct", "estimate", "logarithm", "verdict"), SLOPES)
    to = reader(study, **options)
    if found.empty:
        return None
    return markdown(
        "\n".join(f"- {number_line(to, *part)}" for part in found.groupby("variable", sort=False))
    )


def number_line(to: Reader, variable: object, rows: pd.DataFrame) -> str:
    """What one number goes with."""
    say, told = to.words, []
    for key, sign in (("more", 1), ("less", -1)):
        own = rows[(rows["verdict"] == DIFFERENT) & (sign * rows["estimate"] > 0)]
        told += (
            [say(f"groups.number_{key}", constructs=labels(to, list(own["construct"])))] if len(own) else []
        )
    if not told:
        told = [say("groups.number_none", n=len(rows))]
    if len(alike := list(rows.loc[rows["verdict"].isin([EQUIVALENT, TRIVIAL]), "construct"])):
        told.append(say("groups.number_ruled_out", constructs=labels(to, alike)))
    if (rows["verdict"] == OPEN).any():
        told.append(
            say(
                "groups.number_open",
                n=int((rows["verdict"] == OPEN).sum()),
                detectable=say.number(float(rows["detectable"].median())),
                smallest=say.number(float(rows["smallest"].median())),
            )
        )
    return f"**{in_markdown(to.group(str(variable)))}**: " + " ".join(told)


LADDER_ENDS = ("full", "partial", "fails", "untested")


def chain(to: Reader, what: str) -> str:
    """A construct or a path as a sentence names it."""
    return in_markdown(to.chain(what.split(" -> ")))


def level_said(to: Reader, found: GroupComparison, level: str) -> str:
    """A level, or all others, as a sentence names it."""
    return in_markdown(to.words("compared.rest") if level == "rest" else to.level(found.group, level))


def levels_named(to: Reader, found: GroupComparison) -> str:
    """Levels that are left out; how many where there are many."""
    names = [in_markdown(to.level(found.group, level)) for level in found.left_out]
    more = len(names) - LEVELS_NAMED
    return to.words.listing(names if more <= 0 else [*names[:LEVELS_NAMED], to.words("groups.more", n=more)])


def needed_size(to: Reader) -> int:
    """The smallest group that is compared."""
    assert to.study is not None
    return to.study.settings.min_group
