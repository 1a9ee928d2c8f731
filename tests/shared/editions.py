"""A miniature study of eighty respondents, and editions of it."""

import numpy as np
import pandas as pd

from bouwen.report.editions.counted import counted_in
from bouwen.report.editions.printed import Edition
from bouwen.report.editions.publishing import lay_down
from bouwen.survey import read_study


def rows(n, seed=1, first=1, size=None):
    """Answers of respondents to the miniature study."""
    rng = np.random.default_rng(seed)
    table = {"respondent": [f"p{first + i}" for i in range(n)]}
    table |= {item: rng.integers(1, 4, n) for item in ("t1", "t2", "t3")}
    table |= {"size": [size or ("small", "large")[i % 2] for i in range(n)], "remark": ""}
    return pd.DataFrame(table)


class Published:
    """A study whose answers may be others, and its editions; no book is built for them."""

    def __init__(self, folder):
        self.folder, self.study = folder, folder / "study.yml"
        self.answers = rows(80)

    @property
    def answers(self):
        return self.table

    @answers.setter
    def answers(self, table):
        self.table = table
        table.to_csv(self.folder / "responses.csv", index=False)

    def lay(self, version, date="2026-03-01"):
        """Make an edition of the answers as they are."""
        read = read_study(self.study)
        return lay_down(self.folder, Edition(version=version, date=date, book="0" * 64), counted_in(read))

    def set_ids(self, ids):
        """Let respondents have ids, or none."""
        text = self.study.read_text()
        with_ids = "responses: {file: responses.csv, id: respondent}"
        without = "responses: {file: responses.csv, ignore: [respondent]}"
        self.study.write_text(text.replace(with_ids, without) if not ids else text)
