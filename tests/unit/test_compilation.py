"""While the kernel is not compiled the reference simulates in its place: the same bytes, and nothing left behind."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from ccsim import jit
from ccsim.engine import compilation, compiled
from ccsim.lowering import lower
from ccsim.metrics import measure
from ccsim.metrics.facts import ranks, scans
from ccsim.metrics.formulas import compiled as formulas
from ccsim.runs import run
from ccsim.runs.compiling import compile_first
from ccsim.scenario.read import load
from ccsim.tables import Log, Plan, Workload
from ccsim.workload.sample import sample

SCENARIO = Path(__file__).parents[2] / "scenarios" / "sole_trader.toml"

FIRST_RUN = """
import sys
from tests.unit.test_compilation import SCENARIO, digest, workload_and_plan
from ccsim.engine import compilation, simulate
log = simulate("compiled", *workload_and_plan())
assert not compilation.finished()
assert compilation.pending()
assert "ccsim.engine.kernel" not in sys.modules
assert "ccsim.engine.reference" in sys.modules
print(digest(log), compilation._children[0].pid)
"""


def workload_and_plan() -> tuple[Workload, Plan]:
    scenario = load(SCENARIO)
    return sample(scenario, 0), lower(scenario)[0]


def digest(log: Log) -> str:
    return hashlib.sha256(b"".join(column.tobytes() for column in log)).hexdigest()


def first_run(code: str, cache: Path) -> subprocess.Popen[str]:
    """A process on an empty cache."""
    root = Path(__file__).parents[2]
    env = os.environ | {"XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(root)}
    return subprocess.Popen([sys.executable, *code], env=env, stdout=-1, stderr=-1, text=True, cwd=root)


def gone(pid: int) -> bool:
    """Whether the process ends within a minute."""
    for _ in range(600):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{pid}/stat")
        if state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False


def test_the_reference_simulates_while_the_kernel_is_compiled(tmp_path: Path) -> None:
    process = first_run(["-c", FIRST_RUN], tmp_path)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "compiling the fast engine (once); the reference engine simulates meanwhile" in err
    theirs, pid = out.split()
    assert theirs == digest(compiled.simulate(*workload_and_plan()))
    assert gone(int(pid)), "a compilation outlives a process that has not asked for it"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks up the children of a process")
def test_an_interrupt_leaves_no_compilation_behind(tmp_path: Path) -> None:
    code = ["-m", "ccsim", "run", str(SCENARIO), "--json", "--replications", "5000"]
    process = first_run(code, tmp_path)
    assert process.stderr is not None
    while "compiling the fast engine" not in (line := process.stderr.readline()):
        assert line, "it ended before"
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1
    err = ""
    while process.poll() is None:  # again, as a person would: some imports take one for their own failure
        process.send_signal(signal.SIGINT)  # to itself alone, not to its group as a terminal does
        with suppress(subprocess.TimeoutExpired):
            _, err = process.communicate(timeout=10)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert gone(int(children[0]))


@pytest.fixture
def nothing_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compilation, "folder", lambda: tmp_path)
    monkeypatch.setattr(compilation, "_children", [])
    return tmp_path


@pytest.mark.usefixtures("nothing_compiled")
def test_one_process_compiles_for_all() -> None:
    lock = jit.lock(compilation.folder())
    assert lock is not None
    assert compilation.pending()
    assert not compilation._children
    compilation.finish()
    assert not compilation.pending()
    lock.close()


@pytest.mark.usefixtures("nothing_compiled")
def test_who_only_looks_keeps_nobody_from_compiling() -> None:
    has_it = threading.Event()

    def look() -> None:
        lock = jit.lock(compilation.folder())
        assert lock is not None
        has_it.set()
        time.sleep(0.2)
        lock.close()

    looking = threading.Thread(target=look)
    looking.start()
    has_it.wait()
    assert jit.lock(compilation.folder()) is None
    lock = jit.lock(compilation.folder(), patience=60)
    assert lock is not None
    lock.close()
    looking.join()


@pytest.mark.usefixtures("nothing_compiled")
def test_a_large_workload_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "MEANWHILE", 100)
    monkeypatch.setattr(time, "sleep", lambda _: compilation.finish())
    lock = jit.lock(compilation.folder())
    assert lock is not None
    workload, _ = workload_and_plan()
    assert not compilation.pending(workload)
    assert compilation.finished()
    lock.close()


def test_measures_of_calls_are_compiled_before_the_kernel() -> None:
    """Nothing is left that a process which waits for them would compile itself, and no lock."""

    def signatures() -> dict[str, int]:
        functions = [*vars(scans()).values(), *vars(ranks()).values(), *vars(formulas()).values()]
        return {each.__name__: len(each.signatures) for each in functions if hasattr(each, "signatures")}

    compile_first()
    before = signatures()
    assert before["contacts"] >= 1
    assert before["work_out"] >= 1
    scenario = load(SCENARIO.with_name("phone_8020.toml"), None, ["replications=1", "queue.phone.volume.scale=0.01"])
    plan, spec = lower(scenario)
    workload = sample(scenario, 0)
    measure(workload, plan, spec, compiled.simulate(workload, plan))
    assert signatures() == before
    assert not jit._claimed


def test_a_copy_of_the_sources_is_compiled_as_it_is_at_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """numba compiles it anew: with a folder of its own the reference stands in meanwhile, and it is said."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    for file in (one, other):
        file.write_text("x = 1\n")
    folders = [jit.cache_folder([file], "1") for file in (one, other, one)]
    os.utime(one, ns=(0, 0))
    folders.append(jit.cache_folder([one], "1"))
    assert folders[0] == folders[2]
    assert len(set(folders)) == 3


def test_who_needs_what_another_process_compiles_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "cache_folder", lambda *_: tmp_path)
    compiling = jit.lock(tmp_path)
    assert compiling is not None
    monkeypatch.setattr(time, "sleep", lambda _: compiling.close())
    jit.load("ccsim.metrics.sums", [])
    assert not jit.is_locked(tmp_path)
    with jit.claims():
        jit.load("ccsim.metrics.sums", [])
        assert jit.is_locked(tmp_path)
    assert not jit.is_locked(tmp_path)


@pytest.mark.usefixtures("nothing_compiled")
def test_where_no_child_can_compile_the_first_call_has_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "no such interpreter")
    assert not compilation.pending()
    monkeypatch.setattr(compilation, "MEANWHILE", 0)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert not compilation.pending(workload_and_plan()[0])


def test_settings_that_switch_compilation_off_are_not_obeyed(tmp_path: Path) -> None:
    (tmp_path / ".numba_config.yaml").write_text("disable_jit: 1\n")  # a working folder may have one
    code = "from ccsim.distributions.streams import philox; philox().arrive.signatures"
    env = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    for more, expected in (({}, ""), ({"NUMBA_NUM_THREADS": "0"}, "Number of threads specified must be > 0.; set")):
        done = subprocess.run(
            [sys.executable, "-c", code], env=env | more, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode == 0, expected in done.stderr) == (not expected, True), done.stderr
        assert expected or not done.stderr


def test_others_are_simulated_while_the_measures_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load(SCENARIO, None, ["replications=4"])
    expected = run.run(scenario, engine="simpy")
    done: list[str] = []

    def noted(name: str) -> None:
        function = getattr(run, name)
        monkeypatch.setattr(run, name, lambda *args: (done.append(name), function(*args))[1])

    noted("simulate")
    noted("measure")
    monkeypatch.setattr(compilation, "first_pending", lambda: done.count("simulate") < 3)
    assert run.run(scenario, engine="simpy") == expected
    assert done == ["simulate"] * 3 + ["measure"] * 3 + ["simulate", "measure"]
