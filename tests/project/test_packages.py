"""The lock, pyproject and the conda environment name the same packages and versions."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYTHON = {"python_full_version": "3.11.9", "python_version": "3.11", "sys_platform": "linux"}


def locked() -> dict[str, str]:
    """Version of every package in the lock that applies to Python 3.11 on Linux."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [Requirement(line.rstrip(" \\")) for line in lines if re.match(r"[A-Za-z0-9]", line)]
    here = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(PYTHON)]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in here}


def project() -> dict[str, list[Requirement]]:
    """Requirements of the project, and of its development extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {
        "run": [Requirement(line) for line in project["dependencies"]],
        "dev": [Requirement(line) for line in project["optional-dependencies"]["dev"]],
    }


def environment() -> dict[str, str]:
    """Version of every package that the conda environment installs through pip."""
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip,) = [entry["pip"] for entry in entries if isinstance(entry, dict)]
    pins = [Requirement(line) for line in pip if not line.startswith("-e")]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}


@pytest.mark.parametrize("kind", ["run", "dev"])
def test_lock_satisfies_pyproject(kind):
    pins = locked()
    for requirement in project()[kind]:
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_environment_has_the_projects_packages_at_the_locked_versions():
    pins = locked()
    expected = {canonicalize_name(r.name): pins[canonicalize_name(r.name)] for r in project()["run"]}
    assert environment() == expected


def test_lock_has_hashes_and_no_addresses():
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    pins = re.findall(r"^[A-Za-z0-9][^\n]*(?:\n {4}--hash=sha256:[0-9a-f]{64}[^\n]*)+", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE))


def test_citation_has_the_version_of_the_package():
    import bouwen

    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == bouwen.__version__
