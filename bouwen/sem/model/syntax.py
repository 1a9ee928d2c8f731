"""Model text to statements.

The language is lavaan's (Rosseel, 2012): one formula a line, ``lhs op rhs``, where each
variable on the right may carry modifiers. A recursive-descent parser turns the tokens of
`bouwen.sem.model.scanner` into the statements of `bouwen.sem.model.statements`. Whatever
the text, the outcome is a `ParsedModel` or a `ModelSyntaxError`.

>>> print(parse_model("mood =~ m1 + a*m2; satisfaction ~ b*mood; ab := a*b"))
mood =~ m1
mood =~ a*m2
satisfaction ~ b*mood
ab := a * b
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from bouwen.errors import did_you_mean
from bouwen.sem.model.expression import FUNCTIONS, Binary, Expression, FunctionCall, Negate, Number, Symbol
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.model.scanner import ModelSyntaxError, Token, scan
from bouwen.sem.model.statements import Constraint, Formula, Modifiers, ParsedModel

MAX_NESTING = 60  # nesting of parentheses; far below Python's own limit
MAX_TERMS = 400  # operations in one formula
MODEL_OPS = ("=~", "~~", "~*~", "~", "|")
CONSTRAINT_OPS = (":=", "==", "<", ">")


_CONTINUES = {*MODEL_OPS, *CONSTRAINT_OPS, "+", "-", "*", "/", "^", "(", ","}
_CONTINUED_BY = {*MODEL_OPS, *CONSTRAINT_OPS, "+", "-", "*", "/", "^", ")", ","}


def parse_model(text: str) -> ParsedModel:
    """Read a model.

    Parameters
    ----------
    text : str
        lavaan model syntax: ``=~ ~ ~~ ~1 | ~*~`` formulas, ``:=`` definitions and ``== < >``
        constraints. Comments start with ``#`` or ``!``; ``;`` separates statements; a formula
        continues on the next line when a line ends, or the next begins, with an operator. A name that has
        blanks or begins with a digit stands in quotes: ``mood =~ "item 1" + "2nd item"``.

    Returns
    -------
    Model
        One `Formula` for every pair of variables, one `Constraint` for every restriction.

    Raises
    ------
    ModelSyntaxError
        With the line and column of the problem.
    UnsupportedModel
        Something else than a text.

    Notes
    -----
    There are no defaults for special kinds of model. A growth curve is written out: loadings that are
    numbers, item intercepts at 0 and factor means free, which lavaan's ``growth()`` would add::

        i =~ 1*t1 + 1*t2 + 1*t3
        s =~ 0*t1 + 1*t2 + 2*t3
        t1 + t2 + t3 ~ 0*1
        i + s ~ 1

    References
    ----------
    Rosseel (2012), lavaan: an R package for structural equation modeling. JSS 48(2).
    """
    if not isinstance(text, str):
        raise UnsupportedModel(
            f'a model is a text, such as "mood =~ m1 + m2 + m3"; found a {type(text).__name__}. '
            "The model comes first, then the data"
        )
    return _parsed(text)


@lru_cache(maxsize=256)
def _parsed(text: str) -> ParsedModel:
    """See `parse_model`; a fit asks for the same text several times."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for separator in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029":  # other ends of line in Unicode
        text = text.replace(separator, "\n")
    formulas: list[Formula] = []
    constraints: list[Constraint] = []
    for statement in _statements(scan(text), text):
        parser = _Parser(statement, text)
        if parser.operator.text in CONSTRAINT_OPS:
            constraints.append(parser.constraint())
        else:
            formulas.extend(parser.formulas())
    return ParsedModel(_merged(formulas, text), tuple(constraints))


def _statements(tokens: list[Token], text: str) -> list[list[Token]]:
    """Group tokens by statement; each ends with an ``end`` token placed after its last piece."""
    statements, current, depth = [], list[Token](), 0
    for i, token in enumerate(tokens):
        if token.text == "(" and token.kind == "op":
            depth += 1
        elif token.text == ")" and token.kind == "op":
            depth -= 1
        if token.kind not in ("newline", "end"):
            current.append(token)
            continue
        if token.text == "\n" and current:
            following = next(t for t in tokens[i:] if t.text != "\n" or t.kind == "end")
            hangs = current[-1].kind == "op" and current[-1].text in _CONTINUES
            goes_on = following.kind == "op" and following.text in _CONTINUED_BY
            if following.text == "-":  # only formulas over labels know a minus between terms
                goes_on = any(t.text in CONSTRAINT_OPS for t in current)
            if (depth > 0 or hangs or goes_on) and following.kind != "end":
                continue
        if current:
            last = current[-1]
            statements.append([*current, Token("end", "", last.line, last.end)])
        current, depth = [], 0
    return statements


def _merged(formulas: list[Formula], text: str) -> tuple[Formula, ...]:
    """Join modifiers given to one variable in several terms; refuse contradictions."""
    merged: dict[tuple[str, str, str], Formula] = {}
    for formula in formulas:
        key = (formula.lhs, formula.op, formula.rhs)
        if formula.op == "~~" and (formula.rhs, "~~", formula.lhs) in merged:
            key = (formula.rhs, "~~", formula.lhs)
        earlier = merged.get(key)
        if earlier is None:
            merged[key] = formula
            continue
        if earlier.line != formula.line and formula.modifiers == Modifiers():
            raise ModelSyntaxError(
                f'"{_shown(formula)}" is already in the model (line {earlier.line}); remove one of the two',
                text,
                formula.line,
                formula.column,
            )
        joined = {}
        for field in ("fixed", "start", "labels", "equal"):
            old, new = getattr(earlier.modifiers, field), getattr(formula.modifiers, field)
            if old and new and old != new:
                raise ModelSyntaxError(
                    f'"{_shown(formula)}" is given two different values; keep one',
                    text,
                    formula.line,
                    formula.column,
                )
            joined[field] = old or new
        merged[key] = replace(earlier, modifiers=Modifiers(**joined))
    return tuple(merged.values())


def _shown(formula: Formula) -> str:
    return f"{formula.lhs} ~ 1" if formula.op == "~1" else f"{formula.lhs} {formula.op} {formula.rhs}"


class _Parser:
    """One statement, read from left to right."""

    def __init__(self, tokens: list[Token], text: str) -> None:
        self.tokens, self.text, self.at, self.depth, self.terms = tokens, text, 0, 0, 0
        self.operator = self._find_operator()

    # reading tokens -----------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def fail(self, problem: str, token: Token | None = None) -> ModelSyntaxError:
        token = token or self.token
        return ModelSyntaxError(problem, self.text, token.line, token.column)

    def take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.at += 1
        return token

    def accept(self, text: str) -> bool:
        if self.token.kind == "op" and self.token.text == text:
            self.at += 1
            return True
        return False

    def expect(self, text: str, why: str) -> None:
        if not self.accept(text):
            raise self.fail(f'expected "{text}" {why}')

    def variable(self, what: str) -> Token:
        """A name, in quotes where it has blanks or begins with a digit, as in lavaan from 0.6-18 on."""
        token = self.token
        if token.kind != "string":
            return self.name(what)
        if not token.text[1:-1].strip():
            raise self.fail(f"expected {what} between the quotes")
        self.take()
        return replace(token, kind="name", text=token.text[1:-1])

    def name(self, what: str) -> Token:
        if self.token.kind != "name":
            before = self.tokens[self.at - 1] if self.at else None
            after = f' after "{before.text}"' if before else ""
            found = f', found "{self.token.text}"' if self.token.text else ""
            raise self.fail(f"expected {what}{after}{found}")
        return self.take()

    def _find_operator(self) -> Token:
        for i, token in enumerate(self.tokens):
            if token.kind != "op":
                continue
            if token.text == "<~":
                raise self.fail(
                    '"<~" (formative constructs) is not supported; regress the outcome on the indicators, '
                    'or write a composite as "~" with fixed weights',
                    token,
                )
            if token.text in ("<=", ">="):
                raise self.fail(f'"{token.text}" is not an operator; use "{token.text[0]}"', token)
            if token.text == ":":
                block = self.tokens[0].text in ("level", "group", "block", "class")
                raise self.fail(
                    "blocks are not supported; fit one level with cluster-robust errors (cluster=), "
                    "and several groups with group="
                    if block and i == 1
                    else "products of variables are not supported; add the product to the data as a column",
                    token,
                )
        operators = {*MODEL_OPS, *CONSTRAINT_OPS}
        for token in self.tokens:
            if token.kind == "op" and token.text in operators:
                return token
        first = self.tokens[0]
        if first.text == "efa":
            raise self.fail("efa blocks are not supported; use fit_efa", first)
        raise self.fail('expected an operator in this statement, such as "=~", "~" or "~~"', self.tokens[-1])

    # formulas -----------------------------------------------------------------------------------

    def formulas(self) -> list[Formula]:
        left = [self.variable("a variable")]
        while self.accept("+"):
            left.append(self.variable("a variable"))
        if self.token is not self.operator:
            if self.token.text == "*":
                raise self.fail("a modifier belongs on the right-hand side of a formula")
            if left[-1].text == "efa":
                raise self.fail("exploratory blocks are not supported; use fit_efa, or write the loadings")
            raise self.fail(f'expected "+" or "{self.operator.text}" here, found "{self.token.text}"')
        op = self.take().text
        terms = [self.term(op)]
        while self.accept("+"):
            terms.append(self.term(op))
        if self.token.kind != "end":
            hint = ""
            if self.token.text in (*MODEL_OPS, *CONSTRAINT_OPS):
                hint = "; start a new statement on a new line"
            elif self.token.text == "|":
                hint = "; write one formula for each left-hand side"
            raise self.fail(f'expected "+" or the end of the formula, found "{self.token.text}"{hint}')
        return [self._formula(lhs, op, *term) for lhs in left for term in terms]

    def _formula(self, lhs: Token, op: str, modifiers: Modifiers, rhs: Token) -> Formula:
        if rhs.kind == "number":
            return Formula(lhs.text, "~1", "", modifiers, rhs.line, rhs.column)
        if op == "|" and not re.fullmatch(r"t[1-9][0-9]*", rhs.text):
            raise self.fail(f'thresholds are named t1, t2, … ; found "{rhs.text}"', rhs)
        if op in ("=~", "~") and lhs.text == rhs.text:
            raise self.fail(f'"{lhs.text}" cannot {"measure" if op == "=~" else "predict"} itself', rhs)
        if op == "~*~" and lhs.text != rhs.text:
            raise self.fail('"~*~" scales one item: write the same name on both sides', rhs)
        return Formula(lhs.text, op, rhs.text, modifiers, rhs.line, rhs.column)

    def term(self, op: str) -> tuple[Modifiers, Token]:
        """``modifier * … * variable``; an intercept's variable is the number 1."""
        parts: list[tuple[str, tuple[object, ...], Token]] = []
        while True:
            begin = self.token
            negative = self.token.text == "-" and self.token.kind == "op"
            if negative:
                self.take()
            token = self.token
            if token.kind == "number":
                value = self.number(negative)
                if self.accept("*"):
                    parts.append(("fixed", (value,), begin))
                    continue
                if op == "~" and value == 1 and not negative:
                    return self.modifiers(parts), token
                hint = ' (an intercept fixed at zero is "0*1")' if op == "~" and value == 0 else ""
                raise self.fail(f'expected "*" after the number{hint}')
            if negative:
                raise self.fail('expected a number after "-"')
            if token.kind == "string":
                word = self.variable("a variable")
                if not self.accept("*"):
                    return self.modifiers(parts), word
                parts.append(("labels", (token.text[1:-1],), begin))
                continue
            word = self.name("an item" if op == "=~" else "a variable")
            if self.token.text == "(" and self.token.kind == "op":
                parts.append(self.call(word))
                self.expect("*", f'after "{word.text}(…)"')
                continue
            if self.accept("*"):
                kind, entry = ("fixed", None) if word.text == "NA" else ("labels", word.text)
                parts.append((kind, (entry,), begin))
                continue
            return self.modifiers(parts), word

    def number(self, negative: bool = False) -> float:
        token = self.take()
        value = float(token.text)
        if value == float("inf"):
            raise self.fail("this number is too large", token)
        return -value if negative else value

    def call(self, word: Token) -> tuple[str, tuple[object, ...], Token]:
        """``c(…)``, ``start(…)``, ``label(…)`` or ``equal(…)``, whose arguments are one per group."""
        kinds = {"c": "", "start": "start", "label": "labels", "equal": "equal"}
        if word.text not in kinds:
            raise self.fail(
                f'unknown modifier "{word.text}(…)"; use c(), start(), label() or equal()'
                + did_you_mean(word.text, kinds),
                word,
            )
        self.take()
        if self.token.text == "c" and self.tokens[min(self.at + 1, len(self.tokens) - 1)].text == "(":
            self.take()
            entries = self.arguments()
            self.expect(")", f'to close "{word.text}("')
        else:
            entries = self.arguments()
        numbers = [e for e in entries if isinstance(e, float)]
        words = [e for e in entries if isinstance(e, str)]
        if numbers and words:
            raise self.fail("mix either numbers and NA, or labels and NA, in one c(…)", word)
        kind = kinds[word.text] or ("labels" if words else "fixed")
        if (kind == "start" and words) or (kind in ("labels", "equal") and numbers):
            raise self.fail(f'"{word.text}(…)" needs {"numbers" if kind == "start" else "names"}', word)
        if kind == "equal" and any(e is None for e in entries):
            raise self.fail('"equal(…)" needs the name of a parameter, such as equal("f =~ x1")', word)
        if kind == "labels":
            entries = ["" if e is None else e for e in entries]
        return kind, tuple(entries), word

    def arguments(self) -> list[float | str | None]:
        """Numbers, NA, names or quoted strings, up to and with the closing parenthesis."""
        entries: list[float | str | None] = []
        while True:
            negative = self.accept("-")
            token = self.token
            if token.kind == "number":
                entries.append(self.number(negative))
            elif token.kind == "name" and not negative:
                self.take()
                entries.append(None if token.text == "NA" else token.text)
            elif token.kind == "string" and not negative:
                self.take()
                entries.append(token.text[1:-1])
            else:
                raise self.fail("expected a number, a name or NA")
            if self.accept(")"):
                return entries
            self.expect(",", 'or ")" here')

    def modifiers(self, parts: list[tuple[str, tuple[object, ...], Token]]) -> Modifiers:
        found: dict[str, tuple[object, ...]] = {}
        for kind, entries, token in parts:
            if kind in found and found[kind] != entries:
                raise self.fail("this modifier contradicts an earlier one", token)
            if kind in ("labels", "equal"):
                for entry in entries:
                    readable = re.fullmatch(r"(?:[^\W\d]|\.)[\w.]*", str(entry)) and entry != "NA"
                    if kind == "labels" and entry != "" and not readable:
                        raise self.fail(
                            f'"{entry}" cannot be a label; use letters, digits, "_" and "."', token
                        )
            found[kind] = entries
        return Modifiers(**found)  # type: ignore[arg-type]

    # constraints --------------------------------------------------------------------------------

    def constraint(self) -> Constraint:
        start = self.token
        if self.operator.text == ":=":
            word = self.name("a name for the defined parameter")
            left: Expression = Symbol(word.text, word.column, word.line)
            if self.token is not self.operator:
                raise self.fail('expected ":=" after the name of the defined parameter')
        else:
            left = self.sum()
            if self.token is not self.operator:
                raise self.fail(f'expected an operator, found "{self.token.text}"')
        op = self.take().text
        begin = self.at
        right = self.sum()
        text = "".join(token.text for token in self.tokens[begin : self.at])
        if self.token.kind != "end":
            raise self.fail(f'expected the end of the statement, found "{self.token.text}"')
        return Constraint(op, left, right, start.line, start.column, text)

    def sum(self) -> Expression:
        value = self.product()
        while self.token.kind == "op" and self.token.text in "+-":
            value = self.joined(value, self.take(), self.product())
        return value

    def product(self) -> Expression:
        value = self.signed()
        while self.token.kind == "op" and self.token.text in "*/":
            value = self.joined(value, self.take(), self.signed())
        return value

    def signed(self) -> Expression:
        if self.accept("-"):
            self.deeper()
            value: Expression = Negate(self.signed())
            self.depth -= 1
            return value
        if self.accept("+"):
            self.deeper()
            value = self.signed()
            self.depth -= 1
            return value
        return self.power()

    def power(self) -> Expression:
        base = self.atom()
        if self.accept("^"):
            self.deeper()
            base = Binary("^", base, self.signed())
            self.depth -= 1
        return base

    def atom(self) -> Expression:
        token = self.token
        if token.kind == "number":
            return Number(self.number())
        if self.accept("("):
            self.deeper()
            inner = self.sum()
            self.depth -= 1
            self.expect(")", "to close the parenthesis")
            return inner
        word = self.name("a label, a number or a parenthesis")
        if self.token.text == "(" and self.token.kind == "op":
            if word.text not in FUNCTIONS:
                raise self.fail(f'unknown function "{word.text}"{did_you_mean(word.text, FUNCTIONS)}', word)
            self.take()
            self.deeper()
            argument = self.sum()
            self.depth -= 1
            self.expect(")", f'to close "{word.text}("')
            return FunctionCall(word.text, argument)
        return Symbol(word.text, word.column, word.line)

    def joined(self, left: Expression, op: Token, right: Expression) -> Expression:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise self.fail(f"this formula has more than {MAX_TERMS} terms; split it", op)
        return Binary(op.text, left, right)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.fail(f"this formula is nested more than {MAX_NESTING} levels deep; split it")
