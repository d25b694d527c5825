"""The mirror of :mod:`seqdl.ops`, compiled: what the equations say, as fast as the processor can.

Three levels. :mod:`~seqdl.kernels.vector` is how a kernel says what the vectors of the processor are to do: begin with
its :mod:`~seqdl.kernels.vector.simd`. :mod:`~seqdl.kernels.layers` has one file an equation: begin with
:mod:`~seqdl.kernels.layers.conv3d`, how a convolution keeps its sums in registers; then the gradients, in
:mod:`~seqdl.kernels.layers.plane_gradient` (large planes, few maps), :mod:`~seqdl.kernels.layers.group_gradient`
(small planes, many maps) and :mod:`~seqdl.kernels.layers.source_gradient` (tiny planes, all maps with all);
:mod:`~seqdl.kernels.layers.toom_cook`, how time costs a third of the multiplications.
:mod:`~seqdl.kernels.networks` puts a whole network into one call.

Kernels are float32, are compiled for the sizes of one network (:mod:`~seqdl.kernels.vector.sizes`), write into arrays
that are handed in, and check nothing: the networks do that before they call them.
"""
