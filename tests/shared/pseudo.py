"""A pseudo-language made from English: every text stands in brackets, so that what does not is hard-coded."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CODE = "qps"
OPEN, CLOSE = "⟦", "⟧"

# Marks of which numbers are made; `and` and `range` hold words.
MARKS = {"decimal", "thousands", "between", "listing", "percent", "below", "missing"}

# A cell that notes the texts of every figure, which a page holds as outlines only.
NOTE_TEXTS = """\
import json
from pathlib import Path

import matplotlib.figure
import matplotlib.text


def noting(self, *args, _save=matplotlib.figure.Figure.savefig, **kwargs):
    texts = [text.get_text() for text in self.findobj(matplotlib.text.Text) if text.get_visible()]
    with Path({folder!r}, {name!r}).open("a", encoding="utf-8") as notes:
        notes.write(json.dumps(texts) + "\\n")
    return _save(self, *args, **kwargs)


matplotlib.figure.Figure.savefig = noting
"""


def wrapped(text: str) -> str:
    """A text in brackets, with the spaces around it outside them.

    >>> wrapped(" and "), wrapped("")
    (' ⟦and⟧ ', '')
    """
    bare = text.strip()
    return text.replace(bare, f"{OPEN}{bare}{CLOSE}", 1) if bare else text


def wrapped_markdown(source: str) -> str:
    """Markdown of which every heading and every paragraph is in brackets."""
    return "\n\n".join(wrapped_block(block) for block in re.split(r"\n\n+", source))


def wrapped_block(block: str) -> str:
    """A label, a heading or a paragraph; a directive stays as it is."""
    if block.startswith("```"):
        return block
    label, rest = re.match(r"((?:\([\w-]+\)=\n)?(?:#+ |- )?)(.*)", block, re.DOTALL).groups()
    return label + wrapped(rest)


def write_book(root: Path) -> Path:
    """Words, chapters and a study in the pseudo-language below ``root``; gives the study's file."""
    root.mkdir()
    write_words(root / "words")
    write_chapters(root, root / "notes")
    return write_study(ROOT / "data/reputation", root / "data/reputation")


@contextmanager
def known(root: Path) -> Iterator[None]:
    """Let the program know the words of the pseudo-language for a while."""
    os.environ["BOUWEN_WORDS"] = str(root / "words")
    try:
        yield
    finally:
        del os.environ["BOUWEN_WORDS"]


def write_words(folder: Path) -> None:
    """The words of the pseudo-language."""
    english = yaml.safe_load((ROOT / "bouwen/words/en.yml").read_text(encoding="utf-8"))

    def pseudo(section: dict[str, Any]) -> dict[str, Any]:
        return {k: pseudo(v) if isinstance(v, dict) else wrapped_markdown(v) for k, v in section.items()}

    words = pseudo(english)
    words["numbers"] |= {key: text for key, text in english["numbers"].items() if key in MARKS}
    words["languages"][CODE] = wrapped("Pseudo")
    folder.mkdir()
    write_yaml(folder / f"{CODE}.yml", words)


def pseudo_texts(value: Any) -> Any:
    """A study or an instrument in which every text is in the pseudo-language only."""
    if isinstance(value, dict) and isinstance(value.get("en"), str):
        return {CODE: wrapped_markdown(value["en"])} | {
            k: v for k, v in value.items() if k not in ("nl", "en")
        }
    if isinstance(value, dict):
        return {key: pseudo_texts(part) for key, part in value.items()}
    return [pseudo_texts(part) for part in value] if isinstance(value, list) else value


def write_study(source: Path, folder: Path) -> Path:
    """A study of the repository in the pseudo-language, labelled as synthetic, with an open question."""
    shutil.copytree(source, folder)
    study = pseudo_texts(read_yaml(source / "study.yml")) | {"language": CODE, "synthetic": True}
    instrument = pseudo_texts(read_yaml(source / "instrument.yml"))
    sides = list(instrument["perspectives"])
    instrument["open_questions"] = {"remark": {"text": {side: {CODE: wrapped("Why?")} for side in sides}}}
    write_yaml(folder / "study.yml", study)
    write_yaml(folder / "instrument.yml", instrument)
    return folder / "study.yml"


def write_chapters(root: Path, notes: Path) -> None:
    """Every chapter with prose in the pseudo-language, which notes the texts of its figures."""
    for name in ("_toc.yml", "_config.yml"):
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(ROOT / "assets", root / "assets")
    (root / "book").mkdir()
    notes.mkdir()
    for path in (ROOT / "book").glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        pseudo_chapter(notebook, NOTE_TEXTS.format(folder=str(notes), name=path.stem))
        (root / "book" / path.name).write_text(json.dumps(notebook), encoding="utf-8")


def pseudo_chapter(notebook: dict[str, Any], note_texts: str) -> None:
    """Give the English cells of a chapter, its captions and its alternative texts to the pseudo-language."""
    for cell in notebook["cells"]:
        metadata = cell["metadata"]
        if "en" in metadata.get("tags", []):
            kept = [tag for tag in metadata["tags"] if tag != "en"]
            metadata["tags"] = [CODE, "remove-cell", *kept]
            cell["source"] = wrapped_markdown("".join(cell["source"]))
        if "mystnb" in metadata:
            metadata[f"mystnb_{CODE}"] = pseudo_captions(metadata["mystnb"])
    if title := notebook["metadata"].get("bouwen", {}).get("title_from_factor"):
        notebook["metadata"]["bouwen"]["title_from_factor"] = {**title, CODE: wrapped(title["en"])}
    place = next(
        k for k, cell in enumerate(notebook["cells"]) if "parameters" in cell["metadata"].get("tags", [])
    )
    noting = {
        "cell_type": "code",
        "execution_count": None,
        "outputs": [],
        "source": note_texts,
        "id": "notes",
    }
    notebook["cells"].insert(place + 1, noting | {"metadata": {"tags": ["remove-cell"]}})


def pseudo_captions(metadata: dict[str, Any]) -> dict[str, Any]:
    """A figure's alternative text and caption in the pseudo-language."""
    found = json.loads(json.dumps(metadata))
    if alt := found.get("image", {}).get("alt"):
        found["image"]["alt"] = wrapped(alt)
    if caption := found.get("figure", {}).get("caption"):
        found["figure"]["caption"] = wrapped(caption)
    return found


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def write_yaml(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
