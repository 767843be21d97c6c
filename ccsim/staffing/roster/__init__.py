"""Rosters: who of the named people works which shift on which day (`ccsim roster`)."""
