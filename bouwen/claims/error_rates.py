"""How often the verdicts of a page err, as it was recorded beside a study."""

from __future__ import annotations

import io

import pandas as pd

from bouwen.inputs import opened
from bouwen.survey import FileError, Study, beside, check_is_study

PAGE = "page"  # the row of a table of rates that is about all claims together
RATES = (
    "claim", "n", "nothing_supported", "boundary_supported", "boundary_contradicted", "smallest_wrong",
    "runs", "expected", "power", "power_runs", "needed",
)  # fmt: skip


def read_error_rates(study: Study) -> pd.DataFrame | None:
    """How often a survey like this one errs about each claim, and how often it finds what is there.

    Parameters
    ----------
    study : Study
        Its ``error_rates`` name the table, which simulations recorded.

    Returns
    -------
    DataFrame or None
        One row per claim, and the row `page` for any of them, with shares of simulated surveys of ``n``
        answers. Of ``runs`` each: ``nothing_supported``, supported at least in part where nothing is true;
        ``boundary_supported`` and ``boundary_contradicted``, the same and the opposite where the truth equals
        the reference; ``smallest_wrong``, large enough or small where it equals the smallest value.
        ``expected``: what there is to say of the claim in the population that is assumed for the study,
        *supported* where all of it holds, *contradicted* where part of it does not; ``power``, how often that
        is said, at least in part where it is contradicted, of ``power_runs`` surveys; ``needed``, the answers
        from which that is four in five, missing where no number is enough. None where the study has no such
        table.

    Raises
    ------
    FileError
        The table lacks a column, or a claim of the study.
    """
    check_is_study(study)
    if study.file.error_rates is None:
        return None
    path = beside(study.path, study.file.error_rates)
    try:
        rates = pd.read_csv(io.BytesIO(opened(path).read_bytes()))
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be read as a table of error rates ({error}).") from None
    for name in RATES:
        if name not in rates:
            raise FileError(path, f'there is no column "{name}"; record the table anew with make long.')
    expected = {PAGE, *study.instrument.claims}
    if set(rates["claim"]) != expected:
        other = ", ".join(sorted(expected ^ set(rates["claim"].astype(str))))
        raise FileError(path, f"its claims are not those of the study ({other}); record it anew.")
    return rates[list(RATES)]
