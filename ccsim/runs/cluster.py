"""Units of work on a Dask cluster: its scheduler may be anywhere, its workers may come and go.

When a worker dies, the scheduler gives its units in progress to others; what it had finished is fetched already.
"""

from __future__ import annotations

import logging
import pickle
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from ccsim.errors import Problem, ScenarioError
from ccsim.results import provenance
from ccsim.runs.crew import Crew, Task, interrupts_wait

if TYPE_CHECKING:
    from distributed import Client, as_completed

LOCAL: Final = "local"
"""Instead of an address: a cluster on this machine, for the time of the work."""

PATIENCE: Final = 30
"""Seconds in which a scheduler must answer, and have a worker."""


@contextmanager
def on_cluster(task: Task, workers: int, address: str) -> Iterator[Crew]:
    """The workers of the Dask scheduler at this address; with LOCAL so many processes of this machine.

    Raises ScenarioError without the library or where workers have other versions, ConnectionError for an address where
    nothing answers or that has no workers, also later; MemoryError when a unit has killed several workers.
    """
    try:
        from distributed import Client, LocalCluster, as_completed
    except ImportError:
        missing = Problem("cluster", "Dask is not installed", "pip install 'ccsim[cluster]'")
        raise ScenarioError([missing]) from None
    # what goes wrong is raised; its own account of it is long
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        there = address
        if address == LOCAL:
            with interrupts_wait():
                cluster = LocalCluster(
                    n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
                )
            there = stack.enter_context(cluster).scheduler_address
        try:
            client = stack.enter_context(Client(there, timeout=PATIENCE))
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, ValueError, TimeoutError) as error:
            raise ConnectionError(f"No Dask cluster with workers at {address}: {error}") from None
        _same_versions(client)
        yield _Cluster(client, as_completed([], with_results=False), task, address)


def _same_versions(client: Client) -> None:
    """Other versions may give other numbers."""
    ours = _versions()
    try:
        everywhere = client.run(_versions)
    except ModuleNotFoundError as error:
        raise ScenarioError([Problem("cluster", f"a worker lacks {error.name}", "ccsim on every worker")]) from None
    problems = [
        Problem(f"cluster: {worker}", f"{name} {theirs[name]}", f"{version}, as here")
        for worker, theirs in everywhere.items()
        for name, version in ours.items()
        if theirs.get(name) != version
    ]
    if problems:
        raise ScenarioError(problems)


def _versions() -> dict[str, str | None]:
    return provenance.versions() | provenance.source()


class _Cluster:
    def __init__(self, client: Client, futures: as_completed, task: Task, address: str) -> None:
        self._client = client
        self._futures = futures
        self._address = address
        self._name = f"ccsim-{secrets.token_hex(8)}"
        # A task of its own on which all units depend: sent once, and made again when its worker dies.
        self._task = client.submit(pickle.loads, pickle.dumps(task), key=f"{self._name}-task")
        self._numbers: dict[str, int] = {}
        self._counted = 0.0
        self._workers = 1

    @property
    def workers(self) -> int:
        """Threads of all workers that are there, looked up now and then."""
        if time.monotonic() - self._counted > 2:
            self._workers = max(1, sum(self._client.nthreads().values()))
            self._counted = time.monotonic()
        return self._workers

    def send(self, number: int, unit: Any) -> None:
        future = self._client.submit(_do, self._task, pickle.dumps(unit), key=f"{self._name}-{number}", pure=False)
        self._numbers[str(future.key)] = number
        self._futures.add(future)

    def receive(self) -> tuple[int, Any]:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        future = next(self._futures)
        try:
            result = future.result()
        except KilledWorker:
            raise MemoryError("A unit of work has killed several workers, most likely for want of memory.") from None
        except CancelledError:
            raise ConnectionError(f"The Dask scheduler at {self._address} is gone.") from None
        return self._numbers.pop(str(future.key)), result


def _do(task: Task, unit: bytes) -> Any:
    return task(pickle.loads(unit))
