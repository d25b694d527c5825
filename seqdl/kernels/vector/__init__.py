"""The vector layer: one kernel body, two writers (LLVM instructions, or NumPy with every address checked)."""
