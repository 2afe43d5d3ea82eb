"""Columns for time and for copies, computed from a batch of a recording."""
