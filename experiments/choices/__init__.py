"""Each choice that the paper leaves open, varied alone: docs/choices.md."""
