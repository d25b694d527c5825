"""The runs, measurements and tables behind ``docs/``: ``python -m experiments.NAME`` in the project's folder.

What is measured here is what one core does, so every library is told to use one thread before it is imported.
"""

import os

for _name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
