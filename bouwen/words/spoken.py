"""Texts and numbers in one language."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)
class Words:
    """The texts of a language by dotted key, and numbers in its spelling; see `bouwen.words.words`.

    Attributes
    ----------
    language : str
        Its code.
    texts : mapping
        Text by dotted key, English where the language has none.
    missing : tuple of str
        The keys of the texts that are English for that reason.
    sentences : mapping
        By key, the form of what fits and tests remark in English; see `said`.
    """

    language: str
    texts: Mapping[str, str]
    missing: tuple[str, ...] = ()
    sentences: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key, with values at its ``{places}``.

        Raises
        ------
        KeyError
            There is no such key, or a place gets no value: an error in the program, so no `BouwenError`.
        """
        try:
            return self.texts[key].format(**values)
        except KeyError as error:
            what = "there is no such text" if key not in self.texts else f"no value for {error}"
            raise KeyError(f"{key}: {what}") from None

    def has(self, key: str) -> bool:
        """Whether there is a text of this key."""
        return key in self.texts

    def said(self, sentence: str) -> str:
        """A sentence that a fit or a test remarks in English, in this language; itself where it is not known.

        >>> from bouwen.words import words
        >>> words("nl").said("no solution of bifactor"), words("nl").said("whatever else")
        ('geen oplossing van bifactor', 'whatever else')
        """
        for key, form in self.sentences.items():
            if found := form.fullmatch(sentence):
                return self(key, **found.groupdict())
        return sentence

    def number(self, value: float, digits: int = 2) -> str:
        """A number with a fixed count of decimals.

        >>> from bouwen.words import words
        >>> words("en").number(1234.5, 1), words("nl").number(1234.5, 1), words("en").number(float("nan"))
        ('1,234.5', '1.234,5', '–')
        """
        if not math.isfinite(value):
            return self.none
        return self.marked(f"{value:z,.{digits}f}")

    def plain(self, value: float) -> str:
        """A number with as many decimals as it has.

        >>> from bouwen.words import words
        >>> words("nl").plain(20000.0), words("en").plain(-2.5)
        ('20.000', '−2.5')
        """
        return self.marked(f"{value:z,.15g}")

    def marked(self, text: str) -> str:
        """A number of Python's with the language's decimal and thousands marks, and a minus for a hyphen."""
        marks: dict[str, str | int | None] = {
            ",": self("numbers.thousands"),
            ".": self("numbers.decimal"),
            "-": "−",
        }
        return text.translate(str.maketrans(marks))

    def percent(self, share: float, digits: int = 0) -> str:
        """A share as a percentage.

        >>> from bouwen.words import words
        >>> words("en").percent(0.254), words("nl").percent(0.254, 1)
        ('25%', '25,4%')
        """
        return self("numbers.percent", number=self.number(100 * share, digits))

    def interval(self, lower: float, upper: float, digits: int = 2) -> str:
        """An interval in brackets, which stays on one line.

        >>> from bouwen.words import words
        >>> print(words("en").interval(-0.1, 0.25), words("nl").interval(-0.1, 0.25))
        [−0.10, 0.25] [−0,10; 0,25]
        """
        between = self("numbers.between")
        return f"[{self.number(lower, digits)}{between}{self.number(upper, digits)}]"

    def pvalue(self, p: float) -> str:
        """A p-value to three decimals, never zero.

        >>> from bouwen.words import words
        >>> words("en").pvalue(0.0123), words("en").pvalue(1e-9), words("nl").pvalue(1e-9)
        ('0.012', '<0.001', '<0,001')
        """
        if not math.isfinite(p):
            return self.none
        return self("numbers.below", number=self.number(0.001, 3)) if p < 0.0005 else self.number(p, 3)

    def listing(self, parts: Sequence[str]) -> str:
        """Parts with commas and a closing *and*.

        >>> from bouwen.words import words
        >>> words("en").listing(["a", "b", "c"]), words("nl").listing(["a", "b"]), words("en").listing([])
        ('a, b and c', 'a en b', '–')
        """
        if len(parts) < 2:
            return parts[0] if parts else self.none
        return self("numbers.listing").join(parts[:-1]) + self("numbers.and") + parts[-1]

    def range(self, low: int, high: int) -> str:
        """Two whole numbers as a range, or one where they are equal.

        >>> from bouwen.words import words
        >>> words("en").range(1, 3), words("nl").range(2, 2), words("nl").range(1, 3)
        ('1 to 3', '2', '1 tot 3')
        """
        return str(low) if low == high else self("numbers.range", low=low, high=high)

    @property
    def own_name(self) -> str:
        """What the language is called in itself, or its code."""
        key = f"languages.{self.language}"
        return self(key) if self.has(key) else self.language

    @property
    def none(self) -> str:
        """The dash that stands for what is missing."""
        return self("numbers.missing")
