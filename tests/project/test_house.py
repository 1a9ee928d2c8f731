"""The house: rooms, doors, sizes and names, read from the code itself."""

from __future__ import annotations

import ast
import importlib
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from bouwen.doors import named_in

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "bouwen"

#: Rooms from the ground upwards; a room may take from those before it.
ROOMS = (
    "errors", "escaping", "inputs", "version", "special", "doors", "results", "checks", "streams", "words",
    "survey", "questionnaire", "sem", "twin", "scales", "path", "groups", "themes", "claims", "report", "cli",
)  # fmt: skip

#: Top-level names of two modules, at most ten, each with its reason.
SHARED = {
    "main": "what runs when a module is a program: the command line, the formatter of notebooks, a build",
}

#: A file name may stand in two rooms; in more only where rooms stand side by side and say the same of
#: different things: the study's path, its follow-up and its draws as tables, plots and texts.
MOST_OF_A_NAME = 2
SIDE_BY_SIDE = {
    "compared", "draws", "follow_up", "importance", "invariance", "judged", "mirrored", "models", "recovery",
    "results", "robustness", "validity",
}  # fmt: skip

HOLDERS = {
    "Array", "Ints", "Matrix", "Vector", "NDArray", "DataFrame", "Series", "Fit", "Indices", "Codes",
}  # fmt: skip


@cache
def modules() -> dict[str, ast.Module]:
    """Syntax trees by dotted name, packages by their own; what a door's stub names is part of its package."""
    out = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        tree = ast.parse(path.read_text("utf-8"))
        if (stub := path.with_suffix(".pyi")).exists():
            tree.body += ast.parse(stub.read_text("utf-8")).body
        out[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = tree
    return out


def doors() -> dict[str, set[str]]:
    """The names that each room offers; the rooms of the report have doors of their own."""
    out = {}
    for path in sorted(PACKAGE.rglob("__init__.py")):
        package = ".".join(path.parent.relative_to(ROOT).parts)
        if path.with_suffix(".pyi").exists():
            out[package] = set(named_in(path.with_suffix(".pyi")))
        else:
            listed = [
                n for n in modules()[package].body if isinstance(n, ast.Assign) and "__all__" in ast.dump(n)
            ]
            out[package] = set(ast.literal_eval(listed[0].value)) if listed else set()
    return out


def room(module: str) -> str:
    """The room that a module stands in; the front door is "bouwen"."""
    return module.split(".")[1] if "." in module else module


def is_package(module: str) -> bool:
    return (ROOT / module.replace(".", "/")).is_dir()


def imports(tree: ast.Module) -> list[tuple[str, str]]:
    """What a module takes from others of the house, wherever it says so: (module, name)."""
    out = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "bouwen":
            out += [(node.module, alias.name) for alias in node.names]
        if isinstance(node, ast.Import):
            out += [(alias.name, "") for alias in node.names if alias.name.split(".")[0] == "bouwen"]
    return out


def target(module: str, name: str) -> str:
    """The module that an import loads: a module may be named as if it were a name of its package."""
    return f"{module}.{name}" if f"{module}.{name}" in modules() else module


def top_level(tree: ast.Module) -> set[str]:
    """Functions, classes and constants that a module defines."""
    out = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            out.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            out |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return {name for name in out if not name.startswith("__")}


def lines_of(function: ast.FunctionDef) -> int:
    """Lines of a function without those of its docstring."""
    first = function.body[0]
    documented = ast.get_docstring(function) is not None
    return function.end_lineno - function.lineno + 1 - documented * (first.end_lineno - first.lineno + 1)


def test_no_room_takes_from_a_room_above_it():
    wrong = [
        (module, source)
        for module, tree in modules().items()
        if room(module) in ROOMS
        for source, _ in imports(tree)
        if room(source) not in ROOMS or ROOMS.index(room(source)) > ROOMS.index(room(module))
    ]
    assert not wrong


def test_rooms_take_from_each_other_what_their_doors_name():
    """The command line, which is the report's hand, may take its machinery by module."""
    offered = doors()
    past = [
        (module, source, name)
        for module, tree in modules().items()
        for source, name in imports(tree)
        if room(source) != room(module) and is_package(f"bouwen.{room(source)}") and module != "bouwen.cli"
        if name not in offered.get(source, ()) and target(source, name) not in offered
    ]
    assert not past


@pytest.mark.parametrize("stub", sorted(PACKAGE.rglob("*.pyi")), ids=lambda path: path.parent.name)
def test_a_stub_names_what_is_there_and_each_name_once(stub):
    lines = stub.read_text("utf-8").splitlines()
    package = importlib.import_module(".".join(stub.parent.relative_to(ROOT).parts))
    assert len(named_in(stub)) == len(lines) == len(set(lines))
    for name in named_in(stub):
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = package.no_such_name


def test_no_modules_import_each_other_in_a_circle():
    graph = {
        module: {target(*found) for found in imports(tree)} - {module} for module, tree in modules().items()
    }
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module in done:
            return
        for other in sorted(graph[module]):
            visit(other, (*path, module))
        done.add(module)

    for module in graph:
        visit(module, ())


def test_at_most_ten_names_stand_in_two_modules_and_each_has_its_reason():
    homes = defaultdict(set)
    for module, tree in modules().items():
        for name in top_level(tree):
            homes[name].add(module)
    shared = {name: sorted(found) for name, found in homes.items() if len(found) > 1}
    assert set(shared) == set(SHARED)
    assert len(SHARED) <= 10


def test_no_function_is_named_as_its_module():
    found = {
        module.removeprefix("bouwen.").replace(".", "/")
        for module, tree in modules().items()
        if module.rsplit(".", 1)[-1] in top_level(tree)
    }
    assert not found


def test_a_file_name_says_what_no_other_says():
    names = defaultdict(set)
    for module in modules():
        if not is_package(module):
            names[module.rsplit(".", 1)[-1]].add(module)
    often = {name for name, found in names.items() if len(found) > MOST_OF_A_NAME}
    assert often == SIDE_BY_SIDE


@pytest.mark.parametrize("module", modules())
def test_a_module_can_be_read_in_one_sitting(module):
    path = ROOT / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    assert len(path.read_text("utf-8").splitlines()) <= 500
    functions = [node for node in ast.walk(modules()[module]) if isinstance(node, ast.FunctionDef)]
    assert not [function.name for function in functions if lines_of(function) > 60]


def test_results_that_hold_arrays_compare_by_identity():
    """A dataclass with a frame or an array in it cannot be compared or hashed by its fields."""
    wrong = []
    for module, tree in modules().items():
        for node in tree.body:
            if not isinstance(node, ast.ClassDef):
                continue
            fields = [s.annotation for s in node.body if isinstance(s, ast.AnnAssign)]
            held = {getattr(n, "id", getattr(n, "attr", "")) for f in fields for n in ast.walk(f)}
            for decorator in node.decorator_list:
                call = decorator.func if isinstance(decorator, ast.Call) else decorator
                if getattr(call, "id", "") != "dataclass" or not held & HOLDERS:
                    continue
                options = {k.arg: k.value for k in getattr(decorator, "keywords", [])}
                if not (isinstance(options.get("eq"), ast.Constant) and options["eq"].value is False):
                    wrong.append(f"{module}.{node.name}")
    assert not wrong
