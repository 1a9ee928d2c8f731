"""The programs, settings and files from which a book follows."""

from __future__ import annotations

import hashlib
import hmac
import os
import platform
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from bouwen.inputs import opened
from bouwen.report.audience import reader
from bouwen.report.given import check_study
from bouwen.report.tables.layout import lay_out
from bouwen.report.texts.wording import shown_path
from bouwen.survey import USUAL_CELL, USUAL_UNIT, Study
from bouwen.version import __version__

if TYPE_CHECKING:
    from great_tables import GT

KEY = "answers.key"  # beside a study: not published, and not committed where the answers are not

PACKAGES = ("factor_analyzer", "great_tables", "jupyter-book", "numpy", "pandas", "papermill", "plotnine",
            "scipy", "semopy", "statsmodels")  # fmt: skip
PROGRAMS = ("bouwen", "Python", *PACKAGES)


def provenance_table(study: Study) -> GT:
    """Programs, seed and settings behind the book."""
    from importlib.metadata import version

    check_study(study)
    settings = study.settings
    rows = {"study": shown_path(study), "perspective": study.perspective}
    rows |= {"language": study.language, "seed": str(settings.seed)}
    rows |= {"confidence": str(settings.confidence), "min_group": str(settings.min_group)}
    told = settings.min_cell_reason if settings.min_cell < USUAL_CELL else None
    rows |= {"min_cell": str(settings.min_cell), "min_width": str(settings.min_width)}
    rows |= {"min_cell_reason": told[study.language]} if told else {}
    if study.file.unit:
        rows |= {"min_unit": str(settings.min_unit)}
        why = settings.min_unit_reason if settings.min_unit < USUAL_UNIT else None
        rows |= {"min_unit_reason": why[study.language]} if why else {}
    rows |= {"bouwen": __version__}
    rows |= {"Python": ".".join(platform.python_version_tuple()[:2])}
    rows |= {package: version(package) for package in PACKAGES}
    return lay_out(reader(study), {"what": list(rows), "value": list(rows.values())})


def fingerprints_table(study: Study) -> GT:
    """The files from which every result follows, with the hash of their bytes.

    The hash of answers is keyed (HMAC), so that nobody can try out answers until one fits; there is none
    where no file ``answers.key`` lies beside the study.
    """
    check_study(study)
    to = reader(study)
    answers = study.files[-len(study.file.responses.files) :]
    names = [os.path.relpath(path, study.path.parent) for path in study.files]
    hashes = [
        keyed_hash(study, path)
        if path in answers
        else hashlib.sha256(opened(path).read_bytes()).hexdigest()[:16]
        for path in study.files
    ]
    return lay_out(to, {"file": names, "hash": hashes})


def keyed_hash(study: Study, path: Path) -> str:
    """A hash that says nothing without the key beside the study; an empty text where there is no key."""
    try:
        key = (study.path.parent / KEY).read_bytes().strip()
    except OSError:
        return ""
    return hmac.new(key, opened(path).read_bytes(), "sha256").hexdigest()[:16] if key else ""


def make_key(study: Study) -> None:
    """Lay a key beside a study, for its owner only, unless there is one or its answers are invented."""
    path = study.path.parent / KEY
    if study.synthetic or path.exists():
        return
    path.touch(mode=0o600)
    path.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
