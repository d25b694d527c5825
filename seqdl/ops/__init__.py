"""The equations of the paper in NumPy, one file an equation, forward beside backward; pure functions on plain arrays.

Arrays are (map, time, row, column), sequences (step, value). ``dq`` is the gradient of the loss by ``q``. Every
function works in float32, float64 and complex128 (for derivatives by complex step).
"""
