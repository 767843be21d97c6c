"""What all tests start from."""

from __future__ import annotations

import time

import pytest

from ccsim.engine import compilation


@pytest.fixture(scope="session", autouse=True)
def _kernel() -> None:
    """The kernel is compiled: otherwise the reference would stand in for it, and be compared with itself."""
    while compilation.pending():
        time.sleep(0.1)
