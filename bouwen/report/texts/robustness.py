"""What the specification curve says, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bouwen.path import SpecificationCurve
from bouwen.report.texts.wording import markdown
from bouwen.survey import Study

if TYPE_CHECKING:
    from IPython.display import Markdown

VERDICTS = {
    "firm": {
        "en": "All {n} have the same sign and differ significantly from zero. So *whether* there is an "
        "effect does not depend on these choices; how large it is does.",
        "nl": "Alle {n} hebben hetzelfde teken en verschillen significant van nul. *Of* er een effect is, "
        "hangt dus niet van deze keuzes af; hoe groot het is wel.",
    },
    "same sign": {
        "en": "All {n} have the same sign, and {k} differ significantly from zero. So the direction does not "
        "depend on these choices; how sure one can be of it does.",
        "nl": "Alle {n} hebben hetzelfde teken, en {k} verschillen significant van nul. De richting hangt "
        "dus niet van deze keuzes af; hoe zeker die is wel.",
    },
    "mixed": {
        "en": "Not all of the {n} have the same sign; {k} differ significantly from zero in the direction of "
        "most. So the conclusion depends on these choices.",
        "nl": "Niet alle {n} hebben hetzelfde teken; {k} verschillen significant van nul in de richting van "
        "de meeste. De conclusie hangt dus van deze keuzes af.",
    },
}
IMPERFECT = {
    "en": " {failed} more gave no estimate, and {improper} have an impossible estimate somewhere, such as a "
    "negative variance.",
    "nl": " Nog {failed} gaven geen schatting, en {improper} hebben ergens een onmogelijke schatting, zoals "
    "een negatieve variantie.",
}


def robustness(study: Study, curve: SpecificationCurve) -> Markdown:
    """Whether the conclusion about the main path depends on the choices, and which specifications have
    flaws.
    """
    found = curve.summary()
    n = int(found["specifications"] - found["failed"])
    k = round(found["significant"] * n)
    verdict = "mixed" if found["same_sign"] < 1 else "same sign" if k < n else "firm"
    text = VERDICTS[verdict][study.language].format(n=n, k=k)
    failed, improper = int(found["failed"]), int(found["improper"])
    if failed or improper:
        text += IMPERFECT[study.language].format(failed=failed, improper=improper)
    return markdown(text)
