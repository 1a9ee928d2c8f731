"""The programs, settings and files from which a book follows."""

from __future__ import annotations

import hashlib
import os
import platform
from typing import TYPE_CHECKING

from bouwen.inputs import opened
from bouwen.report.audience import reader
from bouwen.report.given import check_study
from bouwen.report.tables.layout import lay_out
from bouwen.report.texts import shown_path
from bouwen.survey import Study
from bouwen.version import __version__

if TYPE_CHECKING:
    from great_tables import GT


def provenance_table(study: Study) -> GT:
    """Programs, seed and settings behind the book."""
    from importlib.metadata import version

    check_study(study)
    packages = ("factor_analyzer", "great_tables", "jupyter-book", "numpy", "pandas", "papermill", "plotnine",
                "scipy", "semopy", "statsmodels")  # fmt: skip
    settings = study.settings
    rows = {"study": shown_path(study), "perspective": study.perspective}
    rows |= {"language": study.language, "seed": str(settings.seed)}
    rows |= {"confidence": str(settings.confidence), "min_group": str(settings.min_group)}
    rows |= {"min_cell": str(settings.min_cell), "bouwen": __version__}
    rows |= {"Python": ".".join(platform.python_version_tuple()[:2])}
    rows |= {package: version(package) for package in packages}
    return lay_out(reader(study), {"what": list(rows), "value": list(rows.values())})


def fingerprints_table(study: Study) -> GT:
    """The files from which every result follows, with the hash of their bytes."""
    check_study(study)
    hashes = [hashlib.sha256(opened(path).read_bytes()).hexdigest()[:16] for path in study.files]
    names = [os.path.relpath(path, study.path.parent) for path in study.files]
    return lay_out(reader(study), {"file": names, "hash": hashes})
