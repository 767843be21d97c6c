"""Estimates with their intervals: of independent replications, of ratios, of censored times."""
