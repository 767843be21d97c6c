"""Who gets in: only this machine, only with the token, only pages of its own."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ccsim.cli import main
from ccsim.explore.server import Guard, listen

TOKEN, PORT = "abc-DEF_123", 8123
OURS = [(b"host", b"127.0.0.1:8123")]


def asked(kind: str, path: str, headers: Iterable[tuple[bytes, bytes]]) -> tuple[bool, list[dict[str, Any]]]:
    """Whether a request comes through to the page, and what is sent back."""
    reached: list[str] = []
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["path"])
        if scope["type"] == "http":
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"Access-Control-Allow-Origin", b"*")]}
            )

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": kind, "path": path, "headers": list(headers)}
    with ThreadPoolExecutor(1) as alone:  # a browser of another test may have left a loop running in this one
        alone.submit(asyncio.run, Guard(app, TOKEN, PORT)(scope, None, send)).result()
    return bool(reached), sent


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("path", "headers", "through"),
    [
        ("/abc-DEF_123/", OURS, True),
        ("/abc-DEF_123/_nicegui_ws/socket.io/", OURS, True),
        ("/abc-DEF_123/", [(b"host", b"localhost:8123")], True),
        ("/abc-DEF_123/", [*OURS, (b"origin", b"http://127.0.0.1:8123")], True),
        ("/", OURS, False),
        ("/abc-DEF_124/", OURS, False),
        ("/abc-DEF_123", OURS, False),
        ("/ü", OURS, False),
        ("/abc-DEF_123/", [], False),
        ("/abc-DEF_123/", [(b"host", b"127.0.0.1")], False),
        ("/abc-DEF_123/", [(b"host", b"127.0.0.1:8124")], False),
        ("/abc-DEF_123/", [(b"host", b"evil.example:8123")], False),
        ("/abc-DEF_123/", [*OURS, *OURS], False),
        ("/abc-DEF_123/", [*OURS, (b"origin", b"http://evil.example")], False),
        ("/abc-DEF_123/", [*OURS, (b"origin", b"null")], False),
        ("/abc-DEF_123/", [*OURS, (b"origin", b"https://127.0.0.1:8123")], False),
    ],
)
def test_who_gets_in(kind: str, path: str, headers: list[tuple[bytes, bytes]], through: bool) -> None:
    reached, sent = asked(kind, path, headers)
    assert reached is through
    if not through:
        assert [message["type"] for message in sent] == (
            ["http.response.start", "http.response.body"] if kind == "http" else ["websocket.close"]
        )
        assert TOKEN not in repr(sent)


def test_pages_are_fenced_in() -> None:
    _, (start,) = asked("http", "/abc-DEF_123/", OURS)
    headers = dict(start["headers"])
    assert b"default-src 'none'" in headers[b"content-security-policy"]
    assert b"http" not in headers[b"content-security-policy"]  # no address but ours, and that as 'self' or ws:
    assert headers[b"referrer-policy"] == b"no-referrer"
    assert not any(name.lower().startswith(b"access-control") for name in headers)


def test_the_server_itself(gallery: str) -> None:
    with urllib.request.urlopen(gallery) as answer:
        assert answer.status == 200
    host, port = gallery.split("/")[2].split(":")
    for url, headers in (
        (f"http://{host}:{port}/", {}),
        (gallery, {"Host": f"evil.example:{port}"}),
        (f"{gallery}_nicegui_ws/socket.io/?EIO=4&transport=polling", {"Origin": "http://evil.example"}),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(url, headers=headers))
        assert refused.value.code == 404
    bound = Path("/proc/net/tcp")
    if bound.exists():  # of this machine's loopback alone, whose address is written backwards
        places = [line.split()[1] for line in bound.read_text().splitlines()[1:]]
        mine = {place for place in places if place.endswith(f":{int(port):04X}")}
        assert {place.partition(":")[0] for place in mine} == {"0100007F"}


def test_a_port_that_is_taken() -> None:
    with listen(0) as taken, socket.create_server(("127.0.0.1", 0)) as other:
        assert taken.getsockname()[0] == "127.0.0.1"
        port = other.getsockname()[1]
        result = CliRunner().invoke(main, ["explore", "--port", str(port), "--no-browser"])
        assert result.exit_code == 2
        assert result.stderr.startswith(f"port {port} of 127.0.0.1: ")


@pytest.mark.parametrize(("name", "what"), [("nothing.toml", "no such file"), (".", "a folder")])
def test_a_file_that_is_none(name: str, what: str) -> None:
    result = CliRunner().invoke(main, ["explore", name, "--no-browser"])
    assert result.exit_code == 2
    assert f"{name}: {what}" in result.stderr


def test_without_nicegui_it_says_what_to_install() -> None:
    program = (
        "import importlib.util as u; found = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'nicegui' else found(name, *rest)\n"
        "import ccsim.cli; ccsim.cli.main(['explore'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'ccsim[explore]'" in done.stderr
