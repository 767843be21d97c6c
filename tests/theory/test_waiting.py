"""What waiting does, beside formulas: closing words in M/G/1."""

from __future__ import annotations

from tests.theory.conftest import Agree
from tests.theory.test_conversations import chats, exponential


def test_closing_words_in_a_single_slot(agree: Agree) -> None:
    """One agent with one slot, held until the word has been read: M/G/1 (Pollaczek, Khinchine).

    A session is the work W and, with probability p, a latency of 30 s and a look K more.
    """
    rate, work, share, latency, look = 0.015, 20.0, 0.6, 30.0, 5.0
    more = latency + look
    mean = work + share * more
    square = 2 * work**2 + 2 * work * share * more + share * (latency**2 + 2 * latency * look + 2 * look**2)
    expected = {
        "queue.chat.asa": rate * square / 2 / (1 - rate * mean),
        "queue.chat.session_mean": mean,
        "queue.chat.handle_mean": work + share * look,
        "team.desk.occupancy": rate * mean,
        "team.desk.utilisation": rate * (work + share * look),
    }
    doc = chats(
        rate * 3600, 1, 1, days=15, turns=1, work=exponential(work), reply_latency=latency, idle_timeout=60,
        closing_word={"share": share, "work": exponential(look)},
    )  # fmt: skip
    agree(doc, expected)
