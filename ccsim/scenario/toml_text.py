"""Text and names as TOML writes them: in the files that we write, and in the paths of settings."""

from __future__ import annotations

import json
import re
from functools import lru_cache


def quoted(value: str | list[str]) -> str:
    """A text, or a list of texts."""
    # what JSON escapes TOML escapes alike, and one character more
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@lru_cache(maxsize=4096)  # paths are made of few keys, and for checks that find nothing, too
def as_key(name: str) -> str:
    """A name as a key, quoted only where it must be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else quoted(name)
