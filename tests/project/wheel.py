"""Whether a wheel holds everything that the package needs: `python tests/project/wheel.py dist`."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def left_out(folder: str) -> set[str]:
    """Files of the package that git tracks and the only wheel in a folder lacks."""
    (wheel,) = Path(folder).glob("*.whl")
    tracked = subprocess.run(
        ["git", "ls-files", "bouwen"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(tracked.stdout.split()) - set(zipfile.ZipFile(wheel).namelist())


if __name__ == "__main__":
    if missing := left_out(sys.argv[1]):
        sys.exit("not in the wheel: " + ", ".join(sorted(missing)))
