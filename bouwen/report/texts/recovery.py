"""What a model makes of what was put into synthetic answers, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import numpy as np

from bouwen.report.audience import ReaderOptions, reader_of
from bouwen.report.texts.wording import markdown
from bouwen.survey import Study
from bouwen.twin import Recovery

if TYPE_CHECKING:
    from IPython.display import Markdown


def recovery_text(found: Recovery, study: Study | None = None, **options: Unpack[ReaderOptions]) -> Markdown:
    """How many intervals hold the long run, and for which path that is furthest from what was put in.

    Parameters
    ----------
    found : Recovery
        From `bouwen.parameter_recovery`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`; ``confidence``, the level at
        which the recovery was asked for.
    """
    to, paths = reader_of(found, study, **options), found.paths
    say, n, covered = to.words, len(paths), int(paths["covered"].sum())
    text = say("recovery.covered", n=n, covered=covered, expected=say.number(n * found.confidence, 1))
    away = (paths["long_run"] - paths["put_in"]).abs()
    if away.notna().any():
        row = paths.iloc[int(np.nanargmax(away))]
        text += say(
            "recovery.apart", name=to.chain((row["rhs"], row["lhs"])), put_in=say.number(row["put_in"]),
            long_run=say.number(row["long_run"]),
        )  # fmt: skip
    return markdown(text)
