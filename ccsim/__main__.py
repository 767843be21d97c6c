"""`python -m ccsim` is `ccsim`."""

from ccsim.cli import main

if __name__ == "__main__":
    main(prog_name="ccsim")
