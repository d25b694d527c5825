"""``seqdl VERB ...``: imports only the verb that is asked for, so that help is instant."""

from __future__ import annotations

import difflib
import importlib
import sys

from seqdl import __version__

VERBS = {
    "train": "train and evaluate on a dataset, and write a run folder",
    "evaluate": "evaluate a finished run again, or on another dataset",
    "datasets": "list the datasets, and tell how the folder of one must look",
    "prepare": "check a dataset and prepare its video; fetch and unpack KTH",
    "crossval": "train and evaluate every split of a protocol, with every seed",
    "report": "tabulate runs and cross-validations",
    "predict": "name the action in videos, with a trained run",
    "figures": "draw the paper's figures from trained networks",
    "inspect": "draw what the network sees of a video, as one picture",
    "stip": "find space-time interest points in a video, with HOG and HOF, as STIP 2.0 writes them",
    "gradcheck": "prove every gradient, layer by layer, and every kernel against its equation",
    "cache": "list prepared video and compiled code, and clear them",
    "info": "print the network's layers, sizes and parameters",
}


def usage() -> str:
    """The help text."""
    verbs = "\n".join(f"  {verb:<10} {what}" for verb, what in VERBS.items())
    return (
        "usage: seqdl VERB [options]\n\n"
        "Sequential deep learning for human action recognition (Baccouche et al. 2011).\n\n"
        f"{verbs}\n\nseqdl VERB --help tells a verb's options; seqdl --version the version."
    )


def main(argv: list[str] | None = None) -> int:
    """Run one verb.

    Parameters
    ----------
    argv : list of str, optional
        The arguments; those of the process where absent.

    Returns
    -------
    int
        The exit code.
    """
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if arguments else 2
    if arguments[0] == "--version":
        print(f"seqdl {__version__}")
        return 0
    verb = arguments[0]
    if verb not in VERBS:
        near = difflib.get_close_matches(verb, VERBS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(VERBS)}"
        print(f"seqdl: error: unknown command {verb}: {hint}", file=sys.stderr)
        return 2
    module = importlib.import_module(f"seqdl.{verb}")
    if hasattr(module, "__path__"):  # a package's command is what python -m runs of it
        module = importlib.import_module(f"seqdl.{verb}.__main__")
    return module.main(arguments[1:])


if __name__ == "__main__":
    sys.exit(main())
