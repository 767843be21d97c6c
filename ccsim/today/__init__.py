"""From this morning to tonight: the present state from a log, and the rest of the day simulated from it."""
