"""Distributions, streams, calendar and arrivals."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest

from ccsim.distributions.arrivals import HOUR, SHAPES, STEPS, busyness, by_interval, constant, daily, steps
from ccsim.distributions.calendar import DAY, Calendar
from ccsim.distributions.durations import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Geometric,
    LogNormal,
    Mixture,
    Never,
    Uniform,
    Weibull,
    counts,
    micros,
    to_micros,
)
from ccsim.distributions.streams import Draw, People, Streams, key_of, owner_of, philox, stream
from ccsim.tables import F64, NEVER, SECOND

N = 100_000

# distribution, its mean and its standard deviation
MOMENTS: list[tuple[Distribution, float, float]] = [
    (Constant(12.5), 12.5, 0.0),
    (Exponential(90), 90, 90),
    (LogNormal.from_mean_cv(30, 0.8), 30, 24),
    (LogNormal(20, 0.5), 20 * math.exp(0.125), 20 * math.exp(0.125) * math.sqrt(math.expm1(0.25))),
    (Gamma(30, 0.5), 30, 15),
    (Gamma(30, 1.5), 30, 45),
    (Gamma(30, 0), 30, 0),
    (Weibull(30, 0.5), 30, 15),
    (Weibull(30, 1), 30, 30),
    (Weibull(30, 1.5), 30, 45),
    (Weibull(30, 0), 30, 0),
    (Uniform(10, 40), 25, 30 / math.sqrt(12)),
    (Geometric(6), 6, math.sqrt(30)),
    (Geometric(1), 1, 0),
    (Empirical((4.0, 1.0, 1.0)), 2, math.sqrt(2)),
    (Mixture((1, 3), (Constant(40), Exponential(20))), 25, math.sqrt(0.25 * 1600 + 0.75 * 800 - 625)),
    (Mixture((2, 0), (Exponential(20), Never())), 20, 20),
]


@pytest.mark.parametrize(
    ("distribution", "mean", "deviation"), MOMENTS, ids=lambda x: str(x) if isinstance(x, Distribution) else ""
)
def test_moments_of_a_distribution(distribution: Distribution, mean: float, deviation: float) -> None:
    assert distribution.mean == pytest.approx(mean)
    values = distribution.value(draws(N))
    assert abs(values.mean() - mean) <= 4 * deviation / math.sqrt(N) + 1e-9
    squares = (values - mean) ** 2
    assert abs(squares.mean() - deviation**2) <= 4 * squares.std() / math.sqrt(N) + 1e-9


@pytest.mark.parametrize("distribution", [distribution for distribution, _, _ in MOMENTS], ids=str)
def test_a_distribution_rises_with_its_draw_and_has_finite_ends(distribution: Distribution) -> None:
    u = np.array([2.0**-54, 0.1, 0.25, 0.5, 0.75, 0.9, 1 - 2.0**-53])
    before = u.copy()
    values = distribution.value(u)
    assert np.array_equal(u, before)
    assert np.isfinite(values).all()
    assert (values >= 0).all()
    if not isinstance(distribution, Mixture):
        assert (np.diff(values) >= 0).all()


@pytest.mark.parametrize("family", [Exponential, lambda mean: Gamma(mean, 0.7), lambda mean: Weibull(mean, 2.0)])
def test_a_new_mean_stretches_the_same_draws(family: type[Exponential]) -> None:
    u = draws(1000)
    assert family(30).value(u) / family(10).value(u) == pytest.approx(np.full(1000, 3.0))


def test_never_and_rounding() -> None:
    u = draws(1000)
    assert (micros(Never(), u) == NEVER).all()
    assert (micros(Mixture((1,), (Never(),)), u) == NEVER).all()
    assert (micros(Exponential(1e30), u) == NEVER).all()
    assert np.array_equal(micros(Uniform(0, 10), u), np.rint(u * 10 * SECOND))
    assert micros(Constant(0.0000015), u[:1]).tolist() == [2]
    assert (to_micros(1.25), to_micros(math.inf)) == (1_250_000, NEVER)


def test_counts_are_whole_and_positive() -> None:
    result = counts(Uniform(0, 3), draws(1000))
    assert set(result) == {1, 2, 3}
    shares = np.bincount(counts(Geometric(4), draws(N)), minlength=4)[1:4] / N
    expected = np.array([0.25, 0.1875, 0.140625])
    assert (np.abs(shares - expected) < 4 * np.sqrt(expected * (1 - expected) / N)).all()


def test_a_mixture_rescales_what_is_left_of_the_draw() -> None:
    mixture = Mixture((1, 1), (Uniform(0, 1), Uniform(10, 11)))
    assert mixture.value(np.array([0.25, 0.75])) == pytest.approx([0.5, 10.5])


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Constant(-1),
        lambda: Exponential(math.nan),
        lambda: LogNormal(1, -1),
        lambda: LogNormal.from_mean_cv(1, math.inf),
        lambda: Gamma(1, -0.1),
        lambda: Weibull(1, 1e-6),
        lambda: Uniform(2, 1),
        lambda: Geometric(0.5),
        lambda: Empirical(()),
        lambda: Empirical((1, -1)),
        lambda: Mixture((0,), (Never(),)),
        lambda: Mixture((1, 1), (Never(),)),
    ],
)
def test_distributions_that_make_no_sense_are_refused(bad: type[Never]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        bad()


def words_of(numbers: tuple[int, ...]) -> Any:
    return np.array(numbers, dtype=np.uint64)


def test_philox_is_numpy_s() -> None:
    key, counter = (0x1234, 2**64 - 3), (7, 2**63 + 1, (5 << 32) + 9, 3)
    expected = np.random.Philox(key=words_of(key), counter=words_of(counter)).random_raw(4 * 1000)
    # numpy counts before it draws
    rows, owner, purpose, replication = np.arange(8, 1008, dtype=np.uint64), *counter[1:]
    result = np.empty((4, 1000))
    owners = np.full(1000, owner, dtype=np.uint64)
    words = np.uint64(key[0]), np.uint64(key[1])
    philox().by_row(words, rows, owners, np.uint64(purpose), np.uint64(replication), result)
    assert np.array_equal(result.T.ravel(), (expected >> np.uint64(11)) * 2.0**-53)


def test_sequences_are_numpy_s() -> None:
    owner, key = owner_of("queue.a", "arrivals"), key_of(5)
    # numpy counts before it draws: the carry of the first word makes it begin with (0, owner)
    before = words_of((2**64 - 1, owner - 1, Draw.SEQUENCE << 32, 11))
    expected = np.random.Generator(np.random.Philox(key=words_of(key), counter=before)).random(1001)
    for n in (0, 1, 2, 3, 4, 1001):
        assert np.array_equal(Streams(key, 11).sequence(owner, n), expected[:n])


def test_draws_are_known_by_their_names() -> None:
    def first(seed: int, replication: int, *names: str) -> float:
        return float(Streams(key_of(seed), replication).sequence(owner_of(*names), 1)[0])

    names: list[Any] = [(1, 0, "queue.a", "work"), (2, 0, "queue.a", "work"), (1, 1, "queue.a", "work")]
    names += [(1, 0, "queue.b", "work"), (1, 0, "queue.a", "work.1"), (1, 0, "queue.a.work"), (1, 0, "queue", "a.work")]
    assert len({first(*name) for name in names}) == len(names)
    assert first(*names[0]) == first(*names[0])


def test_generators_are_known_by_their_names() -> None:
    def first(*name: int | str) -> float:
        return float(stream(*name).random())  # type: ignore[arg-type]

    names = [(1, 0, "queue.a", "work"), (2, 0, "queue.a", "work"), (1, 1, "queue.a", "work"), (1, 0, "queue.b", "work")]
    names += [(1, 0, "queue.a", "work.1"), (1, 0, "queue.a.work", ""), (1, 0, "queue", "a.work")]
    assert len({first(*name) for name in names}) == len(names)
    assert first(*names[0]) == first(*names[0])


def test_uniforms_are_even_and_exclude_their_ends() -> None:
    u = draws(N)
    assert ((u > 0) & (u < 1)).all()
    assert abs(u.mean() - 0.5) < 4 / math.sqrt(12 * N)
    assert philox().unit.py_func(0) == 2.0**-54


def test_draws_belong_to_their_numbers() -> None:
    streams, people = Streams(key_of(1), 1), People.of(owner_of("demand"), N)
    result = streams.of(people, Draw.CONTACT)
    some = np.array([7, 99_999, 0, 12_345])
    assert np.array_equal(streams.of(people.some(some), Draw.CONTACT, 2), result[:2, some])
    for u in result:
        counted, _ = np.histogram(u, np.linspace(0, 1, 101))
        assert ((counted - N / 100) ** 2).sum() / (N / 100) < 99 + 4 * np.sqrt(2 * 99)
    others = [
        np.roll(result[0], 1),
        *result[1:],
        streams.of(people, Draw.LEAVE)[0],
        streams.of(people, Draw.CONTACT, turn=1)[0],
        Streams(key_of(1), 2).of(people, Draw.CONTACT)[0],
        Streams(key_of(2), 1).of(people, Draw.CONTACT)[0],
        streams.of(People.of(owner_of("queue.a"), N), Draw.CONTACT)[0],
        streams.sequence(owner_of("demand"), N),
    ]
    for other in others:
        assert abs(np.corrcoef(result[0], other)[0, 1]) < 4 / math.sqrt(N)


def test_draws_by_turn_do_not_depend_on_the_number_of_turns() -> None:
    streams, people = Streams(key_of(1), 1), People.of(owner_of("queue.a"), 3)
    nobody = np.zeros(3, dtype=np.int8)
    few = streams.by_turn(people, Draw.TURN, np.array([2, 1, 3], dtype=np.int32), nobody)
    many = streams.by_turn(people, Draw.TURN, np.array([4, 0, 5], dtype=np.int32), nobody)
    assert np.array_equal(few[:, [0, 1, 3, 4, 5]], many[:, [0, 1, 4, 5, 6]])
    # a turn that comes before the customer's own first leaves theirs as they were
    bot = streams.by_turn(people, Draw.TURN, np.array([3, 0, 0], dtype=np.int32), np.array([1, 0, 0], dtype=np.int8))
    assert np.array_equal(bot[:, 1:], few[:, :2])
    assert len(np.unique(many)) == many.size
    assert (few[:, 2] == 0.5).all()


ROME = "Europe/Rome"


def test_days_across_a_clock_change() -> None:
    spring, autumn = Calendar(dt.date(2026, 3, 28), ROME), Calendar(dt.date(2026, 10, 24), ROME)
    assert (np.diff(spring.midnights(3)) // HOUR).tolist() == [24, 23, 24]
    assert (np.diff(autumn.midnights(3)) // HOUR).tolist() == [24, 25, 24]
    assert (np.diff(Calendar(dt.date(2026, 3, 28)).midnights(3)) // HOUR).tolist() == [24, 24, 24]
    # 08:00 stays 08:00 on the clock; a time beyond midnight is the next day's; days before the start count too
    assert [spring.at(day, 8 * HOUR) // HOUR for day in range(3)] == [8, 31, 55]
    assert spring.at(0, 30 * HOUR) == spring.at(1, 6 * HOUR) == 29 * HOUR
    assert spring.at(-1, 23 * HOUR) == -HOUR
    # the hour that comes twice means the first
    assert autumn.at(1, 2 * HOUR) == 26 * HOUR
    assert autumn.at(1, 3 * HOUR) == 28 * HOUR
    assert spring.day(spring.date(5)) == 5


def test_when_the_clock_shows_a_time() -> None:
    """Both times in autumn, not at all in spring; where clocks change at midnight, too."""
    spring, autumn = Calendar(dt.date(2026, 3, 29), ROME), Calendar(dt.date(2026, 10, 25), ROME)
    assert autumn.change(0) == (3 * HOUR, 3 * HOUR, 2 * HOUR)
    assert spring.change(0) == (2 * HOUR, 2 * HOUR, 3 * HOUR)
    assert [spring.change(1), autumn.change(-1), Calendar(dt.date(2026, 3, 29)).change(0)] == [None] * 3

    def hours(calendar: Calendar, start: float, end: float) -> list[tuple[float, float]]:
        times = calendar.showing(0, int(start * HOUR), int(end * HOUR))
        return [(one / HOUR, other / HOUR) for one, other in times]

    assert hours(autumn, 2, 2.5) == [(2, 2.5), (3, 3.5)]
    assert hours(autumn, 1, 2.5) == [(1, 2.5), (3, 3.5)]
    assert hours(autumn, 3, 3.5) == [(4, 4.5)]
    assert hours(spring, 2, 2.5) == []
    assert hours(spring, 2.5, 4) == [(2, 3)]
    assert hours(spring, 3, 3.5) == [(2, 2.5)]
    assert hours(Calendar(dt.date(2026, 3, 29), "Asia/Beirut"), 0, 2) == [(0, 1)]
    assert hours(Calendar(dt.date(2026, 10, 24), "Asia/Beirut"), 23, 24) == [(23, 24), (24, 25)]


def test_constant_rate_counts_and_spreads_evenly() -> None:
    times = constant(300.0, 100 * HOUR).times(Streams(key_of(1), 0), owner_of("queue.a"))
    assert abs(len(times) - 30_000) < 4 * math.sqrt(30_000)
    assert (np.diff(times) >= 0).all()
    assert times[0] >= 0
    assert times[-1] < 100 * HOUR
    gaps = np.diff(times) / HOUR * 300
    assert abs(gaps.std() - 1) < 4 * math.sqrt(8 / len(gaps)) / 2


def test_a_larger_volume_keeps_the_underlying_draws() -> None:
    slow = constant(10.0, 24 * HOUR).times(Streams(key_of(1), 0), owner_of("queue.a"))
    fast = constant(1000.0, 24 * HOUR).times(Streams(key_of(1), 0), owner_of("queue.a"))
    assert np.abs(fast[: len(slow)] * 100 - slow).max() <= 100
    assert len(constant(0.0, HOUR).times(Streams(key_of(1), 0), owner_of("queue.a"))) == 0


def spread(rate: F64, edges: F64, *spans: tuple[float, float]) -> list[float]:
    """Expected arrivals in spans of hours."""
    result = [np.interp(np.array(span) * HOUR, edges, rate) for span in spans]
    return [float(after - before) for before, after in result]


def test_a_shape_is_cut_to_the_open_hours_and_keeps_the_days_volume() -> None:
    calendar = Calendar(dt.date(2026, 3, 2))
    spans = np.array([[8 * HOUR, 12 * HOUR], [14 * HOUR, 20 * HOUR]])
    rate = daily(np.array([600.0, 600.0]), ((9 * HOUR, 1.0), (10 * HOUR, 3.0), (16 * HOUR, 0.0)), calendar, spans)
    result = spread(rate.expected, rate.edges.astype(float), (0, 9), (9, 10), (10, 12), (12, 14), (14, 16), (16, 48))
    # weight × open hours: 1, 6 and 6; the second day is closed
    assert result == pytest.approx([0, 600 / 13, 3600 / 13, 0, 3600 / 13, 0])


def test_a_shape_that_misses_the_open_hours_gives_way_to_an_even_spread() -> None:
    spans = np.array([[20 * HOUR, 22 * HOUR]])
    rate = daily(np.array([50.0]), ((9 * HOUR, 1.0), (16 * HOUR, 0.0)), Calendar(dt.date(2026, 3, 2)), spans)
    assert spread(rate.expected, rate.edges.astype(float), (0, 20), (20, 21), (21, 22)) == pytest.approx([0, 25, 25])


def test_without_open_hours_a_shape_runs_over_the_whole_day() -> None:
    rate = daily(np.array([24.0]), SHAPES["flat"], Calendar(dt.date(2026, 3, 2)), None)
    assert spread(rate.expected, rate.edges.astype(float), (0, 1), (5, 8)) == pytest.approx([1, 3])


@pytest.mark.parametrize("start", [dt.date(2026, 3, 28), dt.date(2026, 10, 24)])
def test_a_day_of_23_or_25_hours_has_its_volume(start: dt.date) -> None:
    calendar = Calendar(start, ROME)
    shape = ((0, 1.0), (2 * HOUR, 5.0), (2 * HOUR + HOUR // 2, 7.0), (3 * HOUR, 1.0))
    rate = daily(np.array([100.0, 200.0, 100.0]), shape, calendar, None)
    assert (np.diff(rate.edges) >= 0).all()
    assert (np.diff(rate.expected) >= 0).all()
    midnights = calendar.midnights(3).astype(float)
    assert np.interp(midnights, rate.edges, rate.expected) == pytest.approx([0, 100, 300, 400])


@pytest.mark.parametrize("name", SHAPES)
def test_built_in_shapes_are_sorted_within_a_day_and_never_empty(name: str) -> None:
    times = [time for time, _ in SHAPES[name]]
    assert times == sorted(set(times))
    assert times[0] == 0
    assert times[-1] < DAY
    assert all(weight > 0 for _, weight in SHAPES[name])


def test_the_required_shapes_are_there() -> None:
    assert {"flat", "office", "evening"} <= set(SHAPES)


def test_intervals_have_gaps_and_their_own_counts() -> None:
    rate = by_interval(np.array([HOUR, 3 * HOUR]), np.array([2 * HOUR, 4 * HOUR]), np.array([5000.0, 20_000.0]))
    times = rate.times(Streams(key_of(3), 0), owner_of("queue.a"))
    counted, _ = np.histogram(times, np.arange(6) * HOUR)
    assert counted[[0, 2, 4]].tolist() == [0, 0, 0]
    assert (np.abs(counted[[1, 3]] - [5000, 20_000]) < 4 * np.sqrt([5000, 20_000])).all()


def test_spikes_scale_and_days_multiply() -> None:
    rate = constant(60.0, 48 * HOUR).spiked(HOUR, 2 * HOUR, 3.0).scaled(0.5)
    midnights = np.array([0, 24, 48]) * HOUR
    rate = rate.cut(midnights).by_day(midnights, np.array([1.0, 2.0]))
    result = spread(rate.expected, rate.edges.astype(float), (0, 1), (1, 2), (2, 3), (24, 48))
    assert result == pytest.approx([30, 90, 30, 24 * 60])


def test_spans_that_are_open_for_good() -> None:
    rate = constant(60.0, 10 * HOUR).within(np.array([[-NEVER, 2 * HOUR], [9 * HOUR, NEVER]]))
    assert spread(rate.expected, rate.edges.astype(float), (0, 2), (2, 9), (9, 10)) == pytest.approx([120, 0, 60])


def busy(owner: str, correlation: float, days: int = 4000) -> F64:
    own, shared = (Streams(key_of(5), 0).sequence(owner_of(name), days) for name in (owner, "scenario"))
    return busyness(own, shared, 0.3, correlation)


def test_busyness_has_mean_one_and_its_cv() -> None:
    factors = busy("queue.a", 0.0)
    assert abs(factors.mean() - 1) < 4 * 0.3 / math.sqrt(len(factors))
    squares = (factors - 1) ** 2
    assert abs(squares.mean() - 0.09) < 4 * squares.std() / math.sqrt(len(factors))


def test_memory_carries_busyness_from_day_to_day_and_keeps_mean_and_spread() -> None:
    own, shared = (Streams(key_of(5), 0).sequence(owner_of(name), 40_000) for name in ("queue.a", "scenario"))
    factors = busyness(own, shared, 0.3, 0.5, memory=0.6)
    for lag in (1, 2):
        assert np.corrcoef(factors[:-lag], factors[lag:])[0, 1] == pytest.approx(0.6**lag, abs=0.03)
    assert factors.mean() == pytest.approx(1, abs=0.015)
    assert factors.std() == pytest.approx(0.3, abs=0.015)


def test_without_memory_busyness_is_as_it_was_and_without_spread_it_is_none() -> None:
    own, shared = (Streams(key_of(5), 0).sequence(owner_of(name), 8) for name in ("queue.a", "scenario"))
    assert np.array_equal(busyness(own, shared, 0.3, 0.5, memory=0.0), busyness(own, shared, 0.3, 0.5))
    assert np.array_equal(busyness(own, shared, 0.0, 0.5, memory=0.9), np.ones(8))


def test_steps_are_the_half_hours_of_each_day_long_and_short_ones_too() -> None:
    edges, numbers = steps(np.array([0, 23, 48, 72]) * HOUR)
    assert np.unique(np.diff(edges)).tolist() == [HOUR // 2]
    assert numbers[[0, 45, 46, 95, 96]].tolist() == [0, 45, STEPS, STEPS + 49, 2 * STEPS]


def test_busyness_is_correlated_as_asked() -> None:
    def together(correlation: float) -> float:
        return float(np.corrcoef(busy("queue.a", correlation), busy("queue.b", correlation))[0, 1])

    assert abs(together(0.0)) < 4 / math.sqrt(4000)
    assert together(1.0) == pytest.approx(1)
    assert 0.4 < together(0.5) < 0.6


def draws(n: int) -> F64:
    return Streams(key_of(20260302), 0).sequence(owner_of("test"), n)
