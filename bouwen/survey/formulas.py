"""Model text -> the names in it, for whoever only asks whether they are there."""

from __future__ import annotations

import re


def model_names(syntax: str) -> tuple[list[str], list[str]]:
    r"""The latent variables of a model in lavaan syntax, and every variable that it uses.

    Only names are looked at; the syntax itself is checked when the model is fitted.

    >>> model_names("mood =~ m1 + a*m2 +\n  m3\nsat ~ b*mood  # path\nind := a*b")
    (['mood'], ['mood', 'm1', 'm2', 'm3', 'sat'])
    """
    text = re.sub(r"[#!].*", "", syntax)
    text = re.sub(r"([+~*]|=~|:=)\s*\n\s*|\s*\n\s*(?=[+*])", r"\1", text)
    latent: dict[str, None] = {}
    used: dict[str, None] = {}
    for statement in re.split(r"[\n;]", text):
        if (
            not (parts := re.match(r"(.*?)(=~|~~|~|\|)(.*)", statement))
            or ":=" in statement
            or "==" in statement
        ):
            continue
        left, operator, right = parts.groups()
        names = [
            term.split("*")[-1].strip()
            for side in (left, "" if operator == "|" else right)
            for term in side.split("+")
        ]
        names = [name for name in names if name and not name[0].isdigit()]
        latent |= dict.fromkeys(name.strip() for name in left.split("+") if operator == "=~")
        used |= dict.fromkeys(names)
    return list(latent), list(used)
