"""The single-step model against two steps: docs/single-step.md."""
