"""Every example of the reference runs, and every public name has one."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LOOSE = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def examples(page: Path) -> list[doctest.Example]:
    """What a page shows at the prompt, with the lines on which it stands."""
    text = page.read_text(encoding="utf-8")
    found = []
    for fence in FENCE.finditer(text):
        for example in doctest.DocTestParser().get_examples(fence[1]):
            example.lineno += text[: fence.start(1)].count("\n")
            found.append(example)
    return found


def title(page: Path) -> str:
    return page.relative_to(ROOT / "docs").with_suffix("").as_posix()


@pytest.mark.book
@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)], ids=title)
def test_the_examples_of_a_page_give_what_stands_there(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    test = doctest.DocTest(examples(page), {}, title(page), str(page), 0, None)
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=LOOSE, verbose=False).run(test, out=said.append)
    assert result.failed == 0, "".join(said)


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_python_on_a_page_is_at_the_prompt_and_so_is_run(page):
    for code in FENCE.findall(page.read_text(encoding="utf-8")):
        assert code.startswith(">>> "), code
