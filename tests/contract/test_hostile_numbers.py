"""Numbers beyond sense: each is refused with its place, so that what `check` passes runs."""

import pytest

from ccsim.scenario.values import target


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("0.8/20", "80/20"), ("0.95% in 24h", "95% in 24h"), ("0.999/10", "99.9/10")],
)
def test_a_share_is_no_percentage(wrong: str, meant: str) -> None:
    with pytest.raises(ValueError, match="did you mean") as refused:
        target(wrong)
    assert f'did you mean "{meant}"?' in str(refused.value)


def test_no_target_at_all_and_one_percent_are_targets() -> None:
    assert target("0/20") == (0.0, 20_000_000)
    assert target("1/20") == (0.01, 20_000_000)
