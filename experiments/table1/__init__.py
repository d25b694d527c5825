"""Table 1 of the paper: docs/table1.md."""
