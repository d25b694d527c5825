"""The groups of runs behind docs/results.md."""
