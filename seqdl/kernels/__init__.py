"""The mirror of :mod:`seqdl.ops`, compiled: same file names, same function names, same meaning.

Kernels are float32, write into arrays that are handed in, and check nothing: the network checks at its door. Maps that
come out of a convolution are *wide*: their rows keep the input's length, and only the first ``columns`` units of a row
count. A tap of a kernel then is one long product over a whole plane, which the compiler turns into vectors::

    input rows of 6, kernel of 3, output rows of 4 (.) and 2 units of junk (j)

        input   a b c d e f | g h i j k l | m n ...
        tap 1   a b c d e f   g h i j ...          output  . . . . j j | . . . . j j | ...
        tap 2   b c d e f g   h i j k ...          += w2 * the input, moved by one unit
        tap 3   c d e f g h   i j k l ...          += w3 * the input, moved by two

Gradients by wide maps hold zeros in the junk units, so sums over whole planes need no care.
"""
