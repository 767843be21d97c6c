"""How many agents for 80/20, and is one of them better spent otherwise? A study from file to pictures in Python.

    python docs/python_example.py              writes into results/python_example

The scenario is scenarios/phone_8020.toml: 200 calls an hour at a constant rate, for which Erlang A is exact, so that
the simulation can be seen to agree with it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import ccsim

SCENARIO = Path(__file__).parent.parent / "scenarios" / "phone_8020.toml"
AGENTS = "team.agents.shifts.0.agents"


def main(folder: Path, days: int = 10, replications: int = 20) -> None:
    """Prints what it finds; puts pictures and one results folder into `folder`, which must not have them yet."""
    centre = ccsim.load(SCENARIO, set={"days": days, "replications": replications})
    print(centre)

    # one run, as precise as it needs to be: a percentage point of service level either way
    run = centre.run(precision={"service_level": 0.01}, max_replications=20 * replications)
    level = run.estimate("queue", "phone", "service_level")
    theory = centre.theory().set_index("figure").value["service_level"]
    interval = f"{level.mean:.1%} ({level.low:.1%} to {level.high:.1%})"
    print(f"{run.replications} replications: service level {interval}; Erlang A: {theory:.1%}")

    # how the service level grows with the agents
    sweep = centre.sweep({AGENTS: "15:19"})
    table = sweep.to_frame().query("level == 'queue' and metric == 'service_level'").set_index(AGENTS)
    print(table[["mean", "low", "high"]].round(3).to_string())
    enough = table.index[table["mean"] >= 0.8]
    print(f"80/20 takes {enough.min():.0f} agents" if len(enough) else "80/20 takes more than 19 agents")

    # on the same calls: an agent more, or calls that are half a minute shorter
    comparison = centre.compare(
        {
            "an agent more": centre.changed({AGENTS: 18}),
            "shorter calls": centre.changed({"queue.phone.work.mean": "4m30s"}),
        }
    )
    frame = comparison.to_frame().query("name == 'phone' and metric == 'service_level'")
    print(frame[["variant", "mean", "difference", "difference_low", "difference_high"]].round(3).to_string(index=False))
    print(*comparison.ranking("service_level@phone").sentences(), sep="\n")

    run.save(folder / "run")
    again = ccsim.open_results(folder / "run")
    again.plot.waiting().savefig(folder / "waiting.png")
    sweep.plot.curves("service_level@phone", "utilisation").savefig(folder / "agents.png")
    comparison.plot.differences().savefig(folder / "differences.png")
    print(f"Pictures and results: {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/python_example"))
