"""What was put into synthetic answers, beside what a model makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from bouwen.report.audience import ReaderOptions, reader_of
from bouwen.report.given import check_given
from bouwen.report.tables.layout import interval_texts, lay_out, number_texts
from bouwen.report.tables.models import arrows_as_read
from bouwen.survey import Study
from bouwen.twin import Recovery

if TYPE_CHECKING:
    from great_tables import GT

RECOVERY = "what was recovered (bouwen.parameter_recovery)"


def recovery_table(found: Recovery, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """By path: what was put in, what the model finds in the long run, and what it finds here.

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
    check_given(found, Recovery, RECOVERY)
    to, paths = reader_of(found, study, **options), found.paths
    yes, no = to.words("common.yes"), to.words("common.no")
    return lay_out(
        to,
        {
            "path": arrows_as_read(to, paths),
            "put_in": number_texts(to, paths["put_in"]),
            "long_run": number_texts(to, paths["long_run"]),
            "std": number_texts(to, paths["est"]),
            "interval": interval_texts(to, paths),
            "covered": [yes if covered else no for covered in paths["covered"]],
        },
        note="recovery",
    )
