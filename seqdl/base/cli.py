"""What every command shares: common options, one clear line for an error, and the exit codes.

0 done, 1 the run failed, 2 wrong usage, 130 interrupted, 143 terminated.
"""

import argparse
import dataclasses
import difflib
import io
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn, Protocol

from seqdl import config as configuration_module
from seqdl import presets
from seqdl.base import interrupts, memory, settings
from seqdl.base.words import printable
from seqdl.config import Config, DataConfig
from seqdl.errors import SeqdlError, UsageError, reason
from seqdl.models import MODELS, model
from seqdl.presets import PRESETS, preset

UNRECOGNISED = "unrecognized arguments: "
"""How argparse begins to say that there is no such option."""


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, which says of an option that is none what was meant."""

    def error(self, message: str) -> NoReturn:
        hint = self._hint(message.removeprefix(UNRECOGNISED)) if message.startswith(UNRECOGNISED) else ""
        self.exit(2, f"{self.prog}: error: {message}{hint or f' (see {self.prog} --help)'}\n")

    def _hint(self, words: str) -> str:
        """For the first option among some ``words``: one that is spelled nearly so, or a setting of that name."""
        found = re.search(r"(--[a-z][\w-]*)(?:[ =](?!-)(\S+))?", words)
        if not found:
            return ""
        known = [name for _, names in _options(self) for name in names if name[:2] == "--"]
        close = difflib.get_close_matches(found[1], known, n=2, cutoff=0.8)
        meant = settings.hint(found[1], found[2] or "") if "--set" in known else ""
        return f": did you mean {' or '.join(close)}?" if close else f": {meant}" if meant else ""


class _Mixed(_Parser):
    """One whose options may also stand between the names that one argument takes."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        return self.parse_intermixed_args(args, namespace)


def parser(name: str, description: str, *, configurable: bool = True, mixed: bool = False) -> argparse.ArgumentParser:
    """The parser of the command ``name``, with a ``description`` in a sentence and the options that every command has.

    ``configurable`` ones take ``--preset``, ``--config`` and ``--set``; in ``mixed`` ones options may stand anywhere.
    """
    made = (_Mixed if mixed else _Parser)(prog=f"seqdl {name}", description=description, allow_abbrev=False)
    made.add_argument("--debug", action="store_true", help="show the traceback of an error")
    if configurable:
        made.add_argument(
            "--preset", metavar="NAME", help=f"a recipe: {', '.join(PRESETS)} (docs/choices.md); paper is the defaults"
        )
        made.add_argument("--config", metavar="FILE", help="a TOML file of settings")
        add_settings(made, "one setting, such as convnet.learning_rate=0.003; may be repeated")
    return made


def add_settings(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option ``--set``."""
    parser.add_argument("--set", dest="settings", metavar="KEY=VALUE", action="append", default=[], help=what)


DATA_OPTIONS = ("dataset", "variant", "data_dir", "persons", "person_pattern", "only", "protocol", "inner")
"""The options of :func:`seqdl.datasets.options.add_data`, named as in :class:`~seqdl.config.DataConfig`."""


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which model is trained."""
    parser.add_argument(
        "--model", help="; ".join(f"{model.name}: {model.what}" for model in MODELS.values()) + f" ({Config.model})"
    )
    parser.add_argument(
        "--control", action="store_true", help="leave the ConvNet untrained: what does the LSTM reach alone?"
    )


def add_warm(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--warm``."""
    parser.add_argument(
        "--warm",
        metavar="RUN",
        help="begin with the networks of this finished run, or of the run of the same draw and seed in this "
        "cross-validation's folder; its classes may be others, but not for the model single-step",
    )


LIVE = ("buffer", "every", "realtime", "reconnect")
"""The options that go with ``--live``."""
NOT_LIVE = ("seconds", "top_k")
"""Those that do not."""


def add_answer(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how an answer is told."""
    parser.add_argument("--top-k", type=number(1, 1e6, int), metavar="N", help="show the N most probable classes")
    parser.add_argument(
        "--threshold",
        type=number(0, 1),
        default=0,
        metavar="P",
        help='below this probability the answer is "uncertain"',
    )


def add_live(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a stream is looked at while it is made."""
    group = parser.add_argument_group("while it is filmed")
    group.add_argument(
        "--live",
        action="store_true",
        help="look at a camera (0), an address, a pipe (-), a folder that fills with numbered pictures, or a file in a "
        "camera's place, and decide again and again on its last seconds; Ctrl-C ends it",
    )
    group.add_argument("--buffer", type=number(0.1, 600), metavar="SECONDS", help="what a decision looks at (4)")
    group.add_argument("--every", type=number(0.01, 600), metavar="SECONDS", help="from one decision to the next (0.5)")
    group.add_argument(
        "--realtime",
        action="store_true",
        help="what comes through a pipe or from an address happens now: keep pace and drop what comes too fast, as is "
        "done of cameras; a file is played as fast as it was filmed",
    )
    group.add_argument("--reconnect", action="store_true", help="wait for a camera that has vanished")


def live(args: argparse.Namespace) -> bool:
    """Whether ``--live`` is asked for; a UsageError for what goes with it alone, or never."""
    for name in LIVE:
        if not args.live and getattr(args, name) not in (None, False):
            raise UsageError(f"--{name} is for --live: give both, or none")
    for name in NOT_LIVE:
        if args.live and getattr(args, name) is not None:
            raise UsageError(f"{option(name)} is not for --live: leave one of them out")
    return bool(args.live)


def effective(args: argparse.Namespace, **data: Any) -> Config:
    """The configuration: defaults < preset < file < ``--set`` < options of :mod:`seqdl.datasets.options` < ``data``.

    ``data`` are further settings of that section, left out where None. A model may come with a preset of its own where
    no other is named.
    """
    given = {name: getattr(args, name) for name in DATA_OPTIONS} | data
    values: dict[str, Any] = {"data": {name: value for name, value in given.items() if value is not None}}
    if args.model is not None:
        values["model"] = args.model
    base = preset(args.preset or model(args.model).preset) if args.preset or args.model is not None else None
    config = configuration_module.from_dict(values, presets.load(args.config, args.settings, base))
    kind, warm = model(config.model), getattr(args, "warm", None)
    if args.control and not kind.trained:
        raise UsageError(f"--control leaves the ConvNet untrained, and {config.model} has none: leave it out")
    if warm == "":
        raise UsageError("--warm is empty: name a finished run, or leave it out")
    if warm is not None and not kind.trained:
        raise UsageError(f"--warm begins with a trained ConvNet, and {config.model} has none: leave it out")
    if args.control and (warm or config.convnet.warm or config.single_step.warm):
        raise UsageError("--control leaves the ConvNet untrained, --warm begins with a trained one: give one of them")
    changes: dict[str, Any] = {}
    if args.control:
        changes["convnet"] = {"epochs": 0}
    if args.control and kind.as_one:
        changes["single_step"] = {"convnet_rate": 0}
    if warm is not None:  # found again from wherever this run is gone on with
        changes.setdefault("single_step" if kind.as_one else "convnet", {})["warm"] = str(Path(warm).resolve())
    return configuration_module.from_dict(changes, config)


def add_workers(
    parser: argparse.ArgumentParser, what: str = "processes that prepare video (0: one for each core)"
) -> None:
    """Add the option ``--workers``."""
    parser.add_argument("--workers", type=count, default=0, metavar="N", help=what)


def count(text: str) -> int:
    """A whole number from 0, for ``argparse``."""
    if int(text) < 0:
        raise ValueError
    return int(text)


def number(least: float, most: float, kind: type = float) -> Callable[[str], Any]:
    """A number of a ``kind`` from ``least`` to ``most``, for ``argparse``."""

    def parsed(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            what = "whole number" if kind is int else "number"
            raise argparse.ArgumentTypeError(f"expected a {what} from {least:g} to {most:g}, got {text}")
        return value

    return parsed


def configuration(args: argparse.Namespace) -> Config:
    """The configuration that ``--preset``, ``--config`` and ``--set`` ask for."""
    return presets.load(args.config, args.settings, preset(args.preset) if args.preset else None)


class Main(Protocol):
    """The ``main`` of a command."""

    def __call__(self, argv: list[str] | None = None) -> int:
        """Run it and return the exit code."""


def _say_warning(message: Warning | str, *_: object) -> None:
    say(f"seqdl: warning: {message}")


def command(options: Callable[[], argparse.ArgumentParser], work: Callable[[argparse.Namespace], int]) -> Main:
    """The ``main(argv)`` of a command: ``options`` makes its parser, ``work`` of what is parsed gives the exit code."""

    def main(argv: list[str] | None = None) -> int:
        return execute(work, options(), argv)

    return main


def execute(
    work: Callable[[argparse.Namespace], int], options: argparse.ArgumentParser, argv: list[str] | None = None
) -> int:
    """Parse ``argv``, the process's own where None, and do the ``work``, which returns the exit code.

    The parser is ``options``. What goes wrong is turned into one line and an exit code.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as standard error: what it cannot show is escaped
    args = options.parse_args(argv)
    if argv is None:
        memory.seldom()
    with interrupts.heeded():
        code = _executed(work, args, options)
        if argv is None:
            interrupts.leaving(code)
    return code


def _executed(
    work: Callable[[argparse.Namespace], int], args: argparse.Namespace, options: argparse.ArgumentParser
) -> int:
    try:
        with warnings.catch_warnings():
            if not args.debug and not sys.warnoptions:
                warnings.showwarning = _say_warning  # type: ignore[assignment]
            return work(args)
    except SeqdlError as error:
        return _failed(options.prog, as_options(str(error), args, options), error, args.debug, error.exit_code)
    except ValueError as error:
        return _failed(options.prog, as_options(str(error), args, options), error, args.debug, 1)
    except BrokenPipeError:
        sys.stdout = None  # type: ignore[assignment]
        return 1
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return _failed(options.prog, what, error, args.debug, 1)
    except MemoryError as error:
        return _failed(options.prog, "out of memory", error, args.debug, 1)
    except KeyboardInterrupt as error:
        return _failed(options.prog, "interrupted", error, args.debug, 130)
    except interrupts.Terminated as error:
        return _failed(options.prog, "terminated", error, args.debug, 143)


ARGUMENTS = {"address": "cluster", "tls": "cluster_tls"}
"""Arguments of the library whose options have other names."""
SETTINGS = {"only": "only_persons"}
"""Settings of the section ``data`` whose options have other names."""


def option(name: str) -> str:
    """The option of a setting of the section ``data``, or of a name that is spelled alike."""
    return f"--{SETTINGS.get(name, name).replace('_', '-')}"


def as_options(message: str, args: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    """A ``message`` of the library in the options that ``parser`` has; what a person wrote stays as it is.

    It writes settings as ``data.variant = 9`` or ``data.variant``, arguments as ``out=runs/mine`` or ``out=``; they
    become ``--variant 9``, ``--variant``, ``--out runs/mine`` and ``--out``. ``args`` says what a person wrote.
    """
    given = [text for value in vars(args).values() for text in (value if isinstance(value, list) else [value])]
    own = sorted({text for text in given if isinstance(text, str) and re.search(r"=|data\.", text)}, key=len)
    for number, text in enumerate(reversed(own)):
        message = message.replace(text, f"\0{number}\0")
    options = {dest: names[0] for dest, names in _options(parser)}

    def translated(match: re.Match[str]) -> str:
        name = match["setting"] or ARGUMENTS.get(match["argument"], match["argument"])
        if name not in options:
            return match[0]
        follows = match["equals"] and message[match.end() : match.end() + 1].strip(" ,;:.)")
        return options[name] + " " * bool(follows)

    names = "|".join(field.name for field in dataclasses.fields(DataConfig))
    pattern = rf"(?<![\w./-])(?:data\.(?P<setting>{names})\b|(?P<argument>[a-z_]+)(?==))(?P<equals> = |=)?"
    message = re.sub(pattern, translated, message)
    return re.sub("\0(\\d+)\0", lambda match: own[-1 - int(match[1])], message)


def _options(parser: argparse.ArgumentParser) -> list[tuple[str, Sequence[str]]]:
    return [(action.dest, action.option_strings) for action in parser._actions if action.option_strings]


def each(names: Iterable[str], work: Callable[[str], object], args: argparse.Namespace, program: str) -> dict[str, str]:
    """Do the ``work`` for each of some files; those that cannot be used, and why.

    The files are ``names``. Whatever goes wrong with one is said on standard error after the ``program``, and the next
    one follows; with ``--debug`` in ``args`` it is raised. What is wrong with all of them is therefore found before.
    """
    failed = {}
    for name in names:
        try:
            work(name)
        except BrokenPipeError:
            raise
        except Exception as error:
            if args.debug:
                raise
            why = reason(error, name)
            failed[name] = why if name in why else f"{name}: {why}"
            say(f"{program}: error: {failed[name]}")
    return failed


def say(line: str) -> None:
    """A line on standard error; line breaks and whatever else is no letter in it, as in names of files, are escaped."""
    print(printable(line), file=sys.stderr, flush=True)


def _failed(program: str, message: str, error: BaseException, debug: bool, code: int) -> int:
    if debug:
        raise error
    say(f"{program}: error: {message}")
    return code
