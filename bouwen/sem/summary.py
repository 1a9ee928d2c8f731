"""A fit to something to read: text, HTML, and plain values."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from bouwen.sem.fit import Fit

SECTIONS = {
    "=~": "Latent variables",
    "~": "Regressions",
    "~~": "Variances and covariances",
    "~1": "Intercepts",
    "|": "Thresholds",
    "~*~": "Scales of latent responses",
    ":=": "Defined parameters",
}
COLUMNS = {
    "est": "Estimate",
    "se": "Std.Err",
    "z": "z",
    "pvalue": "p",
    "ci_lower": "2.5 %",
    "ci_upper": "97.5 %",
    "std_all": "Std.all",
}


def headline(fit: Fit) -> list[tuple[str, str]]:
    """What was fitted to what, and how well, in pairs of name and value."""
    m = fit.measures
    groups = ", ".join(f"{g} {int(n)}" for g, n in zip(fit.sample.groups, fit.sample.n, strict=True))
    lines = [
        ("Estimator", fit.call.estimator.name + (" (FIML)" if fit.sample.patterns is not None else "")),
        (
            "Respondents",
            f"{fit.n} of {fit.sample.total}" + (f" ({groups})" if len(fit.sample.groups) > 1 else ""),
        ),
        ("Free parameters", str(fit.npar)),
        ("Chi-square", f"{_number(m['chisq'])} on {fit.df} df, p {_p(m['pvalue'])}"),
    ]
    if "chisq_scaled" in m:
        lines.append(
            (
                "Chi-square, corrected",
                f"{_number(m['chisq_scaled'])} on {_number(m['df_scaled'], 6)} df, "
                f"p {_p(m['pvalue_scaled'])} "
                f"(scaling {_number(m['chisq_scaling_factor'])})",
            )
        )
    kind = "_robust" if "cfi_robust" in m else "_scaled" if "cfi_scaled" in m else ""
    name = {"_robust": ", robust", "_scaled": ", scaled", "": ""}[kind]
    lines += [
        (f"CFI{name}", _number(m[f"cfi{kind}"])),
        (f"TLI{name}", _number(m[f"tli{kind}"])),
        (
            f"RMSEA{name}",
            f"{_number(m[f'rmsea{kind}'])} (90 % interval {_number(m[f'rmsea_ci_lower{kind}'])} to "
            f"{_number(m[f'rmsea_ci_upper{kind}'])})",
        ),
        ("SRMR", _number(m["srmr"])),
    ]
    if "logl" in m:
        lines.append(("AIC, BIC", f"{_number(m['aic'], 1)}, {_number(m['bic'], 1)}"))
    return lines


def as_text(fit: Fit) -> str:
    """The whole fit as text."""
    pairs = headline(fit)
    width = max(len(name) for name, _ in pairs) + 2
    out = [f"{name:<{width}}{value}" for name, value in pairs]
    out += ["", *(f"Note: {warning}." for warning in fit.warnings)] if fit.warnings else []
    for title, frame in sections(fit):
        out += ["", title, _text_table(frame)]
    return "\n".join(out)


def as_html(fit: Fit) -> str:
    """The whole fit as HTML, for notebooks."""
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in headline(fit)
    )
    parts = [f"<table class='bouwen-fit'><caption>Model fit</caption><tbody>{rows}</tbody></table>"]
    parts += [f"<p role='note'>{html.escape(warning)}</p>" for warning in fit.warnings]
    for title, frame in sections(fit):
        head = "".join(f"<th scope='col'>{html.escape(str(c))}</th>" for c in frame.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(str(v))}</td>" for v in row) + "</tr>"
            for row in frame.itertuples(index=False)
        )
        parts.append(
            f"<table><caption>{html.escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )
    return "\n".join(parts)


def sections(fit: Fit) -> list[tuple[str, pd.DataFrame]]:
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
            for column, name in COLUMNS.items():
                form = _p if column == "pvalue" else _number
                table[name] = [form(value) for value in own[column]]
            out.append((f"{title} [{label}]" if several and op != ":=" else title, table))
    return out


def as_dict(fit: Fit) -> dict[str, Any]:
    """Plain numbers, texts and lists, ready for JSON; NaN becomes None."""
    return {
        "model": fit.call.model,
        "estimator": fit.call.estimator.name,
        "missing": fit.call.missing,
        "groups": [_plain(value) for value in fit.sample.group_values],
        "n": [int(n) for n in fit.sample.n],
        "converged_in": fit.solution.steps,
        "warnings": list(fit.warnings),
        "measures": {name: _plain(value) for name, value in fit.measures.items()},
        "parameters": [
            {str(k): _plain(v) for k, v in row.items()} for row in fit.parameters.to_dict("records")
        ],
    }


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _number(value: float, digits: int = 3) -> str:
    if not math.isfinite(value):
        return ""
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits > 3 else f"{value:.{digits}f}"


def _p(value: float) -> str:
    return "" if not math.isfinite(value) else "< .001" if value < 0.0005 else f"{value:.3f}"


def _text_table(frame: pd.DataFrame) -> str:
    if (frame["Label"] == "").all():
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
