"""What the specification curve says, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from bouwen.path import SpecificationCurve
from bouwen.report.audience import ReaderOptions, reader
from bouwen.report.texts.wording import markdown
from bouwen.survey import Study

if TYPE_CHECKING:
    from IPython.display import Markdown


def question_text(
    curve: SpecificationCurve, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> Markdown:
    """Range and median of the effect that the study asks for: other predictors taken into account.

    Says so where constructs of the structural model are left out, which the path does not need.

    Parameters
    ----------
    curve : SpecificationCurve
        From `bouwen.specification_curve`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    say, found = reader(study, **options).words, curve.of_the_question()
    numbers = {name: say.number(found[name]) for name in ("lowest", "highest", "median")}
    key = "question" if (curve.results["adjustment"] == "none").any() else "one_question"
    text = say(f"robustness.{key}", n=int(found["specifications"]), **numbers)
    if gone := len(curve.path.left_out):
        text += " " + say("robustness.part", gone=gone)
    return markdown(text)


def robustness_text(
    curve: SpecificationCurve, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> Markdown:
    """Whether the conclusion about the main path depends on the choices, and which of them have flaws.

    Parameters
    ----------
    curve : SpecificationCurve
        From `bouwen.specification_curve`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    say = reader(study, **options).words
    found = curve.summary()
    n = int(found["specifications"] - found["failed"])
    k = round(found["significant"] * n)
    verdict = "mixed" if found["same_sign"] < 1 else "same_sign" if k < n else "firm"
    text = say(f"robustness.{verdict}", n=n, k=k)
    failed, improper = int(found["failed"]), int(found["improper"])
    if failed or improper:
        text += say("robustness.imperfect", failed=failed, improper=improper)
    return markdown(text)
