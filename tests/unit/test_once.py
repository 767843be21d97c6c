"""Properties computed when first asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from ccsim.once import once


class Square:
    def __init__(self, side: int, both: Barrier | None = None) -> None:
        self.side, self.both, self.computed = side, both, 0

    @once
    def area(self) -> int:
        """Its area."""
        self.computed += 1
        if self.both is not None:
            self.both.wait(timeout=60)
        return self.side**2


def test_a_value_is_computed_once_for_each_object() -> None:
    three, four = Square(3), Square(4)
    assert [three.area, four.area, three.area, four.area] == [9, 16, 9, 16]
    assert [three.computed, four.computed] == [1, 1]


def test_two_threads_compute_it_for_two_objects_at_the_same_time() -> None:
    """The barrier opens when both are at it; with a lock of the property the second would never come."""
    both = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda side: Square(side, both).area, (3, 4))) == [9, 16]
