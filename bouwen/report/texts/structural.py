"""Sentences about how paths were estimated, and what their structure restricts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Unpack

from bouwen.escaping import in_markdown
from bouwen.report.audience import ReaderOptions, reader
from bouwen.report.given import check_given
from bouwen.report.tables.models import ANY_FIT, FITS
from bouwen.report.texts.readings import is_significant, pvalue_text
from bouwen.report.texts.wording import analysed_text, markdown
from bouwen.sem import Fit, SamFit
from bouwen.survey import Study

if TYPE_CHECKING:
    from IPython.display import Markdown


def structure_text(
    fit: SamFit | Fit, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> Markdown:
    """How paths were estimated, from how many respondents, and in what these are nested.

    Parameters
    ----------
    fit : SamFit or Fit
        From `bouwen.fit_structure`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    to = reader(study, **options)
    check_given(fit, FITS, ANY_FIT)
    say, n = to.words, analysed_text(to, fit.n)
    if isinstance(fit, Fit):
        return markdown(say("structure.one_step", estimator=in_markdown(fit.call.estimator.name), n=n))
    said = say("structure.two_steps", blocks=say.number(len(fit.blocks), 0), n=n)
    if fit.sample.cluster and study is not None and study.cluster:
        clusters = len({number for group in fit.sample.cluster for number in group})
        named = in_markdown(to.group(study.cluster))
        kind, degrees = ("nested", 0.0) if math.isinf(fit.degrees) else ("jackknife", fit.degrees)
        said += say(
            f"structure.{kind}",
            clusters=say.number(clusters, 0),
            variable=named,
            degrees=say.number(degrees, 0),
        )
    return markdown(said)


def restrictions_text(
    fit: SamFit | Fit, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> Markdown | None:
    """What a structure restricts, and whether the answers bear it; nothing of a fit in one step.

    Parameters
    ----------
    fit : SamFit or Fit
        From `bouwen.fit_structure`.
    study : Study, optional
        Gives the language, and the level of confidence, of which what is left is the level of the test.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    to = reader(study, **options)
    check_given(fit, FITS, ANY_FIT)
    if isinstance(fit, Fit):
        return None
    test = fit.structural_test
    if test.df == 0:
        return markdown(to.words("structure.saturated"))
    key = "restricts" if is_significant(to, test.pvalue) else "free"
    p, chisq = pvalue_text(test.pvalue, to.words.language), to.words.number(test.chisq, 1)
    return markdown(to.words(f"structure.{key}", df=to.words.number(test.df, 0), chisq=chisq, p=p))
