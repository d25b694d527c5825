"""The mirror of :mod:`seqdl.ops`, compiled: what the equations say, as fast as the processor can.

Read in this order: :mod:`~seqdl.kernels.simd`, how a kernel says what the vectors of the processor are to do;
:mod:`~seqdl.kernels.conv3d`, how a convolution keeps its sums in registers; then the gradients, in
:mod:`~seqdl.kernels.plane_gradient` (large planes, few maps) and :mod:`~seqdl.kernels.group_gradient` (small planes,
many maps); :mod:`~seqdl.kernels.toom_cook`, how time costs a third of the multiplications; and
:mod:`~seqdl.kernels.convnet`, which puts a whole network into one call.

Kernels are float32, are compiled for the sizes of one network (:mod:`~seqdl.kernels.sizes`), write into arrays that are
handed in, and check nothing: the networks' public doors do.
"""
