"""A conversation whose last word is the customer's thanks is over."""

from __future__ import annotations

import pandas as pd

from ccsim.fit.conversations import conversations


def messages(thanks: int, number: int = 40) -> pd.DataFrame:
    """Conversations of three replies each, one an hour; after the last so many customers write once more."""
    rows = []
    for conversation in range(number):
        at = pd.Timestamp("2026-05-04 08:00") + pd.Timedelta(hours=conversation)
        writers = ["customer", "agent"] * 3 + ["customer"] * (conversation < thanks)
        rows += [
            (str(conversation), sender, at + pd.Timedelta(minutes=4 * place)) for place, sender in enumerate(writers)
        ]
    later = pd.Timestamp("2026-05-20 08:00")
    rows += [("last", "customer", later), ("last", "agent", later + pd.Timedelta(minutes=4))]
    table = pd.DataFrame(rows, columns=["conversation", "sender", "sent"])
    return table.assign(begun=pd.NaT, agent=pd.NA)


def test_last_words_of_customers_do_not_keep_conversations_open() -> None:
    with_thanks, without = (conversations(messages(count), None, None) for count in (32, 0))
    assert with_thanks.thanks == 32
    assert without.thanks == 0
    assert with_thanks.over.sum() >= 40
    for result in (with_thanks, without):
        assert abs(result.replies.sum() / result.over.sum() - 3) < 0.1


def test_a_message_that_nobody_ever_answered_is_no_thanks() -> None:
    rows = messages(0)
    lonely = rows[rows["conversation"] == "3"].head(1).assign(conversation="lonely")
    result = conversations(pd.concat([rows, lonely], ignore_index=True), None, None)
    assert result.thanks == 0


def test_with_an_outcome_nothing_is_guessed() -> None:
    rows = messages(32)
    ends = pd.DataFrame({"contact": [str(n) for n in range(40)], "outcome": "lost", "end": pd.Timestamp("2026-05-19")})
    assert conversations(rows, ends, None).thanks == 0
