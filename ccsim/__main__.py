"""The command `ccsim`, which is `python -m ccsim` too."""

import gc
import os
import signal
import sys

INTERRUPTED = 130

# what is imported and computed mostly stays: collections that look through it were a twentieth of a run. Here, as
# processes that a command starts import this, too
gc.set_threshold(50_000)


def main() -> None:
    """The command line. An interruption ends it with status 130 wherever it comes, while modules are imported too."""
    try:
        from ccsim.cli import main as verbs

        verbs(prog_name="ccsim")
    except BaseException as end:
        # whoever asks again need not wait for what is left to tidy up
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
        from ccsim.errors import interrupted

        if not isinstance(end, SystemExit):
            if not interrupted(end):
                raise
            print("Interrupted; nothing was written.", file=sys.stderr)
        elif end.code != INTERRUPTED and not interrupted(end):
            raise
        # an interruption of a text that is executed (each dataclass is made by one) has Python end by the signal
        # itself, unless another text has been executed since
        exec("")
        sys.exit(INTERRUPTED)
    finally:
        gc.freeze()  # Python would look through all that is left before it ends, 0.3 s after a run


if __name__ == "__main__":
    main()
