"""The layers, compiled: each file is the mirror of one equation of :mod:`seqdl.ops` or of the interest points'."""
