"""Imports run one way: each part imports only from layers before its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import ccsim

ROOT = Path(ccsim.__file__).parent

LAYERS = (
    {"errors", "jit", "once", "tables", "routing", "theory"},
    {"distributions", "stats"},
    {"scenario", "engine", "metrics"},
    {"lowering"},
    {"workload", "results"},
    {"runs", "logs", "charts"},
    {"studies", "report"},
    {"staffing", "forecast", "api"},
    {"fit", "backtest", "today", "explore"},
    {"cli"},
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
MODULES = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.py"))


def part(module: Path) -> str:
    return module.with_suffix("").parts[0]


def imported(module: Path) -> set[str]:
    """The parts of ccsim that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            raise AssertionError(f"{module}: relative import")
    return {name.split(".")[1] for name in names if name.startswith("ccsim.") and name.split(".")[1] in LEVEL}


def test_every_part_has_a_layer() -> None:
    assert len(MODULES) > 20
    assert {part(module) for module in MODULES} - {"__init__", "__main__"} == set(LEVEL)


@pytest.mark.parametrize("module", [m for m in MODULES if part(m) not in ("__init__", "__main__")], ids=str)
def test_imports_run_one_way(module: Path) -> None:
    own = part(module)
    for name in imported(module):
        assert name == own or LEVEL[name] < LEVEL[own], f"{module} imports {name}, which does not lie below it"


def test_no_module_is_long_but_the_engines() -> None:
    """Each holds one idea; the two engines are read as a whole."""
    lines = {module: len((ROOT / module).read_text().splitlines()) for module in MODULES}
    long = {str(module) for module, many in lines.items() if many > 600}
    assert long <= {"engine/kernel.py", "engine/reference.py"}
