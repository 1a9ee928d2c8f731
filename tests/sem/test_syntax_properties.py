"""Whatever the text: a model, or a `ModelSyntaxError` that says where."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bouwen.errors import BouwenError
from bouwen.sem.model.expression import FUNCTIONS, Binary, Expression, FunctionCall, Negate, Symbol
from bouwen.sem.model.scanner import ModelSyntaxError
from bouwen.sem.model.statements import ParsedModel
from bouwen.sem.model.syntax import parse_model
from bouwen.sem.model.table import ParTable, TableOptions, build_table

PIECES = [
    *["=~", "~~", "~", "~*~", "|", ":=", "==", "<", ">", "<~", "<=", ">=", "+", "-", "*", "/", "^", ":", "="],
    *[
        "(",
        ")",
        ",",
        ";",
        "\n",
        " ",
        "\t",
        "#",
        "!",
        '"',
        "'",
        "%",
        "&",
        "$",
        "\\",
        "@",
        "é",
        "Ω",
        "\u2028",
        "\x00",
    ],
    *[
        "x1",
        "x2",
        "f",
        "g",
        "a",
        "NA",
        "c",
        "start",
        "equal",
        "label",
        "exp",
        "t1",
        "t2",
        "level",
        "efa",
        ".x",
        "_",
    ],
    *[
        "0",
        "1",
        "2.5",
        "1e5",
        "1e999",
        ".5",
        "1.",
        "c(1, NA)*",
        "NA*",
        "start(0.5)*",
        'equal("f =~ x1")*',
        "c(a, b)*",
    ],
]
VALID = """trust =~ t1 + a*t2 + start(0.8)*t3 + c(NA, 1)*t4
use =~ NA*u1 + u2; use ~~ 1*use
use ~ b*trust + age   # a comment
t1 ~~ r*t2 ! another
t1 ~ 0*1; t4 | t1 + t2
t4 ~*~ 1*t4
ab := a*b^2 - exp(-a)/3
a == 2*b
b > 0.1"""


def read(text: str) -> ParsedModel | ModelSyntaxError:
    try:
        return parse_model(text)
    except ModelSyntaxError as error:
        return error


def says_where(outcome: ParsedModel | ModelSyntaxError, text: str) -> bool:
    """Whether a refusal has a problem, and a line and column of the text; a model needs none."""
    if isinstance(outcome, ParsedModel):
        return True
    lines = range(1, len(text) + 2)
    start = f"line {outcome.line}, column {outcome.column}: "
    places = outcome.line in lines and outcome.column in lines
    return places and bool(outcome.problem) and str(outcome).startswith(start)


def table_or_refusal(model: ParsedModel) -> ParTable | BouwenError:
    options = TableOptions(meanstructure=True, thresholds={"t4": 2})
    try:
        return build_table(model, ("",), options)
    except BouwenError as error:
        return error


def is_a_table_or_says_why(model: ParsedModel) -> bool:
    """Whether a model gives a table with rows, or one refusal in words."""
    outcome = table_or_refusal(model)
    return bool(outcome.rows if isinstance(outcome, ParTable) else str(outcome))


def without_places(expression: Expression) -> Expression:
    match expression:
        case Symbol(label):
            return Symbol(label)
        case Negate(operand):
            return Negate(without_places(operand))
        case Binary(op, left, right):
            return Binary(op, without_places(left), without_places(right))
        case FunctionCall(function, argument):
            return FunctionCall(function, without_places(argument))
    return expression


def meaning(model: ParsedModel) -> tuple[object, ...]:
    """The model without the lines and columns where it stands."""
    return (
        tuple(replace(formula, line=0, column=0) for formula in model.formulas),
        tuple((c.op, without_places(c.left), without_places(c.right)) for c in model.constraints),
    )


@given(st.text())
@example("")
@example("\n;;#")
@example("x ~~")
@example('f =~ "')
@example("\r\n\x85f =~ x1 +")
@example("f =~ x1 = x2")
def test_any_text_is_read_or_refused(text: str) -> None:
    assert says_where(read(text), text)


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
@example("f =~ 1e999*x1")
@example("a == " + "(" * 500 + "b" + ")" * 500)
@example("a := " + "-" * 2000 + "b")
@example("a := b" + "^b" * 1000)
@example("a := b" + " + b" * 5000)
@example("f =~ " + " + ".join(f"x{i}" for i in range(3000)))
@example("f =~ " + "a*" * 2000 + "x1")
@example(" + ".join(f"x{i}" for i in range(60)) + " ~~ " + " + ".join(f"x{i}" for i in range(60)))
def test_anything_made_of_model_pieces_is_read_or_refused(text: str) -> None:
    outcome = read(text)
    assert says_where(outcome, text)
    if isinstance(outcome, ParsedModel) and len(text) < 500:
        assert is_a_table_or_says_why(outcome)


@given(st.data())
def test_a_valid_model_with_one_thing_wrong_is_read_or_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(VALID)))
    gone = data.draw(st.integers(0, 6))
    extra = data.draw(st.sampled_from(["", *PIECES]))
    text = VALID[:at] + extra + VALID[at + gone :]
    outcome = read(text)
    assert says_where(outcome, text)
    if isinstance(outcome, ParsedModel):
        assert is_a_table_or_says_why(outcome)


# ---- printing and reading again -----------------------------------------------------------------

variables = st.sampled_from(["x1", "x2", "x3", "x4", "t4", "long.name", "é1", "x_1"])
factors = st.sampled_from(["f", "g", "h"])
labels = st.sampled_from(["a", "b", "c", "start", "l.1", "equal"])
numbers = st.floats(allow_nan=False, allow_infinity=False).map(lambda x: repr(x))
entries = st.one_of(
    st.lists(st.one_of(numbers, st.just("NA")), min_size=2, max_size=3),
    st.lists(labels, min_size=2, max_size=3),
)
modifiers = st.one_of(
    st.just(""),
    numbers.map(lambda value: f"{value}*"),
    labels.map(lambda label: f"{label}*"),
    st.just("NA*"),
    numbers.map(lambda value: f"start({value})*"),
    entries.map(lambda values: f"c({', '.join(values)})*"),
    st.tuples(labels, numbers).map(lambda pair: f"{pair[0]}*start({pair[1]})*"),
    st.just('equal("f =~ x1")*'),
)


def terms(names: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(modifiers, names).map("".join), min_size=1, max_size=4).map(" + ".join)


formulas = st.one_of(
    st.tuples(factors, st.just(" =~ "), terms(variables)).map("".join),
    st.tuples(st.one_of(variables, factors), st.just(" ~ "), terms(st.one_of(variables, factors))).map(
        "".join
    ),
    st.tuples(variables, st.just(" ~~ "), terms(variables)).map("".join),
    st.tuples(variables, st.just(" ~ "), modifiers, st.just("1")).map("".join),
    st.tuples(variables, st.just(" | "), terms(st.sampled_from(["t1", "t2"]))).map("".join),
    st.tuples(variables, modifiers).map(lambda pair: f"{pair[0]} ~*~ {pair[1]}{pair[0]}"),
)
amounts = st.recursive(
    st.one_of(labels, numbers.map(lambda x: x.lstrip("-")), st.just("d1")),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "^"]), inner).map(" ".join),
        inner.map(lambda x: f"({x})"),
        inner.map(lambda x: f"-{x}"),
        inner.map(lambda x: f"exp({x})"),
    ),
    max_leaves=12,
)
constraints = st.one_of(
    amounts.map(lambda amount: f"d2 := {amount}"),
    st.tuples(amounts, st.sampled_from(["==", "<", ">"]), amounts).map(" ".join),
)
models = st.lists(st.one_of(formulas, formulas, constraints), min_size=1, max_size=6).map("\n".join)


@given(models)
@example(VALID)
@example("a := " + " + ".join(["b"] * 300))
@example("a := " + " ^ ".join(["b"] * 50))
@example("a := " + "-" * 50 + "b")
@example("f =~ -0.0*x1 + 1e-320*x2 + 123456789.123456789*x3")
@example("f =~ c(a, NA)*x1 + c(NA, NA)*x2")
def test_a_printed_model_reads_as_the_same_model(text: str) -> None:
    model = read(text)
    assert says_where(model, text)
    if not isinstance(model, ParsedModel):
        return
    again = parse_model(str(model))
    assert meaning(again) == meaning(model)
    assert str(again) == str(model)
    first, second = table_or_refusal(model), table_or_refusal(again)
    if isinstance(first, ParTable) and isinstance(second, ParTable):
        assert second.rows == first.rows
        assert [name for name, _ in second.definitions] == [name for name, _ in first.definitions]
    else:
        assert type(second) is type(first)


@pytest.mark.parametrize(
    ("twice", "where"),
    [
        ("f =~ 1*x1 + x2\nf =~ 2*x1", 2),
        ("f =~ a*x1 + x2 + b*x1", 1),
        ("f =~ x1 + start(1)*x2\n\nf =~ start(2)*x2", 3),
    ],
)
def test_a_parameter_with_two_values_is_refused(twice: str, where: int) -> None:
    with pytest.raises(ModelSyntaxError, match="two different values; keep one") as caught:
        parse_model(twice)
    assert caught.value.line == where


@pytest.mark.parametrize("number", ["1e999", "1" + "0" * 400])
@pytest.mark.parametrize(
    "text", ["f =~ {}*x1", "f =~ start({})*x1", "f =~ b*x1\nb > {}", "f =~ b*x1\nd := {}*b"]
)
def test_a_number_beyond_all_numbers_is_refused(text: str, number: str) -> None:
    with pytest.raises(ModelSyntaxError):
        parse_model(text.format(number))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("at", [-0.7, 0.4, 1.1])
def test_functions_of_definitions_have_their_derivatives(name: str, at: float) -> None:
    f, df = FUNCTIONS[name]
    if name in ("log", "sqrt"):
        at = abs(at)
    h = 1e-6
    slope = (f(np.float64(at + h)) - f(np.float64(at - h))) / (2 * h)
    assert df(np.float64(at)) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("wrong", ["f =~ x1 + ) + x2", "f =~ x1\n  g ~~~ f", "f =~ x1 + \t$x2", "f =~ 2*"])
def test_a_mark_stands_under_the_place(wrong: str) -> None:
    with pytest.raises(ModelSyntaxError) as caught:
        parse_model(wrong)
    error, (*_, shown, mark) = caught.value, str(caught.value).splitlines()
    assert shown.strip() == wrong.splitlines()[error.line - 1].strip()
    assert mark.index("^") - (len(shown) - len(error.text)) == error.column - 1


@pytest.mark.parametrize("outer", "+-*/^")
@pytest.mark.parametrize("inner", "+-*/^")
def test_parentheses_are_printed_where_they_matter(inner: str, outer: str) -> None:
    for right in (f"(3 {inner} 5) {outer} 7", f"7 {outer} (3 {inner} 5)", f"-(3 {inner} 5) {outer} 7"):
        printed = str(parse_model(f"f =~ x1 + x2\nd := {right}"))
        value = eval(right.replace("^", "**"))  # the same order of operators
        assert eval(printed.split(":=")[1].replace("^", "**")) == pytest.approx(value), printed


@pytest.mark.parametrize("separator", ["\n", ";", "\r\n", "\n\n  \n", " # why\n"])
def test_statements_may_be_parted_in_any_way(separator: str) -> None:
    parts = ["f =~ x1 + x2 + x3", "g =~ y1 + y2", "g ~ b*f", "twice := 2*b"]
    assert meaning(parse_model(separator.join(parts))) == meaning(parse_model("\n".join(parts)))


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("f =~ x1 +", 1, 10),
        ("f =~ x1\ng ~ ", 2, 4),
        ("f =~ x1 ? x2", 1, 9),
        ("f =~ x1\n\nf <~ x2", 3, 3),
        ("f =~ x1:x2", 1, 8),
        ("just words", 1, 11),
        ("f =~ 'x1", 1, 6),
    ],
)
def test_errors_point_at_the_place(text: str, line: int, column: int) -> None:
    with pytest.raises(ModelSyntaxError) as refused:
        parse_model(text)
    assert (refused.value.line, refused.value.column) == (line, column)
