"""A small study that each test may change before it reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from bouwen.survey import Study, read_study

FILES = Path(__file__).parent / "files"

INSTRUMENT = """\
title: {nl: Proef, en: Trial}
perspectives:
  user: {nl: gebruikers, en: users}
answer_scales:
  agree:
    lowest: 1
    highest: 5
    labels:
      1: {nl: Helemaal mee oneens, en: Fully disagree}
      2: {nl: Mee oneens, en: Disagree}
      3: {nl: Neutraal, en: Neutral}
      4: {nl: Mee eens, en: Agree}
      5: {nl: Helemaal mee eens, en: Fully agree}
constructs:
  trust:
    label: {nl: vertrouwen, en: trust}
    definition: {nl: Vertrouwen., en: Trust.}
    source: made for this test
    answer_scale: agree
    items:
      t1: {text: {user: {nl: een, en: one}}}
      t2: {text: {user: {nl: twee, en: two}}, reversed: true}
background:
  plan:
    label: {nl: soort, en: plan}
    kind: category
    categories:
      prepaid: {nl: Vooraf betaald, en: Prepaid, code: 1}
      contract: {nl: Abonnement, en: Contract, code: 2}
  years:
    label: {nl: jaren, en: years}
    kind: number
    minimum: 0
    maximum: 50
open_questions:
  remark: {text: {user: {nl: Nog iets?, en: Anything else?}}}
models:
  all:
    label: {nl: alles, en: all}
    syntax: trust =~ t1 + t2
"""

STUDY = """\
title: {nl: Proef, en: Trial}
about: {nl: Proef., en: Trial.}
instrument: instrument.yml
perspective: user
responses:
  file: answers.csv
  id: id
  missing_codes: [-99, refused]
groups: [plan]
outcome: trust
models: {measurement: all, structural: all}
settings: {min_group: 3, min_cell: 3, min_cell_reason: {nl: om te proberen, en: to try}}
"""

ANSWERS = """\
id,t1,t2,plan,years,remark
r1,5,1,prepaid,3.5,SECRET thoughts
r2,-99,2,Contract,,NA
r3,3,Mee eens,1,12,
"""


@dataclass(frozen=True)
class Trial:
    """The three files of a study in a folder of its own."""

    folder: Path

    def write(self, name: str, content: str | bytes) -> Path:
        """Put a file in the folder."""
        data = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def change(self, name: str, old: str, new: str) -> None:
        """Change one file; the old text must be there."""
        content = (self.folder / name).read_text(encoding="utf-8")
        assert old in content
        self.write(name, content.replace(old, new))

    def read(self) -> Study:
        """Read the study."""
        return read_study(self.folder / "study.yml")


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    made = Trial(tmp_path)
    made.write("instrument.yml", INSTRUMENT)
    made.write("study.yml", STUDY)
    made.write("answers.csv", ANSWERS)
    return made


@pytest.fixture
def case(trial):
    """A folder of `FILES` that may be changed."""

    def made(name):
        for path in (FILES / name).iterdir():
            trial.write(path.name, path.read_bytes())
        return trial

    return made
