"""Whole networks, compiled: what is called from Python."""
