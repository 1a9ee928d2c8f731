"""A data frame of items -> numbers that a formula may use, or a refusal that names the item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from bouwen.errors import BouwenError, did_you_mean

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Missing = Literal["pairwise", "listwise"]


class ScaleError(BouwenError):
    """Answers from which the asked figure cannot be computed."""


class NotNumeric(ScaleError):
    """An item holds something else than finite numbers."""

    def __init__(self, item: str, found: str) -> None:
        self.item, self.found = item, found
        super().__init__(f'item "{item}" holds {found}; give answers as numbers, missing ones as NaN.')


class RepeatedItem(ScaleError):
    """Two columns have the same name."""

    def __init__(self, item: str) -> None:
        self.item = item
        super().__init__(f'"{item}" is the name of more than one column; drop or rename one of them.')


class ConstantItem(ScaleError):
    """Everyone gave the same answer to an item, or nobody answered it."""

    def __init__(self, item: str, n: int) -> None:
        self.item, self.n = item, n
        found = f"has the same answer from all {n} respondents" if n else "has no answers"
        super().__init__(f'item "{item}" {found}, so it has no correlations; leave it out.')


class TooFewItems(ScaleError):
    """Fewer items than the figure needs."""

    def __init__(self, items: Sequence[str], needed: int, what: str) -> None:
        self.items, self.needed = tuple(items), needed
        found = " and ".join(f'"{item}"' for item in items) or "none"
        super().__init__(f"{what} needs at least {needed} items; found {found}.")


class TooFewRespondents(ScaleError):
    """Fewer respondents than the figure needs."""

    def __init__(self, n: int, needed: int, what: str) -> None:
        self.n, self.needed = n, needed
        super().__init__(f"{what} needs at least {needed} respondents with answers; found {n}.")


class SingularMatrix(ScaleError):
    """Some items are, to the last digit, a combination of others."""

    def __init__(self, items: Sequence[str], smallest: float) -> None:
        self.items, self.smallest = tuple(items), smallest
        names = ", ".join(f'"{item}"' for item in items)
        found = (
            f"is not positive definite (smallest eigenvalue {smallest:.2g})"
            if smallest < -1e-8
            else "is singular"
        )
        super().__init__(
            f"the correlation matrix {found}; the items {names} are combinations of each other. "
            "Leave one out, or use complete answers only (listwise)."
        )


class UnknownChoice(ScaleError):
    """An option has a value that it does not offer."""

    def __init__(self, option: str, found: object, allowed: Sequence[str]) -> None:
        self.option, self.found, self.allowed = option, found, tuple(allowed)
        offered = ", ".join(f'"{choice}"' for choice in allowed)
        super().__init__(f'{option} is one of {offered}; found "{found}".{did_you_mean(str(found), allowed)}')


class NotAShare(ScaleError):
    """An option that is a share lies outside its bounds."""

    def __init__(self, option: str, found: float) -> None:
        self.option, self.found = option, found
        super().__init__(f"{option} is a share between 0 and 1, such as 0.95; found {found}.")


def check_choice(option: str, found: object, allowed: Sequence[str]) -> None:
    """Raise `UnknownChoice` where an option does not offer a value."""
    if found not in allowed:
        raise UnknownChoice(option, found, allowed)


def check_share(option: str, found: float) -> None:
    """Raise `NotAShare` where an option is not between 0 and 1."""
    if not 0 < found < 1:
        raise NotAShare(option, found)


def check_confidence(confidence: float) -> None:
    """Raise `NotAShare` where a level of confidence is not between 0 and 1."""
    check_share("confidence", confidence)


def check_numeric(items: pd.DataFrame) -> pd.DataFrame:
    """The items as floats, whatever they hold; `NotNumeric` names one that is text."""
    columns = {name: _numbers(items[name], str(name)) for name in items.columns}
    return pd.DataFrame(columns, index=items.index)


def check_answers(
    items: pd.DataFrame, *, minimum: int = 1, what: str = "This", missing: Missing = "pairwise"
) -> pd.DataFrame:
    """The items as floats, rows without any answer left out.

    Parameters
    ----------
    items : DataFrame
        One column per item, one row per respondent, NaN where no answer was given.
    minimum : int
        The number of items needed.
    what : str
        The name of the figure, for the message.
    missing : {"pairwise", "listwise"}
        Whether rows with some answers stay.

    Raises
    ------
    ScaleError
        Too few or repeated columns, a column that is not numeric, a constant column.
    """
    check_choice("missing", missing, get_args(Missing))
    names = [str(name) for name in items.columns]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise RepeatedItem(repeated[0])
    if len(names) < minimum:
        raise TooFewItems(names, minimum, what)
    answers = pd.DataFrame(
        {name: _numbers(items[column], name) for name, column in zip(names, items.columns, strict=True)},
        index=items.index,
    )
    answers = answers.dropna(how="any" if missing == "listwise" else "all")
    if len(answers) < 2:
        raise TooFewRespondents(len(answers), 2, what)
    for name in names:
        if answers[name].nunique() < 2:
            raise ConstantItem(name, int(answers[name].count()))
    return answers


def _numbers(column: pd.Series, name: str) -> Vector:
    if not pd.api.types.is_numeric_dtype(column.dtype):
        found = "dates" if pd.api.types.is_datetime64_any_dtype(column.dtype) else "text or categories"
        raise NotNumeric(name, found)
    values = column.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(values).any():
        raise NotNumeric(name, "infinite values")
    return values
