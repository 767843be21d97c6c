"""Replications run: one scenario or many, here, in processes or on a cluster, kept when interrupted."""
