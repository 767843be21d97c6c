"""Named random streams, durations, arrivals and the calendar."""
