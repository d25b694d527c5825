"""How cost and memory grow with the dataset: docs/scaling.md."""
