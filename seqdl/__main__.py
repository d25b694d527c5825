"""``seqdl COMMAND ...``: imports only the command that is asked for, so that help is instant."""

import importlib
import keyword
import os
import sys

from seqdl import __version__

COMMANDS = {
    "train": "train and evaluate on a dataset, and write a run folder",
    "evaluate": "evaluate a finished run again, or on another dataset",
    "datasets": "list the datasets, and tell how the folder of one must look",
    "check": "tell what a training on a dataset would meet: what is left out, damaged, there twice; time and disk",
    "prepare": "check a dataset and prepare its video; fetch and unpack KTH",
    "render": "write the embedded dataset as video files, in folders as those of your own videos",
    "crossval": "train and evaluate every split of a protocol, with every seed",
    "report": "tabulate runs and cross-validations",
    "page": "write a page in which a run's networks compute, with lessons to try on them",
    "demo": "render a clip, name its action with the networks that come with seqdl, show it",
    "predict": "name the action in videos, with a trained run or the networks that come with seqdl",
    "export": "write a trained run for other programs: ONNX, safetensors, PyTorch, a model card",
    "import": "make a run of what seqdl export wrote",
    "figures": "draw the paper's figures from trained networks",
    "inspect": "draw what the network sees of videos, as one picture each",
    "stip": "find space-time interest points in videos, with HOG and HOF, as STIP 2.0 writes them",
    "gradcheck": "prove every gradient, layer by layer, and every kernel against its equation",
    "exercise": "write the equations yourself, in NumPy, and be told what is wrong",
    "cache": "list prepared video and compiled code, and clear them",
    "settings": "list what can be set: defaults, ranges, choices, what each is for",
    "info": "print the network's layers, sizes and parameters",
}


def usage() -> str:
    """The help text."""
    listed = "\n".join(f"  {name:<10} {what}" for name, what in COMMANDS.items())
    return (
        "usage: seqdl COMMAND [options]\n\n"
        "Sequential deep learning for human action recognition (Baccouche et al. 2011).\n\n"
        f"{listed}\n\nseqdl COMMAND --help tells a command's options; seqdl --version the version."
    )


def main(argv: list[str] | None = None) -> int:
    """Run one command of ``argv``, the process's own arguments where it is None, and return the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if arguments else 2
    if arguments[0] == "--version":
        print(f"seqdl {__version__}")
        return 0
    if argv is None:
        from seqdl.base import memory

        memory.seldom()
    try:
        code = _run(arguments[0], arguments[1:])
    except KeyboardInterrupt:  # while it imports: later on the command itself answers it
        if argv is not None or "--debug" in arguments:
            raise
        print(f"seqdl {arguments[0]}: error: interrupted", file=sys.stderr, flush=True)
        os._exit(130)
    if argv is None:
        from seqdl.base.interrupts import leaving

        leaving(code)
    return code


def _run(name: str, arguments: list[str]) -> int:
    if name not in COMMANDS:
        import difflib

        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(COMMANDS)}"
        print(f"seqdl: error: unknown command {name}: {hint}", file=sys.stderr)
        return 2
    module = importlib.import_module(f"seqdl.{name}{'_' * keyword.iskeyword(name)}")
    if hasattr(module, "__path__"):  # a package's command is what python -m runs of it
        module = importlib.import_module(f"seqdl.{name}.__main__")
    code: int = module.main(arguments)
    return code


if __name__ == "__main__":
    sys.exit(main())
