"""The server of the page: on this machine alone, behind a random token, until Ctrl-C.

All that it serves lies below `/TOKEN/`, the page's files and its web socket too. It answers only to the names of this
machine, and only to pages of its own.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import webbrowser
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any, Final

HOST: Final = "127.0.0.1"
TOKEN_BYTES: Final = 16
RECONNECT: Final = 30.0
"""Seconds that a page is kept for a browser which does not answer, as on a busy machine; then it begins anew."""

THREADS: Final = 40
"""So that no tab waits for another one's simulation: each simulates in a thread, and looks at its file in another."""

LINGER: Final = 2
"""Seconds that open connections have when the server stops."""

Scope = dict[str, Any]
Send = Callable[..., Any]


def listen(port: int) -> socket.socket:
    """A socket of this machine alone; port 0: any that is free. Raises OSError where it is taken."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        error.filename = f"port {port} of {HOST}"
        raise
    return listening


def serve(listening: socket.socket, build: Callable[[], None], ready: Callable[[str], None], *, browser: bool) -> None:
    """Serves the pages that `build` defines until Ctrl-C; `ready` gets the address as soon as it answers."""
    import uvicorn
    from fastapi import FastAPI
    from nicegui import ui

    token, port = secrets.token_urlsafe(TOKEN_BYTES), listening.getsockname()[1]
    address = f"http://{HOST}:{port}/{token}/"
    outer = FastAPI(openapi_url=None)
    build()
    ui.run_with(
        outer,
        mount_path=f"/{token}",
        title="ccsim",
        dark=None,
        language="en-US",
        tailwind=False,
        binding_refresh_interval=None,
        message_history_length=100,
        reconnect_timeout=RECONNECT,
        show_welcome_message=False,
    )

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
            await super().startup(sockets)
            if self.started:
                ready(address)
                if browser:
                    Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    guard = Guard(outer, token, port)
    config = uvicorn.Config(
        guard, log_level="error", access_log=False, ws="wsproto", server_header=False, date_header=False,
        proxy_headers=False, timeout_graceful_shutdown=LINGER,
    )  # fmt: skip
    Server(config).run(sockets=[listening])


class Guard:
    """Lets through what knows the token and comes from this machine's own page, and fences the page in.

    A browser sends `Host` by the name that somebody typed or a foreign page used, and `Origin` from foreign pages: both
    must be ours, so that no other site reaches the server through the browser (DNS rebinding, cross-site sockets).
    """

    def __init__(self, app: Any, token: str, port: int) -> None:
        self.app = app
        self._below = f"/{token}/"
        self._hosts = {f"{name}:{port}".encode() for name in (HOST, "localhost")}
        self._origins = {b"http://" + host for host in self._hosts}
        sockets = " ".join(f"ws://{host.decode()}" for host in sorted(self._hosts))
        # the libraries of the page make styles and code at run time; nothing may come from or go anywhere else
        policy = (
            f"default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
            f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' {sockets}; "
            "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"referrer-policy", b"no-referrer"),
            (b"x-content-type-options", b"nosniff"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
        ]

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif not self._known(scope):
            await self._refuse(scope, send)
        else:

            async def fenced(message: dict[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*_without_foreign_access(message.get("headers", ())), *self._headers]
                await send(message)

            await self.app(scope, receive, fenced)

    def _known(self, scope: Scope) -> bool:
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        hosts, origins = headers.get(b"host", []), headers.get(b"origin", [])
        ours = len(hosts) == 1 and hosts[0] in self._hosts and all(origin in self._origins for origin in origins)
        path = scope["path"]
        below = secrets.compare_digest(path[: len(self._below)].encode(), self._below.encode())
        return ours and below

    @staticmethod
    async def _refuse(scope: Scope, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"Not found: use the address that ccsim explore printed.\n"})


def _without_foreign_access(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """No header that lets other sites read what is served."""
    return [(name, value) for name, value in headers if not name.lower().startswith(b"access-control-")]
