"""The race against PyTorch and SciPy: docs/performance.md."""
