"""The house stays as drawn: layers, ceilings, public surface."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "aggregator").rglob("*.py"))
BROAD_EXCEPTS = {
    "aggregator/refresh.py",
    "aggregator/workers.py",
    "aggregator/queues/local.py",
    "aggregator/cli/runner.py",
}


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a module's syntax tree, parsed once."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """Return a module's nodes, walked once."""
    return [*ast.walk(tree_of(path))]


def functions() -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Return every function of the package with its place."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node)
        for path in MODULES
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return a function's lines without its docstring."""
    first = node.body[0]
    doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if doc else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


def test_the_package_is_found() -> None:
    """A suite over zero modules would prove nothing."""
    assert len(MODULES) > 40


def test_import_contracts_are_kept() -> None:
    """Layers, independence of adapters and purity of steps hold."""
    done = subprocess.run(
        [sys.executable, "-c", "import importlinter.cli as cli; cli.lint_imports_command()", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linter_sees_every_module() -> None:
    """A folder that is left out for its name, such as the site's `config/`, does not take ours of that name along."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--show-files", "."],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert {*map(str, MODULES)} <= {*done.stdout.splitlines()}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_fits_a_screenful_of_screens(path: Path) -> None:
    """A module has at most 300 lines, a docstring, and no class with over twelve methods."""
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300
    tree = tree_of(path)
    if text.strip():
        assert ast.get_docstring(tree)
    for node in nodes_of(path):
        if isinstance(node, ast.ClassDef):
            methods = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
            assert len([one for one in methods if not one.name.startswith("__")]) <= 12, node.name


def test_functions_are_short() -> None:
    """No function has over 50 lines, and 95 % have at most 30."""
    sizes = sorted((length(node), place) for place, node in functions())
    assert sizes[-1][0] <= 50, sizes[-1]
    assert sizes[int(len(sizes) * 0.95)][0] <= 30


def test_ports_are_small() -> None:
    """A port asks for at most twelve things (context management not counted)."""
    for node in tree_of(ROOT / "aggregator/ports.py").body:
        if isinstance(node, ast.ClassDef):
            methods = [m for m in node.body if isinstance(m, ast.FunctionDef | ast.AsyncFunctionDef)]
            assert 1 <= len([m for m in methods if not m.name.startswith("__")]) <= 12, node.name


def test_broad_excepts_stand_where_the_design_allows_them() -> None:
    """`except Exception` stands around one source, one job and one command; nowhere is an except bare."""
    found = set()
    for path in MODULES:
        for node in nodes_of(path):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, path
                if isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None:
                    continue  # cleans up and passes on
                names = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
                if names & {"Exception", "BaseException"}:
                    found.add(str(path.relative_to(ROOT)))
    assert found <= BROAD_EXCEPTS


def test_no_module_state_is_rebound() -> None:
    """Nothing says `global`."""
    assert not [path for path in MODULES if any(isinstance(node, ast.Global) for node in nodes_of(path))]


def test_plug_in_folders_are_found_by_their_contract_suites() -> None:
    """Every adapter folder has a contract suite."""
    for port in ("fetcher", "parser", "store", "output", "queue"):
        assert (ROOT / "tests" / "contracts" / f"test_{port}.py").is_file()


def test_typed_and_versioned() -> None:
    """The distribution ships its types, and its version is a constant."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert (ROOT / "aggregator/py.typed").is_file()
    assert project["tool"]["hatch"]["version"]["path"] == "aggregator/__init__.py"
    assert re.search(r'^__version__ = "\d+\.\d+\.\d+"$', (ROOT / "aggregator/__init__.py").read_text(), re.MULTILINE)


def test_where_names_things_that_exist() -> None:
    """Every path in docs/where.md exists, and every module is named there."""
    text = (ROOT / "docs/where.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:aggregator|tests|config|docs|benchmarks)/[\w./-]*)`", text))
    assert len(named) > 30
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing
    unnamed = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if path.name != "__init__.py" and str(path.relative_to(ROOT)) not in named
    ]
    assert not unnamed
