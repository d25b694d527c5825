"""Make docs/demo.webp: what ``seqdl demo`` shows of one action, as a small moving picture.

python -m experiments.moving_picture
"""

import argparse
import base64
import sys
import tempfile

from experiments import script
from seqdl.base import cli, files
from seqdl.reports import demo
from seqdl.show.overlay import small_film

TARGET, ACTION = script.DOCS / "demo.webp", "walking"


def work(_: argparse.Namespace) -> int:
    """Render, predict, draw."""
    with tempfile.TemporaryDirectory() as folder:
        prediction = demo.make(ACTION, folder, cli.say).prediction
        assert prediction.course is not None  # of a file there always is one
        _, _, data = small_film(prediction.course).partition(",")
    files.write_atomic(TARGET, base64.b64decode(data))
    print(f"written: {TARGET}, {TARGET.stat().st_size:,} bytes")
    return 0


main = script.command("moving_picture", "Make the moving picture of a prediction that the README shows.", work)

if __name__ == "__main__":
    sys.exit(main())
