"""The same networks on other processors: what is compiled for them is right, and says once that it is slower."""

import os
import subprocess
import sys

import pytest

from seqdl.kernels.vector.simd import target

PROGRAM = """
from dataclasses import replace
import numpy as np
from seqdl.config import ConvNetConfig, LSTMConfig
from seqdl.kernels.vector.simd import target
from seqdl.model.convnet import ConvNet
from seqdl.model.lstm_classifier import LSTMClassifier

config = ConvNetConfig(
    frames=6, rows=15, columns=13, c1_maps=3, c1_kernel=(3, 4, 4), c2_kernel=(2, 3, 2), c3_kernel=(2, 1, 2), c3_maps=2,
    hidden=5,
)
window = np.random.default_rng(1).standard_normal((6, 15, 13)).astype(np.float32)
steps = np.random.default_rng(2).standard_normal((9, 5)).astype(np.float32)
for make, given in (
    (lambda backend: ConvNet(config, 4, np.random.default_rng(3), backend), window),
    (lambda backend: LSTMClassifier(LSTMConfig(cells=11), 5, 4, np.random.default_rng(3), backend), steps),
):
    (loss, gradient), (expected, exact) = (make(backend).loss_and_gradient(given, 2) for backend in ("numba", "numpy"))
    assert abs(loss - expected) <= 1e-5 * abs(expected)
    assert np.linalg.norm(gradient - exact) <= 1e-5 * np.linalg.norm(exact)
print(target().lanes)
"""


@pytest.mark.compiled(reason="without compilation there is no processor to compile for")
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the names are those of Intel's processors")
@pytest.mark.parametrize("cpu, lanes", [("x86-64", 4), ("haswell", 8)])
def test_both_networks_are_right_on_older_processors(tmp_path, cpu, lanes):
    if cpu == "haswell" and target().lanes < 8:
        pytest.skip("this processor has no AVX2")
    chosen = {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=os.environ | chosen, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(lanes)]
