"""A configuration in few words: the preset it comes closest to, and what differs from it."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from seqdl.config import Config, to_dict
from seqdl.datasets import registry
from seqdl.models import MODELS
from seqdl.presets import PRESETS, preset

SHOWN = "data.split_seed", "data.only"
"""Settings of the section data that change what is learned, and so are told like those of the networks."""


def settings(config: Config) -> list[str]:
    """What differs from the defaults, or a preset's name and what differs from it where that is shorter.

    Such as ``best``, ``convnet.epochs=0``; apart from data, seed, the rule for the box, and the rate where it is the
    dataset's own.
    """
    data = config.data
    chosen = [f"data.split_seed={data.split_seed}"] * bool(data.split_seed)
    chosen += [f"data.only={','.join(data.only)}"] * bool(data.only)
    ways = [changes(config, Config())]
    ways += [[name, *changes(config, preset(name))] for name in PRESETS if preset(name) != Config()]
    return min(ways, key=len) + chosen


def in_a_line(config: Config) -> str:
    """The preset, what differs from it, data and seed: ``paper, convnet.epochs=2, data.dataset=folder, seed=0``."""
    chosen, usual = settings(config), _values(Config())
    preset_first = chosen if chosen[:1] and chosen[0] in PRESETS else ["paper", *chosen]
    where = [
        f"{name}={value}"
        for name, value in _values(config).items()
        if (name.startswith("data.") or name == "video.box") and value != usual[name]
    ]
    return ", ".join(
        [*preset_first, *(one for one in where if one.partition("=")[0] not in SHOWN), f"seed={config.seed}"]
    )


def changes(config: Config, base: Config) -> list[str]:
    """What differs from another configuration but data, seed, box, own rate, and what the model does not read."""
    others = {section for model in MODELS.values() for section in model.sections}
    left_out = {"data", "seed", "video.box"} | others - set(MODELS[config.model].sections)
    before, values = dict(_values(base)), dict(_values(config))
    dataset = registry.records().get(config.data.dataset)
    for either in (before, values):
        if dataset and either["video.rate"] == "auto":
            either["video.rate"] = dataset.rate
    return [
        f"{name}={value}"
        for name, value in values.items()
        if before.get(name) != value and not {name, name.partition(".")[0]} & left_out
    ]


@functools.lru_cache(maxsize=32)
def _values(config: Config) -> Mapping[str, Any]:
    """All settings by their dotted names."""
    return dict(flat(to_dict(config)))


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested mappings as pairs of a dotted name and a value."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
