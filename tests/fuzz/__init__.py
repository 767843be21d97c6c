"""What random input does, in numbers: `python -m tests.fuzz --help`."""
