"""Model text to tokens that know where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bouwen.errors import BouwenError


class ModelSyntaxError(BouwenError):
    """The model text cannot be read; says where and what was expected."""

    def __init__(self, problem: str, text: str, line: int, column: int) -> None:
        self.problem, self.line, self.column = problem, line, column
        lines = text.splitlines()
        self.text = lines[line - 1] if line <= len(lines) else ""
        marker = " " * (column - 1) + "^"
        super().__init__(f"line {line}, column {column}: {problem}\n    {self.text}\n    {marker}")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of model text: kind is ``name``, ``number``, ``string``, ``op``, ``newline`` or ``end``."""

    kind: str
    text: str
    line: int
    column: int

    @property
    def end(self) -> int:
        """Column just after the token."""
        return self.column + len(self.text)


NAME = r"(?:[^\W\d]|\.)[\w.]*"  # of a variable without quotes

_PIECES = re.compile(
    rf"""(?P<space>[ \t\r\f\v\u00a0]+|[#!][^\n]*)
      | (?P<newline>\n|;)
      | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<name>{NAME})
      | (?P<string>"[^"\n]*"|'[^'\n]*')
      | (?P<op>=~|~\*~|~~|<~|:=|==|<=|>=|[~|<>+\-*/^(),:])""",
    re.VERBOSE,
)


def scan(text: str) -> list[Token]:
    """Cut model text into tokens, leaving out blanks and comments.

    Raises
    ------
    ModelSyntaxError
        At a character that has no place in a model, or a quote that is not closed.
    """
    tokens = []
    line, line_start, at = 1, 0, 0
    while at < len(text):
        piece = _PIECES.match(text, at)
        column = at - line_start + 1
        if piece is None:
            problem = (
                "this quote is not closed" if text[at] in "\"'" else f"unexpected character {text[at]!r}"
            )
            if text[at] == "=":
                problem = 'a single "=" is not an operator; use "=~" for a factor, "==" for a constraint'
            raise ModelSyntaxError(problem, text, line, column)
        kind = str(piece.lastgroup)
        if kind != "space":
            tokens.append(Token(kind, piece.group(), line, column))
        at = piece.end()
        if piece.group() == "\n":
            line, line_start = line + 1, at
    tokens.append(Token("end", "", line, at - line_start + 1))
    return tokens
