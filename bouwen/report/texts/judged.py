"""Units that two roles judge, in sentences: of all of them, and of one for a development talk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.checks import check_known
from bouwen.escaping import in_markdown
from bouwen.groups import AMONG, HIGHER, LOWER, NOT_TOLD, UnitScores
from bouwen.report.audience import Reader, reader_of
from bouwen.report.given import check_given
from bouwen.report.tables.judged import MONITOR
from bouwen.report.texts.wording import markdown
from bouwen.survey import USUAL_UNIT, Study

if TYPE_CHECKING:
    from IPython.display import Markdown


def units_text(found: UnitScores, study: Study) -> Markdown:
    """Which units have a sheet, of which scales scores are told, and how much stands out.

    Parameters
    ----------
    found : UnitScores
        From `bouwen.unit_scores`.
    study : Study
    """
    check_given(found, UnitScores, MONITOR)
    to = reader_of(found, study)
    say, out = to.words, found.scores["place"]
    lines = [say("units.reported", n=len(found.units), min_unit=found.min_unit)]
    reason = study.settings.min_unit_reason
    if found.min_unit < USUAL_UNIT and reason:
        lines.append(in_markdown(reason[study.language]))
    if found.left_out:
        names = say.listing([in_markdown(name) for name in found.left_out])
        lines.append(say("units.left_out", names=names, n=len(found.left_out), min_unit=found.min_unit))
    hidden = found.scales.index[found.scales["shown"] == NOT_TOLD]
    if len(hidden):
        lines.append(say("units.hidden", scales=say.listing([scale_name(to, found, *key) for key in hidden])))
    counts = {"high": int((out == HIGHER).sum()), "low": int((out == LOWER).sum())}
    lines.append(say("units.out", scales=len(found.scales) - len(hidden), **counts))
    width = (found.scores["rank_upper"] - found.scores["rank_lower"] + 1).median()
    if pd.notna(width):
        lines.append(say("units.no_league", places=say.number(width, 0), n=len(found.units)))
    if found.case_mix:
        traits = say.listing([in_markdown(to.group(name)) for name in found.case_mix])
        lines.append(say("units.case_mix", traits=traits))
    return markdown("\n\n".join(lines))


def unit_text(found: UnitScores, unit: str, study: Study) -> Markdown:
    """For a development talk: what stands out of one unit, what to ask, and what cannot be said.

    Parameters
    ----------
    found : UnitScores
        From `bouwen.unit_scores`.
    unit : str
    study : Study
    """
    check_given(found, UnitScores, MONITOR)
    check_known("unit", unit, found.units)
    to = reader_of(found, study)
    parts = [
        (to.words("units.heads.out"), out_lines(to, found, unit)),
        (to.words("units.heads.items"), item_lines(to, found, unit)),
        (to.words("units.heads.ask"), questions(to, found, unit)),
        (to.words("units.heads.limits"), limits_of(to, found, unit)),
    ]
    told = [f"**{head}**\n\n" + "\n".join(f"- {line}" for line in lines) for head, lines in parts]
    return markdown("\n\n".join(['<div class="unit-sheet">', *told, "</div>"]))


def out_lines(to: Reader, found: UnitScores, unit: str) -> list[str]:
    """Scales on which a unit is not as all, and gaps between roles that are not as elsewhere."""
    say, rows, lines = to.words, found.of(unit), []
    means = found.scales["mean"].to_dict()
    for _, row in rows[rows["place"].isin([HIGHER, LOWER])].iterrows():
        told = {"scale": scale_name(to, found, row["role"], row["construct"])}
        told |= {
            "score": say.number(row["estimate"]),
            "mean": say.number(means[row["role"], row["construct"]]),
        }
        told |= {"interval": say.interval(row["ci_lower"], row["ci_upper"])}
        lines.append(say(f"units.stands.{row['place']}", **told))
    first, second = role_names(to, found)
    gaps = found.gaps[(found.gaps["unit"] == unit) & found.gaps["place"].isin([HIGHER, LOWER])]
    for _, row in gaps.iterrows():
        construct = in_markdown(to.label(row["construct"]))
        lines.append(say(f"units.gaps.{row['place']}", construct=construct, first=first, second=second))
    return lines or [say("units.nothing_out")]


def item_lines(to: Reader, found: UnitScores, unit: str) -> list[str]:
    """The items of each role that lie highest and lowest among all units, with the caution that they need."""
    say, lines = to.words, []
    means = found.item_scales["mean"].to_dict()
    for role, name in zip(found.roles, role_names(to, found), strict=True):
        own = (found.items["unit"] == unit) & (found.items["role"] == role)
        rows = found.items[own].dropna(subset="estimate")
        if len(rows) < 2:
            lines.append(say("units.no_items", role=name))
            continue
        common = [means[role, item] for item in rows["item"]]
        rows = rows.assign(away=rows["estimate"] - common).sort_values("away", kind="stable")
        for key, row in (("strongest", rows.iloc[-1]), ("weakest", rows.iloc[0])):
            sure = say("units.beyond" if row["place"] != AMONG else "units.chance")
            wording = in_markdown(wording_for(to, role, row["item"]))
            lines.append(say(f"units.{key}", role=name, item=wording, caution=sure))
    return lines


def questions(to: Reader, found: UnitScores, unit: str) -> list[str]:
    """What to ask in the talk about what stands out; or what to ask where nothing does."""
    say, rows = to.words, found.of(unit)
    out = rows[rows["place"].isin([HIGHER, LOWER])]
    lines = [
        say(f"units.ask.{row['place']}", scale=scale_name(to, found, row["role"], row["construct"]))
        for _, row in out.drop_duplicates(["construct", "place"]).iterrows()
    ]
    first, second = role_names(to, found)
    return [*lines, say("units.ask.always", first=first, second=second)]


def limits_of(to: Reader, found: UnitScores, unit: str) -> list[str]:
    """What a sheet cannot say."""
    say, rows = to.words, found.of(unit)
    lines = []
    if among := [
        scale_name(to, found, row["role"], row["construct"])
        for _, row in rows[rows["place"] == AMONG].iterrows()
    ]:
        lines.append(say("units.limits.among", scales=say.listing(among)))
    hidden = found.scales.index[found.scales["shown"] == NOT_TOLD]
    if len(hidden):
        names = [scale_name(to, found, *key) for key in hidden]
        lines.append(say("units.limits.hidden", scales=say.listing(names)))
    return [*lines, say("units.limits.rank", n=len(found.units)), say("units.limits.cause")]


def role_names(to: Reader, found: UnitScores) -> list[str]:
    """Both roles as a reader knows them."""
    return [in_markdown(to.level(found.role, role)) for role in found.roles]


def scale_name(to: Reader, found: UnitScores, role: object, construct: object) -> str:
    """A scale in a role."""
    side = in_markdown(to.level(found.role, str(role)))
    return to.words("units.scale", construct=in_markdown(to.label(str(construct))), role=side)


def wording_for(to: Reader, role: str, item: str) -> str:
    """An item as those in a role read it, where they are a perspective; otherwise as the study has it."""
    study = to.study
    assert study is not None
    text = study.instrument.items[item].text
    return text[role][to.words.language] if role in text else study.wording(item, to.words.language)
