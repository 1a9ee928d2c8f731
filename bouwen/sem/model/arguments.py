"""What lavaan's arguments are called here: the one table, in `docs/coming-from.md` too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bouwen.checks import OptionError
from bouwen.errors import did_you_mean

DOTTED = (
    "group_equal",
    "group_partial",
    "std_lv",
    "fixed_x",
    "effect_coding",
    "sampling_weights",
)
"""Arguments that differ in the dot only."""

ARGUMENTS: Mapping[str, str] = {
    **{name.replace("_", "."): f"{name}=" for name in DOTTED},
    "sample.cov": "Moments(cov, n) in place of the data",
    "sample.nobs": "Moments(cov, n) in place of the data",
    "sample.mean": "Moments(cov, n, mean=) in place of the data",
    "se": 'estimator=: "MLR" for se="robust", "MLM" for "robust.sem"; bootstrap(fit) for "bootstrap"',
    "test": 'estimator=: "MLR" for test="yuan.bentler.mplus", "MLM" for "satorra.bentler"',
    "bootstrap": "bootstrap(fit, draws)",
    "level": "fit.table(confidence=)",
    "constraints": "the model text, such as a == b",
    "start": "the model text, such as start(0.8)*x2",
    "group.label": "the order of the groups in the data; leave rows out before the fit",
    "int.ov.free": "the model text, such as x1 ~ 0*1",
    "int.lv.free": "the model text, such as f ~ NA*1",
    "auto.fix.first": "the model text, such as f =~ NA*x1 + x2, or std_lv=True",
    "auto.var": "the model text, such as x1 ~~ 0*x1",
    "auto.cov.lv.x": "orthogonal=True",
    "auto.cov.y": "the model text, such as y1 ~~ 0*y2",
    "information": "estimator=: expected with ML, observed with MLR and missing answers",
    "likelihood": "nothing: chi-square is N F, as with likelihood=\"normal\"",
    "mimic": "nothing: figures are lavaan's own",
    "std.ov": "nothing: standardise the columns before the fit, or read fit.standardized()",
    "sampling.weights.normalization": "nothing: weights have a mean of 1 over all rows, as with \"total\"",
    "conditional.x": "nothing: covariates of ordered items are conditioned on by themselves",
    "do.fit": "nothing: a model is always fitted",
    "warn": "nothing: warnings stand in fit.warnings",
    "verbose": "nothing: the search says nothing unless it fails",
    "optim.method": "nothing: Fisher scoring and Newton's method",
    "control": "nothing: Fisher scoring and Newton's method",
}  # fmt: skip
"""lavaan's argument: what is written here."""


class UnknownArgument(OptionError, TypeError):
    """An argument that `bouwen.fit_sem` does not have, such as one that only lavaan calls so."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        dotted = name if name in ARGUMENTS else name.replace("_", ".")
        if dotted in ARGUMENTS:
            said = f"{name}= is lavaan's; here: {ARGUMENTS[dotted]} (all: docs/coming-from.md)"
        else:
            said = f"fit_sem has no {name}=.{did_you_mean(name, [*known])}"
        super().__init__(said)


def refuse_arguments(given: Mapping[str, object], known: Iterable[str]) -> None:
    """Raise `UnknownArgument` for the first argument that is given beyond those that are known."""
    for name in given:
        raise UnknownArgument(name, known)
