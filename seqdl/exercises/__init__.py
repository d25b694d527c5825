"""Exercises that grade themselves: the equations of :mod:`seqdl.ops` to be written by whoever wants to know them.

A student's file is an op without its bodies, its solution the op itself. It is asked the same cases as the project's
own tests, and where its answer is that of a known mistake, the mistake is named.
"""
