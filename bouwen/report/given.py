"""What a table or a figure is given -> the same, or a refusal that names what to give."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from bouwen.errors import BouwenError
from bouwen.sem import Fit
from bouwen.survey import Study

FIT = "a fit (bouwen.fit_sem or bouwen.fit_model)"


class WrongResult(BouwenError):
    """Something else is given than the result to be shown.

    Attributes
    ----------
    wanted : str
        What to give.
    found : str
        The kind of thing that was given.
    """

    def __init__(self, wanted: str, found: object, place: str = "first, and the study after it") -> None:
        self.wanted, self.found = wanted, type(found).__name__
        article = "an" if self.found[0] in "AEIOU" else "a"
        super().__init__(f"give {wanted} {place}; found {article} {self.found}.")


class SeveralGroups(BouwenError):
    """A fit of several groups, where one is shown; ``groups`` are their names."""

    def __init__(self, groups: Iterable[object]) -> None:
        self.groups = tuple(map(str, groups))
        named = ", ".join(f'"{name}"' for name in self.groups)
        super().__init__(f"the fit has several groups ({named}), and this shows one; fit each by itself.")


class NothingToShow(BouwenError):
    """A result without anything of the kind that a table or a figure shows."""


def check_given(found: object, kind: type | tuple[type, ...], wanted: str) -> None:
    """Raise `WrongResult` where something else than a result of this kind is given."""
    if not isinstance(found, kind):
        raise WrongResult(wanted, found)


def check_one_group(fit: object) -> Fit:
    """A fit of one group; `WrongResult` or `SeveralGroups` where it is something else."""
    check_given(fit, Fit, FIT)
    assert isinstance(fit, Fit)
    if fit.partable.n_groups > 1:
        raise SeveralGroups(fit.sample.group_values)
    return fit


def check_frame(found: object, columns: Iterable[str], wanted: str) -> None:
    """Raise `WrongResult` where something else than a table with these columns is given."""
    if not isinstance(found, pd.DataFrame):
        raise WrongResult(wanted, found)
    if lacking := [name for name in columns if name not in {*found.columns, *found.index.names}]:
        named = " and ".join(f'"{name}"' for name in lacking)
        raise WrongResult(wanted, found, f"first (a table without {named} is another one)")


def check_study(found: object) -> None:
    """Raise `WrongResult` where something else than a study is given."""
    if not isinstance(found, Study):
        raise WrongResult("a study (bouwen.read_study)", found, "first: its answers or texts are shown")
