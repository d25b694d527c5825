"""What commands print: one line each, and nothing that the output cannot show."""

import os
import subprocess
import sys

PROGRAM = """
import os, sys
from seqdl.base import cli
from seqdl.errors import SeqdlError

def work(args):
    print("größer", os.fsdecode(b"caf\\xe9"))
    cli.say("two\\nlines \\x1b[31m")
    raise SeqdlError("é\\n.avi is damaged")

sys.exit(cli.execute(work, cli.parser("some", "Größer.", configurable=False), sys.argv[1:]))
"""


def test_whatever_an_output_cannot_show_is_escaped():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout) == (1, "gr\\xf6\\xdfer caf\\udce9\n")
    assert done.stderr == "two\\nlines \\x1b[31m\nseqdl some: error: \\xe9\\n.avi is damaged\n"
    shown = subprocess.run([sys.executable, "-c", PROGRAM, "--help"], capture_output=True, check=True, env=environment)
    assert b"Gr\\xf6\\xdfer." in shown.stdout
