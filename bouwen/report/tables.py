"""Results -> tables to read: the figures come from tested functions, here they are only laid out."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from bouwen import __version__
from bouwen.groups import group_means, group_tests, outcome_correlations
from bouwen.report.claims import VERDICTS, claim_label, claim_verdicts, variable_label, weigh_claims
from bouwen.report.texts import arrow, guarded_share
from bouwen.report.words import interval, number, percent, pvalue
from bouwen.scales import Efa, item_statistics, scale_statistics
from bouwen.sem import Fit
from bouwen.survey import Study, group_sizes
from bouwen.survey.disclosure import count_text, hidden

if TYPE_CHECKING:
    from great_tables import GT

HEADS = {
    "alpha": ("α", "α"),
    "code": ("Code", "Code"),
    "code_name": ("Name in the data", "Naam in de data"),
    "dutch": ("Dutch", "Nederlands"),
    "english": ("English", "Engels"),
    "estimates": ("Estimates", "Schattingen"),
    "mean_all": ("Mean, all", "Gemiddelde, allen"),
    "mean_here": ("Mean, here", "Gemiddelde, hier"),
    "r_all": ("r, all", "r, allen"),
    "r_here": ("r, here", "r, hier"),
    "answer": ("Answer scale", "Antwoordschaal"),
    "bouwen": ("bouwen", "bouwen"),
    "claim": ("Finding", "Bevinding"),
    "construct": ("Construct", "Construct"),
    "definition": ("Definition", "Definitie"),
    "estimate": ("Estimate", "Schatting"),
    "evidence": ("Evidence", "Bewijs"),
    "fit": ("Model", "Model"),
    "interval": ("{level} interval", "{level}-interval"),
    "item": ("Item", "Item"),
    "items": ("Items", "Items"),
    "item_rest": ("Item-rest r", "Item-rest-r"),
    "file": ("File", "Bestand"),
    "hash": ("SHA-256 (first 16)", "SHA-256 (eerste 16)"),
    "highest": ("Highest mean", "Hoogste gemiddelde"),
    "lowest": ("Lowest mean", "Laagste gemiddelde"),
    "level": ("Group", "Groep"),
    "loading": ("Loading", "Lading"),
    "mean": ("Mean", "Gemiddelde"),
    "missing": ("Missing", "Ontbreekt"),
    "n": ("n", "n"),
    "number": ("No.", "Nr."),
    "omega_squared": ("ω²", "ω²"),
    "p": ("p", "p"),
    "p_holm": ("p (Holm)", "p (Holm)"),
    "path": ("Path", "Pad"),
    "r": ("r", "r"),
    "sd": ("SD", "SD"),
    "semopy": ("semopy", "semopy"),
    "share": ("Share", "Aandeel"),
    "source": ("Leans on", "Leunt op"),
    "std": ("Standardised", "Gestandaardiseerd"),
    "value": ("Value", "Waarde"),
    "variable": ("Variable", "Variabele"),
    "verdict": ("Verdict", "Oordeel"),
    "what": ("What", "Wat"),
    "wlsmv": ("WLSMV", "WLSMV"),
    "wording": ("Wording", "Formulering"),
}

# Columns that hold words stand left; all others hold numbers.
WORDY = {
    "answer", "claim", "code_name", "construct", "definition", "dutch", "english", "evidence", "file", "fit",
    "hash", "item", "level", "path", "source", "value", "variable", "verdict", "what", "wording",
}  # fmt: skip

NOTES = {
    "small": (
        "Counts below {min_cell} are not shown; “–” hides a count that would give one of them away.",
        "Aantallen onder {min_cell} worden niet getoond; “–” verbergt een aantal dat er een zou verraden.",
    ),
    "few": (
        "Groups with fewer than {min_group} respondents get no estimates.",
        "Groepen met minder dan {min_group} respondenten krijgen geen schattingen.",
    ),
    "reversed": (
        "(R): agreeing means less of the construct; the answer is turned before it is used.",
        "(R): instemmen betekent minder van het construct; het antwoord wordt omgekeerd voor gebruik.",
    ),
    "welch": (
        "Welch’s analysis of variance; p-values corrected for the number of constructs by Holm’s method.",
        "Variantieanalyse volgens Welch; p-waarden volgens Holm gecorrigeerd voor het aantal constructen.",
    ),
    "robust": (
        "Robust variants correct for answers that are not normally distributed.",
        "Robuuste varianten corrigeren voor antwoorden die niet normaal verdeeld zijn.",
    ),
}


def table(
    study: Study, columns: Mapping[str, Iterable[str]], *, rows: str | None = None, note: str | None = None
) -> GT:
    """Texts -> a table in the look of the book.

    Parameters
    ----------
    study : Study
        Gives the language and the figures named in notes.
    columns : mapping from a key of ``HEADS`` to the cells below that head
    rows : str, optional
        Key of the column whose repeated values become headings above their rows.
    note : str, optional
        Key of ``NOTES``: the line below the table.
    """
    frame = pd.DataFrame({head(study, key): list(cells) for key, cells in columns.items()})
    words = [head(study, key) for key in columns if key in WORDY]
    return lay_out(study, frame, words=words, rows=head(study, rows) if rows else None, note=note)


def lay_out(
    study: Study, frame: pd.DataFrame, *, words: list[str], rows: str | None = None, note: str | None = None
) -> GT:
    """A frame of texts under its own heads -> a table; columns of words stand left, numbers right."""
    from great_tables import GT

    name = "t" + hashlib.sha256(frame.to_csv().encode()).hexdigest()[:10]
    styled = (
        GT(frame, id=name, groupname_col=rows)
        .cols_align("right")
        .cols_align("left", columns=words)
        .tab_options(
            table_width="100%",
            table_background_color="transparent",
            table_font_names="inherit",
            table_font_size="0.9rem",
            column_labels_font_weight="600",
            column_labels_background_color="transparent",
            row_group_background_color="transparent",
            row_group_font_weight="600",
            data_row_padding="4px",
            source_notes_font_size="0.8rem",
        )
    )
    return styled.tab_source_note(note_text(study, note)) if note else styled


def head(study: Study, key: str) -> str:
    """A column head in the language of the book."""
    english, dutch = HEADS[key]
    level = percent(study.settings.confidence, study.language)
    return (dutch if study.language == "nl" else english).format(level=level)


def note_text(study: Study, key: str) -> str:
    """A note in the language of the book."""
    english, dutch = NOTES[key]
    settings = {"min_cell": study.settings.min_cell, "min_group": study.settings.min_group}
    return (dutch if study.language == "nl" else english).format(**settings)


def intervals(study: Study, frame: pd.DataFrame, prefix: str = "") -> list[str]:
    """The columns ``ci_lower`` and ``ci_upper``, perhaps of a named statistic, as intervals."""
    pairs = zip(frame[f"{prefix}ci_lower"], frame[f"{prefix}ci_upper"], strict=True)
    return [interval(low, high, 2, study.language) if pd.notna(low) else "–" for low, high in pairs]


def numbers(study: Study, values: Iterable[float], digits: int = 2) -> list[str]:
    """Numbers in the language of the book."""
    return [number(v, digits, study.language) for v in values]


def findings(study: Study, evidence: pd.DataFrame | None = None) -> GT:
    """Every published finding with the verdict of this study."""
    evidence = weigh_claims(study) if evidence is None else evidence
    verdicts = claim_verdicts(evidence)
    claims = study.instrument.claims
    return table(
        study,
        {
            "number": [claim_label(study, name) for name in claims],
            "claim": [claim.text[study.perspective][study.language] for claim in claims.values()],
            "verdict": [VERDICTS[verdicts[name]][study.language] for name in claims],
        },
    )


def evidence(study: Study, weighed: pd.DataFrame) -> GT:
    """The estimates behind the verdicts."""
    estimated = weighed[weighed["estimate"].notna()]
    return table(
        study,
        {
            "number": [claim_label(study, name) for name in estimated["claim"]],
            "evidence": estimated["what"],
            "estimate": numbers(study, estimated["estimate"]),
            "interval": intervals(study, estimated),
            "verdict": [VERDICTS[v][study.language] for v in estimated["verdict"]],
        },
    )


def background(study: Study) -> GT:
    """Who answered: respondents per category, small cells hidden."""
    variables: list[str] = []
    cells: dict[str, list[str]] = {"level": [], "n": [], "share": []}
    for name in study.categories:
        if name not in study.responses:
            continue
        counts = study.responses[name].value_counts().reindex(list(study.levels(name)), fill_value=0)
        secret, total = hidden(counts, study.settings.min_cell), counts.sum()
        variables += [study.group_label(name)] * len(counts)
        cells["level"] += [study.level_label(name, level) for level in counts.index]
        cells["n"] += list(count_text(counts, study.settings.min_cell))
        cells["share"] += [
            "–" if secret[k] else percent(counts[k] / total, study.language) for k in counts.index
        ]
    return table(study, {"variable": variables, **cells}, rows="variable", note="small")


def scales(study: Study) -> GT:
    """Every scale: items, respondents, mean, spread and reliability."""
    found = scale_statistics(study)
    return table(
        study,
        {
            "construct": [study.label(c) for c in found.index],
            "items": [str(k) for k in found["n_items"]],
            "n": [str(n) for n in found["n"]],
            "mean": numbers(study, found["mean"]),
            "sd": numbers(study, found["sd"]),
            "alpha": numbers(study, found["alpha"]),
            "interval": intervals(study, found, "alpha_"),
        },
    )


def items(study: Study) -> GT:
    """Every item: wording, missing answers, mean, spread and its fit in the scale."""
    found = item_statistics(study)
    return table(
        study,
        {
            "construct": [study.label(c) for c in found["construct"]],
            "item": [
                item + (" (R)" if study.instrument.items[item].reversed else "") for item in found.index
            ],
            "wording": [study.wording(item) for item in found.index],
            "missing": [
                guarded_share(study, len(study.responses) - n, len(study.responses)) for n in found["n"]
            ],
            "mean": numbers(study, found["mean"]),
            "sd": numbers(study, found["sd"]),
            "item_rest": numbers(study, found["r_rest"]),
        },
        rows="construct",
    )


MEASURES = {
    "chisq": ("Chi-square", 2), "df": ("df", 0), "pvalue": ("p", 3), "cfi": ("CFI", 3), "tli": ("TLI", 3),
    "rmsea": ("RMSEA", 3), "srmr": ("SRMR", 3),
}  # fmt: skip


def measure(fit: Fit, name: str) -> float:
    """A fit measure, the robust or else the scaled variant where the estimator gives one."""
    for key in (f"{name}_robust", f"{name}_scaled", name):
        if key in fit.measures.index and pd.notna(fit.measures[key]):
            return float(fit.measures[key])
    return float("nan")


def fit_measures(study: Study, fits: Mapping[str, Fit]) -> GT:
    """How well models fit, a column a model."""
    shown = {title: measure_texts(study, fit) for title, fit in fits.items()}
    labels = [*(label for label, _ in MEASURES.values()), "n"]
    heading = head(study, "fit")
    return lay_out(study, pd.DataFrame({heading: labels, **shown}), words=[heading], note="robust")


def measure_texts(study: Study, fit: Fit) -> list[str]:
    """A model's fit measures and its number of respondents as texts."""
    texts = []
    for name, (_, digits) in MEASURES.items():
        value = measure(fit, name)
        text = pvalue(value, study.language) if name == "pvalue" else number(value, digits, study.language)
        if name == "rmsea":
            ends = measure(fit, "rmsea_ci_lower"), measure(fit, "rmsea_ci_upper")
            text += " " + interval(*ends, 3, study.language)
        texts.append(text)
    return [*texts, number(fit.measures["ntotal"], 0, study.language)]


def loadings(study: Study, fit: Fit) -> GT:
    """Standardised loadings with intervals, under the factor that they measure."""
    found = standardised(fit, "=~")
    return table(
        study,
        {
            "construct": [variable_label(study, factor) for factor in found["lhs"]],
            "item": [variable_label(study, item) for item in found["rhs"]],
            "loading": numbers(study, found["est_std"]),
            "interval": intervals(study, found),
        },
        rows="construct",
    )


def paths(study: Study, fit: Fit, second: Fit | None = None) -> GT:
    """Standardised regressions with intervals and p-values; those of a second estimator beside them."""
    found = standardised(fit, "~")
    arrows = zip(found["rhs"], found["lhs"], strict=True)
    columns = {
        "path": [arrow(study, a, b) for a, b in arrows],
        "std": numbers(study, found["est_std"]),
        "interval": intervals(study, found),
        "p": [pvalue(p, study.language) for p in found["pvalue"]],
    }
    if second is not None:
        again = standardised(second, "~").set_index(["lhs", "rhs"])["est_std"]
        columns["wlsmv"] = numbers(study, again.reindex(pd.MultiIndex.from_frame(found[["lhs", "rhs"]])))
    return table(study, columns)


def engines(study: Study, compared: pd.DataFrame) -> GT:
    """The regressions of a model as two engines estimate them, unstandardised."""
    shown = compared[compared["op"] == "~"]
    arrows = zip(shown["rhs"], shown["lhs"], strict=True)
    return table(
        study,
        {
            "path": [arrow(study, a, b) for a, b in arrows],
            "bouwen": numbers(study, shown["est_bouwen"], 4),
            "semopy": numbers(study, shown["est_semopy"], 4),
        },
    )


def standardised(fit: Fit, op: str) -> pd.DataFrame:
    """The standardised parameters of one kind."""
    solution: pd.DataFrame = fit.standardized()
    return solution[solution["op"] == op]


def factor_correlations(study: Study, fit: Fit) -> GT:
    """Correlations between factors with intervals, the strongest first."""
    found = standardised(fit, "~~")
    factors = set(standardised(fit, "=~")["lhs"])
    between = found["lhs"].isin(factors) & found["rhs"].isin(factors) & (found["lhs"] != found["rhs"])
    found = found[between].sort_values("est_std", key=abs, ascending=False, kind="stable")
    pairs = zip(found["lhs"], found["rhs"], strict=True)
    return table(
        study,
        {
            "construct": [f"{variable_label(study, a)} ↔ {variable_label(study, b)}" for a, b in pairs],
            "r": numbers(study, found["est_std"]),
            "interval": intervals(study, found),
        },
    )


def group_counts(study: Study) -> GT:
    """Respondents per level of each group, and which levels get estimates."""
    sizes = group_sizes(study)
    yes, no = ("ja", "nee") if study.language == "nl" else ("yes", "no")
    counts = [sizes["n"].xs(group) for group in study.groups]
    return table(
        study,
        {
            "variable": [study.group_label(group) for group, _ in sizes.index],
            "level": [study.level_label(group, level) for group, level in sizes.index],
            "n": [text for column in counts for text in count_text(column, study.settings.min_cell)],
            "estimates": [yes if enough else no for enough in sizes["enough"]],
        },
        rows="variable",
        note="few",
    )


def group_differences(study: Study) -> GT:
    """Welch's test of each group on every scale, with the range of the means."""
    tests = pd.concat({group: group_tests(study, group) for group in study.groups}, names=["group"])
    means = pd.concat([group_means(study, group).assign(group=group) for group in study.groups])
    spread = means.groupby(["group", "construct"])["mean"].agg(["min", "max"]).reindex(tests.index)
    return table(
        study,
        {
            "variable": [study.group_label(group) for group, _ in tests.index],
            "construct": [study.label(construct) for _, construct in tests.index],
            "lowest": numbers(study, spread["min"]),
            "highest": numbers(study, spread["max"]),
            "omega_squared": numbers(study, tests["omega_squared"], 3),
            "p_holm": [pvalue(p, study.language) for p in tests["pvalue_holm"]],
        },
        rows="variable",
        note="welch",
    )


def outcome(study: Study, part: Study) -> GT:
    """Correlations with the outcome, among all respondents and in a part of them."""
    everyone, some = outcome_correlations(study), outcome_correlations(part)
    some = some.reindex(everyone.index)
    return table(
        study,
        {
            "construct": [study.label(c) for c in everyone.index],
            "r_all": numbers(study, everyone["r"]),
            "r_here": numbers(study, some["r"]),
            "interval": intervals(study, some),
        },
    )


def level_means(study: Study, group: str, level: str) -> GT:
    """Mean scores of one level beside those of all respondents."""
    here = group_means(study, group).query("level == @level").set_index("construct")
    everyone = scale_statistics(study).loc[here.index]
    return table(
        study,
        {
            "construct": [study.label(c) for c in here.index],
            "mean_all": numbers(study, everyone["mean"]),
            "mean_here": numbers(study, here["mean"]),
            "interval": intervals(study, here),
            "sd": numbers(study, here["sd"]),
        },
    )


def constructs(study: Study) -> GT:
    """What each construct is, and the published scale it leans on."""
    shown = study.instrument.constructs.values()
    return table(
        study,
        {
            "construct": [c.label[study.language] for c in shown],
            "definition": [c.definition[study.language] for c in shown],
            "source": [c.source for c in shown],
        },
    )


def codebook(study: Study) -> GT:
    """Every item with its wording in both languages."""
    names = study.items
    shown = [study.instrument.items[name] for name in names]
    return table(
        study,
        {
            "construct": [study.label(study.instrument.construct_of(name)) for name in names],
            "item": [
                name + (" (R)" if item.reversed else "") for name, item in zip(names, shown, strict=True)
            ],
            "dutch": [item.text[study.perspective]["nl"] for item in shown],
            "english": [item.text[study.perspective]["en"] for item in shown],
        },
        rows="construct",
        note="reversed",
    )


def answer_scales(study: Study) -> GT:
    """The answer scales and the label of every answer."""
    rows = [
        (name, str(code), text)
        for name, scale in study.instrument.answer_scales.items()
        for code, text in scale.labels.items()
    ]
    return table(
        study,
        {
            "answer": [name for name, _, _ in rows],
            "code": [code for _, code, _ in rows],
            "dutch": [text["nl"] for _, _, text in rows],
            "english": [text["en"] for _, _, text in rows],
        },
        rows="answer",
    )


def categories(study: Study) -> GT:
    """The categories of every background variable."""
    rows = [
        (study.group_label(name), level, category)
        for name, levels in study.categories.items()
        if name in study.responses
        for level, category in levels.items()
    ]
    return table(
        study,
        {
            "variable": [label for label, _, _ in rows],
            "code_name": [level for _, level, _ in rows],
            "dutch": [category["nl"] for _, _, category in rows],
            "english": [category["en"] for _, _, category in rows],
        },
        rows="variable",
    )


def exploratory(study: Study, efa: Efa, *, smallest: float = 0.3) -> GT:
    """The pattern of an exploratory factor analysis; loadings below ``smallest`` are left out."""
    heading = head(study, "item")
    columns = {heading: list(efa.loadings.index)}
    for factor in efa.loadings.columns:
        loadings = efa.loadings[factor]
        columns[str(factor)] = [number(x, 2, study.language) if abs(x) >= smallest else "" for x in loadings]
    columns["h²"] = numbers(study, efa.communalities)
    return lay_out(study, pd.DataFrame(columns), words=[heading])


def provenance(study: Study) -> GT:
    """Programs, seed and settings behind the book."""
    from importlib.metadata import version

    packages = ("factor_analyzer", "great_tables", "jupyter-book", "numpy", "pandas", "papermill", "plotnine",
                "scipy", "semopy", "statsmodels")  # fmt: skip
    settings = study.settings
    rows = {"study": f"data/{study.id}/study.yml", "perspective": study.perspective}
    rows |= {"language": study.language, "seed": str(settings.seed)}
    rows |= {"confidence": str(settings.confidence), "min_group": str(settings.min_group)}
    rows |= {"min_cell": str(settings.min_cell), "bouwen": __version__}
    rows |= {"Python": ".".join(platform.python_version_tuple()[:2])}
    rows |= {package: version(package) for package in packages}
    return table(study, {"what": list(rows), "value": list(rows.values())})


def fingerprints(study: Study) -> GT:
    """The files from which every result follows, with the hash of their bytes."""
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in study.files]
    names = [os.path.relpath(path, study.path.parent) for path in study.files]
    return table(study, {"file": names, "hash": hashes})
