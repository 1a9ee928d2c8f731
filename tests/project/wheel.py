"""Whether a wheel holds everything that the package needs: `python tests/project/wheel.py dist`."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHIPPED = ("book", "assets", "_toc.yml", "_config.yml")


def left_out(folder: str) -> set[str]:
    """Files of the package, and the chapters, that git tracks and the only wheel in a folder lacks."""
    (wheel,) = Path(folder).glob("*.whl")
    tracked = subprocess.run(
        ["git", "ls-files", "bouwen", *SHIPPED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    held = set(zipfile.ZipFile(wheel).namelist())
    return {
        path for path in tracked.stdout.split() if path not in held and f"bouwen/shipped/{path}" not in held
    }


if __name__ == "__main__":
    if missing := left_out(sys.argv[1]):
        sys.exit("not in the wheel: " + ", ".join(sorted(missing)))
