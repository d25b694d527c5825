"""A page in which a run's own networks compute, in JavaScript: one file that asks nobody for anything."""
