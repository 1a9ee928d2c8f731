"""Options and answers that a formula may use, or a refusal that names the option or the item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeVar, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from bouwen.errors import BouwenError, did_you_mean

Array = npt.NDArray[Any]
Ints = npt.NDArray[Any]
Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Missing = Literal["pairwise", "listwise"]
Choice = TypeVar("Choice", bound=str)


class OptionError(BouwenError):
    """An option that does not exist, or a value that it cannot have."""


class UnknownOption(OptionError):
    """An option, or a value of an option, that does not exist."""

    def __init__(self, option: str, found: object, known: Iterable[str]) -> None:
        self.option, self.found, self.known = option, found, tuple(known)
        super().__init__(
            f"{option}={found!r} is not known; use one of: {', '.join(self.known)}."
            f"{did_you_mean(str(found), self.known)}"
        )


class UnknownName(OptionError):
    """A name of something that a study does not have.

    Attributes
    ----------
    kind : str
        What it should be the name of, such as "group".
    found : object
    known : tuple of str
        The names that there are.
    """

    def __init__(self, kind: str, found: object, known: Iterable[str]) -> None:
        self.kind, self.found, self.known = kind, found, tuple(map(str, known))
        there = f"known are {', '.join(self.known)}" if self.known else "this study has none"
        super().__init__(f'there is no {kind} "{found}"; {there}.{did_you_mean(str(found), self.known)}')


class NotAShare(OptionError):
    """An option that is a share lies outside its bounds."""

    def __init__(self, option: str, found: object) -> None:
        self.option, self.found = option, found
        shown = repr(found) if isinstance(found, str) else found
        super().__init__(f"{option} is a share between 0 and 1, such as 0.95; found {shown}.")


class NotACount(OptionError):
    """A number of draws, a seed or the like that cannot be."""

    def __init__(self, option: str, found: object, least: int) -> None:
        self.option, self.found, self.least = option, found, least
        super().__init__(f"{option}={found!r} cannot be; give a whole number from {least} on")


class DataError(BouwenError):
    """Answers from which what was asked cannot be computed.

    Attributes
    ----------
    item, group : str
        What it is about, "" where it is about no single one.
    """

    def __init__(self, message: str, *, item: str = "", group: str = "") -> None:
        self.item, self.group = item, group
        super().__init__(message)


class NotNumeric(DataError):
    """An item holds something else than finite numbers."""

    def __init__(self, item: str, found: str) -> None:
        self.found = found
        super().__init__(
            f'item "{item}" holds {found}; turn it into numbers, missing answers as NaN, or into an ordered '
            "category.",
            item=item,
        )


class NotRows(DataError):
    """A table of covariances or correlations stands where rows of answers are asked for."""

    def __init__(self, *, correlations: bool) -> None:
        self.correlations = correlations
        kind = "correlation" if correlations else "covariance"
        super().__init__(
            f"the data are a {kind} matrix, whose rows are named as its columns, and no answers; give rows "
            "of answers, or the matrix as Moments(matrix, n=…) to fit_sem and with n=… to fit_efa"
        )


class RepeatedItem(DataError):
    """Two columns have the same name."""

    def __init__(self, item: str) -> None:
        super().__init__(
            f'"{item}" is the name of more than one column; drop or rename one of them.', item=item
        )


class ConstantItem(DataError):
    """Everyone gave the same answer to an item, or nobody answered it."""

    def __init__(self, item: str, n: int, group: str = "") -> None:
        self.n = n
        where = f' in group "{group}"' if group else ""
        found = f"has the same answer from all {n} respondents" if n else "has no answers"
        super().__init__(
            f'item "{item}"{where} {found}, so it has no correlations; leave it out.', item=item, group=group
        )


class TooFewItems(DataError):
    """Fewer items than the figure needs."""

    def __init__(self, items: Sequence[str], needed: int, what: str) -> None:
        self.items, self.needed = tuple(items), needed
        found = " and ".join(f'"{item}"' for item in items) or "none"
        super().__init__(f"{what} needs at least {needed} items; found {found}.")


class TooFewRespondents(DataError):
    """Fewer respondents than the figure needs."""

    def __init__(self, n: int, needed: int, what: str) -> None:
        self.n, self.needed = n, needed
        super().__init__(f"{what} needs at least {needed} respondents with answers; found {n}.")


class SingularMatrix(DataError):
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


def check_choice(option: str, found: object, allowed: Iterable[Choice]) -> Choice:
    """The value of an option as it is spelt here, capitals forgiven.

    >>> check_choice("estimator", "wlsmv", ("MLR", "WLSMV"))
    'WLSMV'

    Raises
    ------
    UnknownOption
        The option does not offer it.
    """
    known = tuple(allowed)
    if isinstance(found, str):
        for name in known:
            if name.lower() == found.lower():
                return name
    raise UnknownOption(option, found, known)


def check_known(kind: str, found: str, known: Iterable[str]) -> str:
    """The name itself; `UnknownName` where a study has nothing of that name."""
    names = tuple(known)
    if not isinstance(found, str) or found not in names:
        raise UnknownName(kind, found, names)
    return found


def check_flag(option: str, found: object) -> None:
    """Raise `UnknownOption` where an option is neither True nor False: "no" would count as yes."""
    if not isinstance(found, (bool, np.bool_)):
        raise UnknownOption(option, found, ("True", "False"))


def check_share(option: str, found: object, *, zero: bool = False, one: bool = False) -> None:
    """Raise `NotAShare` where an option is not between 0 and 1, or is one of these that may not be."""
    if not isinstance(found, (int, float, np.integer, np.floating)):
        raise NotAShare(option, found)
    if not (0 < found < 1 or (zero and found == 0) or (one and found == 1)):
        raise NotAShare(option, found)


def check_count(option: str, found: object, least: int = 0) -> None:
    """Raise `NotACount` where an option is not a whole number from ``least`` on."""
    if not isinstance(found, (int, np.integer)) or found < least:
        raise NotACount(option, found, least)


def check_confidence(confidence: object) -> None:
    """Raise `NotAShare` where a level of confidence is not between 0 and 1."""
    check_share("confidence", confidence)


def is_matrix(items: pd.DataFrame) -> bool:
    """Whether a frame is a table of covariances or correlations: symmetric, its rows named as its columns."""
    if len(items) < 2 or list(items.index) != list(items.columns):
        return False
    if not all(map(pd.api.types.is_numeric_dtype, items.dtypes)):
        return False
    values = items.to_numpy(dtype=float)
    return bool(np.allclose(values, values.T, rtol=1e-6, atol=1e-9) and (np.diag(values) > 0).all())


def check_rows(items: pd.DataFrame) -> None:
    """Raise `NotRows` where a frame holds covariances or correlations rather than answers."""
    if is_matrix(items):
        raise NotRows(correlations=bool(np.allclose(np.diag(items.to_numpy(dtype=float)), 1.0)))


def check_numeric(items: pd.DataFrame) -> pd.DataFrame:
    """The items as floats, whatever they hold; `NotNumeric` names one that is text."""
    columns = {name: check_numbers(items[name], str(name)) for name in items.columns}
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
    DataError
        Too few or repeated columns, a column that is not numeric, a constant column.
    """
    missing = check_choice("missing", missing, get_args(Missing))
    check_rows(items)
    names = check_names(items.columns)
    if len(names) < minimum:
        raise TooFewItems(names, minimum, what)
    answers = pd.DataFrame(
        {name: check_numbers(items[column], name) for name, column in zip(names, items.columns, strict=True)},
        index=items.index,
    )
    answers = answers.dropna(how="any" if missing == "listwise" else "all")
    if len(answers) < 2:
        raise TooFewRespondents(len(answers), 2, what)
    for name in names:
        if answers[name].nunique() < 2:
            raise ConstantItem(name, int(answers[name].count()))
    return answers


def check_names(columns: Iterable[object]) -> list[str]:
    """The names of columns as texts; `RepeatedItem` names one that occurs twice."""
    names = [str(name) for name in columns]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise RepeatedItem(repeated[0])
    return names


def is_ordered(column: pd.Series) -> bool:
    """Whether a column holds ordered categories."""
    return isinstance(column.dtype, pd.CategoricalDtype) and bool(column.cat.ordered)


def check_numbers(column: pd.Series, name: str) -> Vector:
    """A column as floats, NaN where missing; the places of an ordered category count from 1.

    Raises
    ------
    NotNumeric
    """
    if is_ordered(column):
        return np.where(column.cat.codes < 0, np.nan, column.cat.codes + 1.0)
    if not pd.api.types.is_numeric_dtype(column.dtype):
        found = "dates" if pd.api.types.is_datetime64_any_dtype(column.dtype) else "text or categories"
        raise NotNumeric(name, found)
    plain = isinstance(column.dtype, np.dtype)
    values = column.to_numpy(dtype=float) if plain else column.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(values).any():
        raise NotNumeric(name, "infinite values")
    return np.asarray(values)
