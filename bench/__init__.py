"""Benchmarks: `python -m bench [ROW …]`; a table of medians and of ratios within one run."""
