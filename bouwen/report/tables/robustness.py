"""How much results depend on choices: the specification curve and checks for a common method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from bouwen.path import CommonMethod, SpecificationCurve
from bouwen.report.audience import Reader, ReaderOptions, reader, reader_of
from bouwen.report.given import check_given
from bouwen.report.tables.layout import interval_texts, lay_out, number_texts, pvalue_texts
from bouwen.report.tables.models import arrows_as_read
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

CURVE = "a specification curve (bouwen.specification_curve)"
METHOD = "checks for a common method (bouwen.common_method)"
METHOD_FITS = ("own", "method", "acquiescence")


def choice_label(to: Reader, curve: SpecificationCurve, choice: str) -> str:
    """A choice as a reader names it."""
    return to.words(f"choices.{choice}", predictor=to.label(curve.path.predictor))


def chosen_label(to: Reader, level: str) -> str:
    """What was chosen, as a reader names it."""
    return to.words(f"choice_levels.{level}")


def specification_steps_table(
    curve: SpecificationCurve, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """How much each choice moves the effect, everything else equal.

    Parameters
    ----------
    curve : SpecificationCurve
        From `bouwen.specification_curve`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(curve, SpecificationCurve, CURVE)
    to, steps = reader(study, **options), curve.steps()
    steps = steps[steps["n"] > 0].reset_index()
    steps = steps[steps.groupby("choice")["level"].transform("size") > 1]
    reach = steps.rename(columns={"smallest": "ci_lower", "largest": "ci_upper"})
    return lay_out(
        to,
        {
            "choice": [choice_label(to, curve, choice) for choice in steps["choice"]],
            "chosen": [chosen_label(to, level) for level in steps["level"]],
            "specifications": [str(n) for n in steps["n"]],
            "median": number_texts(to, steps["median"]),
            "shift": number_texts(to, steps["shift"]),
            "range": interval_texts(to, reach),
        },
        rows="choice",
        note="steps",
    )


def joint_tests_table(
    curve: SpecificationCurve, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """The whole curve against shuffled answers.

    Parameters
    ----------
    curve : SpecificationCurve
        From `bouwen.specification_curve`.
    study : Study, optional
        Gives the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(curve, SpecificationCurve, CURVE)
    to, joint = reader(study, **options), curve.joint

    def shown(column: str) -> list[str]:
        pairs = zip(joint.index, joint[column], strict=True)
        return [to.words.percent(x) if name == "significant" else to.words.number(x) for name, x in pairs]

    return lay_out(
        to,
        {
            "what": [to.words(f"curve.{name}") for name in joint.index],
            **{column: shown(column) for column in ("observed", "expected", "limit")},
            "p": pvalue_texts(to, joint["pvalue"]),
        },
        note="joint",
    )


def method_paths_table(
    found: CommonMethod, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """Standardised paths without and with a factor for what items share by method.

    Parameters
    ----------
    found : CommonMethod
        From `bouwen.common_method`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(found, CommonMethod, METHOD)
    to, paths = reader(study, **options), found.paths()
    columns = {"path": arrows_as_read(to, paths)}
    columns |= {name: number_texts(to, paths[name]) for name in METHOD_FITS if name in paths}
    return lay_out(to, columns)


def method_shares_table(
    found: CommonMethod, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """How much of the items' variance each method factor takes.

    Parameters
    ----------
    found : CommonMethod
        From `bouwen.common_method`; gives the level of the intervals.
    study : Study, optional
        Gives the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_given(found, CommonMethod, METHOD)
    to, shares = reader_of(found, study, **options), found.shares()
    return lay_out(
        to,
        {
            "what": [to.words(f"methods.{name}") for name in shares.index],
            "variance_share": number_texts(to, shares["share"]),
            "interval": interval_texts(to, shares),
        },
    )
