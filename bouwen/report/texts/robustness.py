"""What the specification curve says, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bouwen.path import SpecificationCurve
from bouwen.report.texts.wording import markdown
from bouwen.survey import Study
from bouwen.words import words

if TYPE_CHECKING:
    from IPython.display import Markdown


def robustness(study: Study, curve: SpecificationCurve) -> Markdown:
    """Whether the conclusion about the main path depends on the choices, and which specifications have
    flaws.
    """
    found = curve.summary()
    n = int(found["specifications"] - found["failed"])
    k = round(found["significant"] * n)
    verdict = "mixed" if found["same_sign"] < 1 else "same_sign" if k < n else "firm"
    say = words(study.language)
    text = say(f"robustness.{verdict}", n=n, k=k)
    failed, improper = int(found["failed"]), int(found["improper"])
    if failed or improper:
        text += say("robustness.imperfect", failed=failed, improper=improper)
    return markdown(text)
