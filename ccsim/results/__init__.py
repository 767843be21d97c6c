"""What came out: the types of runs, comparisons and plans, their folders, logs and provenance."""
