"""What it costs to read and screen a study of 100,000 respondents, beside `pandas.read_csv` of its file."""

import shutil
import tempfile
from pathlib import Path

from figures import ROOT, Figure, cpu_seconds, show

RESPONDENTS = 100_000
STUDY = "data/providers/study.yml"


def enlarged(folder: Path) -> Path:
    """A copy of the study in which every respondent stands again and again, each time with another id."""
    import pandas as pd

    shutil.copytree(ROOT / "data", folder / "data", ignore=shutil.ignore_patterns("_build"))
    path = folder / STUDY
    answers = pd.read_csv(path.with_name("responses.csv"), dtype=str, keep_default_na=False)
    many = answers.iloc[[row % len(answers) for row in range(RESPONDENTS)]]
    ids = [f"r{row}" for row in range(RESPONDENTS)]
    many.assign(respondent=ids).to_csv(path.with_name("responses.csv"), index=False)
    return path


def figures() -> dict[str, Figure]:
    """CPU seconds of the second of two runs, the same file read by pandas in the same run."""
    import pandas as pd

    import bouwen

    with tempfile.TemporaryDirectory() as folder:
        path = enlarged(Path(folder))
        study = bouwen.read_study(path)
        read = cpu_seconds(lambda: bouwen.read_study(path))
        pandas = cpu_seconds(lambda: pd.read_csv(path.with_name("responses.csv"), dtype=str))
        screened = cpu_seconds(lambda: bouwen.screen(study))
    of = f"{RESPONDENTS:,} respondents"
    return {
        f"reading {of}": Figure(read, other=pandas, program="pandas.read_csv"),
        f"screening {of}": Figure(screened, other=pandas, program="pandas.read_csv"),
    }


if __name__ == "__main__":
    show(figures())
