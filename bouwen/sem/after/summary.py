"""A fit to something to read: text, HTML, and plain values."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from bouwen.results import chance, html_table, rounded

if TYPE_CHECKING:
    from bouwen.sem.fitted import Fitted

SECTIONS = {
    "=~": "Latent variables",
    "~": "Regressions",
    "~~": "Variances and covariances",
    "~1": "Intercepts",
    "|": "Thresholds",
    "~*~": "Scales of latent responses",
    ":=": "Defined parameters",
}
PARAMETER_HEADS = {
    "est": "Estimate",
    "se": "Std.Err",
    "z": "z",
    "pvalue": "p",
    "ci_lower": "2.5 %",
    "ci_upper": "97.5 %",
    "std_all": "Std.all",
}


def headline(fit: Fitted) -> list[tuple[str, str]]:
    """What was fitted to what, and how well, in pairs of name and value."""
    m = fit.measures
    groups = ", ".join(f"{g} {n}" for g, n in zip(fit.sample.groups, fit.sample.counts, strict=True))
    lines = [
        ("Estimator", fit.call.estimator.name + (" (FIML)" if fit.sample.patterns is not None else "")),
        (
            "Respondents",
            f"{fit.n} of {fit.sample.total}" + (f" ({groups})" if len(fit.sample.groups) > 1 else ""),
        ),
        ("Free parameters", str(fit.npar)),
        ("Chi-square", f"{rounded(m['chisq'])} on {fit.df} df, p {chance(m['pvalue'])}"),
    ]
    if "chisq_scaled" in m:
        lines.append(
            (
                "Chi-square, corrected",
                f"{rounded(m['chisq_scaled'])} on {rounded(m['df_scaled'], 6)} df, "
                f"p {chance(m['pvalue_scaled'])} "
                f"(scaling {rounded(m['chisq_scaling_factor'])})",
            )
        )
    if "chisq_small" in m:
        lines.append(
            (
                "Chi-square, small sample",
                f"{rounded(m['chisq_small'])} on {fit.df} df, p {chance(m['pvalue_small'])}",
            )
        )
    kind = "_robust" if "cfi_robust" in m else "_scaled" if "cfi_scaled" in m else ""
    name = {"_robust": ", robust", "_scaled": ", scaled", "": ""}[kind]
    lines += [
        (f"CFI{name}", rounded(m[f"cfi{kind}"])),
        (f"TLI{name}", rounded(m[f"tli{kind}"])),
        (
            f"RMSEA{name}",
            f"{rounded(m[f'rmsea{kind}'])} (90 % interval {rounded(m[f'rmsea_ci_lower{kind}'])} to "
            f"{rounded(m[f'rmsea_ci_upper{kind}'])})",
        ),
        ("SRMR", rounded(m["srmr"])),
    ]
    if "logl" in m:
        lines.append(("AIC, BIC", f"{rounded(m['aic'], 1)}, {rounded(m['bic'], 1)}"))
    return lines


def fit_as_text(fit: Fitted) -> str:
    """The whole fit as text."""
    return text_page(headline(fit), fit.warnings, sections(fit))


def fit_as_html(fit: Fitted) -> str:
    """The whole fit as HTML, for notebooks."""
    return html_page("Model fit", headline(fit), fit.warnings, sections(fit))


Pairs = Sequence[tuple[str, str]]
Sections = Sequence[tuple[str, pd.DataFrame]]


def text_page(head: Pairs, notes: Iterable[str], tables: Sections) -> str:
    """Pairs of name and value, notes, and tables with their titles, as text."""
    width = max(len(name) for name, _ in head) + 2
    out = [f"{name:<{width}}{value}" for name, value in head]
    notes = [f"Note: {note}." for note in notes]
    out += ["", *notes] if notes else []
    for title, frame in tables:
        out += ["", title, text_table(frame)]
    return "\n".join(out)


def html_page(caption: str, head: Pairs, notes: Iterable[str], tables: Sections) -> str:
    """The same as HTML; ``caption`` stands above the pairs."""
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in head
    )
    parts = [
        f"<table class='bouwen-fit'><caption>{html.escape(caption)}</caption><tbody>{rows}</tbody></table>"
    ]
    parts += [f"<p role='note'>{html.escape(note)}</p>" for note in notes]
    parts += [html_table(frame, title) for title, frame in tables]
    return "\n".join(parts)


def sections(fit: Fitted) -> list[tuple[str, pd.DataFrame]]:
    """Tables of rounded parameters, one for each kind and group."""
    out = []
    parameters = fit.parameters
    several = len(fit.sample.groups) > 1
    for op, title in SECTIONS.items():
        part = parameters[parameters["op"] == op]
        if op == "~*~" and (part["se"] == 0).all():
            continue
        for label in part["group"].unique():
            own = part[part["group"] == label]
            shown = own["lhs"] if op in ("~1", ":=", "~*~") else own["lhs"] + f" {op} " + own["rhs"]
            table = pd.DataFrame({"Parameter": shown.to_numpy(), "Label": own["label"].to_numpy()})
            for column, name in PARAMETER_HEADS.items():
                form = chance if column == "pvalue" else rounded
                table[name] = [form(value) for value in own[column]]
            out.append((f"{title} [{label}]" if several and op != ":=" else title, table))
    return out


def fit_as_dict(fit: Fitted) -> dict[str, Any]:
    """Plain numbers, texts and lists, ready for JSON; NaN becomes None."""
    return {
        "model": fit.call.model,
        "estimator": fit.call.estimator.name,
        "missing": fit.call.missing,
        "groups": [plain(value) for value in fit.sample.group_values],
        "n": list(fit.sample.counts),
        "converged_in": fit.solution.steps,
        "warnings": list(fit.warnings),
        "measures": {name: plain(value) for name, value in fit.measures.items()},
        "parameters": [
            {str(k): plain(v) for k, v in row.items()} for row in fit.parameters.to_dict("records")
        ],
    }


def plain(value: Any) -> Any:
    """A number or text as JSON has it; None where it is no finite number."""
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def text_table(frame: pd.DataFrame) -> str:
    """A table as text, its first column to the left, the others to the right."""
    if "Label" in frame and (frame["Label"] == "").all():
        frame = frame.drop(columns="Label")
    cells = [
        [str(c) for c in frame.columns],
        *([str(v) for v in row] for row in frame.itertuples(index=False)),
    ]
    widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))]
    return "\n".join(
        "  "
        + "  ".join(
            v.ljust(w) if k == 0 else v.rjust(w) for k, (v, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )
