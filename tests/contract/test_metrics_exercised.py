"""A metric may not be added without a test that asks for its value.

Asked for is a metric whose name stands as a string of its own, or before an `@`, in a test that works figures out: by
hand (unit/test_metrics.py), by theory, or as the effect of a setting. Lists of names for other purposes do not count.
"""

from __future__ import annotations

import ast
from pathlib import Path

from ccsim.metrics import METRICS

TESTS = Path(__file__).parents[1]
FILES = [
    TESTS / "unit" / "test_metrics.py",
    TESTS / "unit" / "test_undecided.py",
    *(path for room in ("theory", "effects", "metamorphic") for path in sorted((TESTS / room).glob("*.py"))),
]


def asked_for() -> set[str]:
    strings = [
        node.value
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {string.partition("@")[0] for string in strings}


def test_every_metric_has_a_test_that_asks_for_its_value() -> None:
    assert len(METRICS) > 60
    missing = {name for _, name in METRICS} - asked_for()
    assert not missing, f"add expected values of {', '.join(sorted(missing))} to tests/unit/test_metrics.py"


def test_a_metric_without_a_test_is_noticed() -> None:
    assert "".join(("wait", "_", "p37")) not in asked_for()
