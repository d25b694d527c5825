"""A configuration in few words: the preset it comes closest to, and what differs from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqdl import config as configuration
from seqdl.config import Config
from seqdl.presets import PRESETS, preset


def settings(config: Mapping[str, Any]) -> list[str]:
    """What differs from the defaults, or a preset's name and what differs from it where that is shorter.

    Parameters
    ----------
    config : mapping
        As in config.json.

    Returns
    -------
    list of str
        Such as ``best``, ``convnet.epochs=0``; apart from data, seed and the rule for the box.
    """
    data = config["data"]
    chosen = [f"data.split_seed={data['split_seed']}"] * bool(data["split_seed"])
    chosen += [f"data.only={','.join(data['only'])}"] * bool(data["only"])
    ways = [changes(config, Config())]
    ways += [[name, *changes(config, preset(name))] for name in PRESETS if preset(name) != Config()]
    return min(ways, key=len) + chosen


def changes(config: Mapping[str, Any], base: Config) -> list[str]:
    """What differs from another configuration, apart from data, seed and the rule for the box.

    Parameters
    ----------
    config : mapping
        As in config.json.
    base : Config
        The other.

    Returns
    -------
    list of str
        Such as ``convnet.shift=2``; nothing of a network that the model does not have.
    """
    changed = []
    left_out = {"data", "seed"} | ({"convnet", "lcn"} if config["model"] == "stip-lstm" else {"stip"})
    for section, values in configuration.to_dict(base).items():
        if section in left_out:
            continue
        if isinstance(values, dict):
            names = [name for name, value in values.items() if name != "box" and config[section][name] != value]
            changed += [f"{section}.{name}={config[section][name]}" for name in names]
        elif config[section] != values:
            changed.append(f"{section}={config[section]}")
    return changed
