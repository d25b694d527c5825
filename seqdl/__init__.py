"""Sequential Deep Learning for Human Action Recognition (Baccouche, Mamalet, Wolf, Garcia, Baskurt, 2011).

The equations are in :mod:`seqdl.ops`, their compiled twins in :mod:`seqdl.kernels`.
"""

__version__ = "0.1.0.dev0"
