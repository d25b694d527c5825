"""All settings with what is known of each: read from the dataclasses of :mod:`seqdl.config`, their one source."""

import dataclasses
import inspect
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from seqdl.base.words import near
from seqdl.config import Config, to_dict
from seqdl.errors import UsageError
from seqdl.models import MODELS

PLAIN = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
OTHER_NAMES = {
    "lr": "learning_rate", "rate": "learning_rate", "passes": "epochs", "iterations": "epochs", "neurons": "hidden",
    "units": "cells", "optimiser": "momentum", "optimizer": "momentum", "fps": "video.rate", "augment": "copies",
    "augmentation": "copies", "early_stopping": "patience", "lr_schedule": "schedule", "clip_length": "frames",
}  # fmt: skip
"""What settings are called elsewhere."""
NONE = {
    "batch_size": "there is no batch: training is online, an update for each window or sequence",
    "batch": "there is no batch: training is online, an update for each window or sequence",
    "device": "it runs on the processor alone",
    "gpu": "it runs on the processor alone",
    "gpus": "it runs on the processor alone",
    "cuda": "it runs on the processor alone",
}
"""What others have and this project has not."""


@dataclass(frozen=True)
class Setting:
    """A setting.

    Parameters
    ----------
    name : str
        As ``--set`` and TOML files have it: ``convnet.epochs``.
    default : Any
        The value where nobody says anything else, which is the paper's recipe.
    allowed : str
        Which values it may have.
    choices : tuple of str
        The words to choose from, where there are such.
    what : str
        What it is for, in sentences.
    """

    name: str
    default: Any
    allowed: str
    choices: tuple[str, ...]
    what: str

    @property
    def section(self) -> str:
        """The section's name; empty for a setting of none."""
        return self.name.rpartition(".")[0]

    @property
    def last(self) -> str:
        """Its name in its section."""
        return self.name.rpartition(".")[2]


def settings(name: str = "") -> list[Setting]:
    """The setting of a ``name``, those of a section, or all; a UsageError names the near ones of a name that is none's.

    Examples
    --------
    >>> [(one.default, one.allowed) for one in settings("convnet.epochs")]
    [(20, 'a whole number, 0 or more')]
    """
    every = list(_settings(Config, ""))
    found = [one for one in every if not name or name in (one.name, one.section)]
    if not found:
        raise UsageError(f"unknown setting {name}{_meant(name, every)}")
    return found


def sections() -> dict[str, str]:
    """The sections, each with a line about it."""
    hints = get_type_hints(Config)
    return {name: _line(kind) for name, kind in hints.items() if dataclasses.is_dataclass(kind)}


def hint(option: str, value: str = "") -> str:
    """What to do in place of an ``option`` that a command has not, such as ``--epochs``; empty where nobody knows.

    Examples
    --------
    >>> hint("--epochs", "5")
    'it is a setting: --set convnet.epochs=5 (or lstm.epochs, single_step.epochs; seqdl settings tells of them)'
    """
    name = option.lstrip("-").replace("-", "_")
    if name in NONE:
        return NONE[name]
    first, *others = _same(OTHER_NAMES.get(name, name), settings()) or [""]
    more = f"or {', '.join(others)}; " if others else ""
    return first and f"it is a setting: --set {first}={value or 'VALUE'} ({more}seqdl settings tells of them)"


def _meant(name: str, every: list[Setting]) -> str:
    last = name.rpartition(".")[2].replace("-", "_")
    same = _same(OTHER_NAMES.get(last, last), every)
    return f"; did you mean {', '.join(same[:4])}?" if same else near(name, [*sections(), *(one.name for one in every)])


def _same(name: str, every: list[Setting]) -> list[str]:
    """Settings of this name, with or without their section; those of the ConvNet first, which is most asked for."""
    return sorted((one.name for one in every if name in (one.name, one.last)), key=lambda one: one[:8] != "convnet.")


def _settings(kind: Any, prefix: str) -> Iterator[Setting]:
    defaults, what = to_dict(kind()), _documented(kind)
    for key, hinted in get_type_hints(kind, include_extras=True).items():
        if dataclasses.is_dataclass(hinted):
            yield from _settings(hinted, f"{key}.")
        else:
            name, (allowed, choices) = prefix + key, _allowed(hinted)
            if name == "model":
                allowed, choices = ", ".join(MODELS), tuple(MODELS)
            yield Setting(name, defaults[key], allowed, choices, what.get(key, ""))


def _allowed(kind: Any) -> tuple[str, tuple[str, ...]]:
    """Which values a field of this type may have, in words, and the words among them."""
    origin = get_origin(kind)
    if origin is Literal:
        return ", ".join(get_args(kind)), get_args(kind)
    if origin in (Union, types.UnionType):
        words, number = get_args(kind)
        choices = tuple(word for part in (words, *get_args(words)) for word in get_args(part)) or get_args(words)
        return (_range(number) if get_origin(number) is Annotated else ", ".join(choices)), choices
    if origin is Annotated:
        return _range(kind), ()
    if origin is tuple:
        return ("names" if get_args(kind)[-1] is ... else f"{len(get_args(kind))} whole numbers"), ()
    return PLAIN[kind], ()


def _range(kind: Any) -> str:
    plain, allowed = get_args(kind)
    advice = allowed.advice.removeprefix("give ")
    if advice[0].isdigit():
        return f"{PLAIN[plain]}, {advice}"
    return advice.replace("a number", PLAIN[plain])


def _line(kind: Any) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def _documented(kind: type) -> dict[str, str]:
    """What the numpydoc section "Parameters" of a dataclass says of each field."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in (inspect.getdoc(kind) or "").partition("Parameters\n----------\n")[2].splitlines():
        if line[:1].strip():
            names = line.partition(" : ")[0].split(", ")
        elif names:
            found |= {name: f"{found.get(name, '')} {line.strip()}".strip() for name in names}
    return {name: re.sub(r":\w+:`~?([^`]+)`", r"\1", text).replace("``", "") for name, text in found.items()}
