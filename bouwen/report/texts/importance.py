"""Sentences about how much predictors matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from bouwen.escaping import in_markdown
from bouwen.path import Importance
from bouwen.report.audience import Reader, ReaderOptions, reader_of
from bouwen.report.given import check_given
from bouwen.report.tables.structural import IMPORTANCE
from bouwen.report.texts.wording import markdown
from bouwen.survey import Study

if TYPE_CHECKING:
    from IPython.display import Markdown


def importance_text(
    found: Importance, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> Markdown:
    """Where total effects and shares of R² agree and disagree, which effects turn, and what became of draws.

    Parameters
    ----------
    found : Importance
        From `bouwen.predictor_importance`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    to = reader_of(found, study, **options)
    check_given(found, Importance, IMPORTANCE)
    say, counts = to.words, {name: to.words.number(n, 0) for name, n in found.counts.items()}
    lost = found.counts["used"] < found.counts["drawn"]
    lines = [f"- {verdict_line(found, outcome, to)}" for outcome in found.explained.index]
    rule = [say("importance.rule")] if len(found.disagreements()) else []
    turning = [say("importance.turning")] if len(found.turned()) else []
    draws = say("importance.draws_lost" if lost else "importance.draws", **counts)
    return markdown("\n\n".join(["\n".join(lines), *rule, *turning, draws]))


def verdict_line(found: Importance, outcome: str, to: Reader) -> str:
    """Which predictor of an outcome comes first by either figure, and about which the two disagree."""
    own = found.levers[found.levers["outcome"] == outcome].set_index("predictor")
    by_total, by_share = own["total"].abs().idxmax(), own["share"].idxmax()
    odd = found.disagreements()
    others = [
        name for name in odd.loc[odd["outcome"] == outcome, "predictor"] if name not in (by_total, by_share)
    ]
    key = ("agree" if by_total == by_share else "differ") + ("_apart" if others else "")
    named = {"first": by_share, "total": by_total, "share": by_share, "outcome": outcome}
    texts = {key: in_markdown(to.label(str(name))) for key, name in named.items()}
    line = to.words(
        f"importance.{key}",
        others=to.words.listing([f"*{in_markdown(to.label(n))}*" for n in others]),
        **texts,
    )
    turned = found.turned().query("outcome == @outcome")
    parts = [
        to.words("importance.against", predictor=in_markdown(to.label(name)), r=to.words.number(r),
                 total=to.words.number(total))
        for name, r, total in zip(turned["predictor"], turned["r"], turned["total"], strict=True)
    ]  # fmt: skip
    return f"{line} {to.words('importance.turned', effects=to.words.listing(parts))}" if parts else line
