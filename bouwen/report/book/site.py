"""Executed notebooks -> the sources of a site: notebooks, table of contents, configuration, assets."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bouwen.escaping import in_html
from bouwen.report.book.caching import digest
from bouwen.report.book.chapters import Notebook, Page, expanded_toc, read_toc
from bouwen.survey import Study
from bouwen.words import Words, words


def assemble(
    study: Study,
    language: str,
    pages: Iterable[Page],
    notebooks: Mapping[str, Notebook],
    root: Path,
    into: Path,
) -> str:
    """Write the sources of a study's site.

    Parameters
    ----------
    study : Study
    language : str
        Of the interface and the banner.
    pages, notebooks
        The pages in reading order, and by name what they became when run.
    root : Path
        Holds ``_config.yml``, ``_toc.yml`` and ``assets/``.
    into : Path
        An old version of this folder is replaced.

    Returns
    -------
    str
        A hash of everything written.
    """
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(root / "assets", into / "assets")
    for name, notebook in notebooks.items():
        path = into / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps(without_data(notebook), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    pages = list(pages)
    write_yaml(into / "_toc.yml", expanded_toc(read_toc(root), pages))
    write_yaml(into / "_config.yml", site_config(study, language, pages, root))
    return digest_tree(into)


def without_data(notebook: Notebook) -> Notebook:
    """A notebook without the data that `verify` compares, which are for this machine and not for the site."""
    cells = [
        {**cell, "outputs": [{**output, **without_own(output)} for output in cell["outputs"]]}
        if "outputs" in cell
        else cell
        for cell in notebook["cells"]
    ]
    return {**notebook, "cells": cells}


def without_own(output: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of an output without those of ours, where it has any."""
    if "metadata" not in output:
        return {}
    return {"metadata": {key: value for key, value in output["metadata"].items() if key != "bouwen"}}


def site_config(study: Study, language: str, pages: Iterable[Page], root: Path) -> dict[str, Any]:
    """The book's ``_config.yml`` with what depends on the study."""
    config: dict[str, Any] = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    say = words(language)
    config["title"] = " ".join(study.title[language].split())
    config["author"] = ", ".join(study.authors) or config["author"]
    config["execute"]["execute_notebooks"] = "off"
    config["html"]["announcement"] = announcement(study, say)
    config["html"]["extra_footer"] = footer(study, say("site.cite"))
    sphinx = config["sphinx"]["config"]
    sphinx["language"] = language.replace("-", "_")
    sphinx["nb_code_prompt_show"], sphinx["nb_code_prompt_hide"] = say("site.show"), say("site.hide")
    sphinx["numfig_format"] = {kind: f"{say(f'site.{kind}')} %s" for kind in ("figure", "table")}
    sphinx["html_theme_options"] |= {"toc_title": say("site.contents"), "search_bar_text": say("site.search")}
    sphinx["html_theme_options"]["logo"]["text"] = in_html(study.title[language])
    sphinx["bouwen_chapter_of"] = {page.name: page.chapter for page in pages if page.name != page.chapter}
    return config


def announcement(study: Study, say: Words) -> str:
    """What every page says of answers that were simulated, or of constructs that nobody has looked at yet."""
    names = [name for name, construct in study.instrument.constructs.items() if construct.proposed]
    said = [say("site.synthetic")] if study.synthetic else []
    proposed = say("site.proposed", names=say.listing([study.label(name) for name in names])) if names else ""
    return " ".join([*said, *([in_html(proposed)] if proposed else [])])


def footer(study: Study, cite: str) -> str:
    """How to cite the study, on every page."""
    if not study.citation:
        return ""
    return f'<p class="bouwen-cite"><strong>{cite}:</strong> {in_html(study.citation)}</p>'


def write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    """Write a mapping in its own order."""
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def digest_tree(folder: Path) -> str:
    """One hash of all names and bytes in a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return digest(part for path in files for part in (path.relative_to(folder).as_posix(), path.read_bytes()))
