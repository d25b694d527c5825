"""A checked dataset on one screen, the most important first."""

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, is_dataclass
from statistics import median
from typing import Any

from seqdl.base.words import count, printable, some
from seqdl.datasets.download import megabytes
from seqdl.evaluation.check import Check, ClassFacts
from seqdl.evaluation.findings import Finding

WIDTH, HEAD = 100, 11
"""Columns of the screen, and those that the name of a line takes."""
LINES, LEAST = 45, 14
"""Lines of the screen, and those that are left for what was found."""
ROWS = 10
"""So many classes are shown one by one."""
GROUPS = 4
"""So many rates, sizes and turns are told one by one."""
SIGNS = {"stop": "NO", "lost": "!", "warning": "!", "note": "-"}


def screen(check: Check, picture: str, words: Callable[[str], str] = str) -> str:
    """All that a person wants to know first of a ``check``, some 45 lines at most.

    ``picture`` is the file of the contact sheet, perhaps none, and ``words`` puts findings into words for whoever reads
    them.
    """
    below = ["", *_facts(check), "", *_table(check.classes, check.unit), "", *_row("split", _split(check))]
    below += [*_row("cost", _cost(check)), *(_row("look at", picture) if picture else [])]
    told = _findings(check.findings, words, max(LEAST, LINES - 2 - len(below)))
    return "\n".join([_verdict(check), *told, *below])


def to_dict(check: Check) -> dict[str, Any]:
    """All of it in plain values, for JSON; of what was looked at more closely no pictures."""
    plain = {name: value for name, value in vars(check).items() if name != "samples"}
    looked = [{"name": s.name, "box": s.box, "seen": s.seen, "share": s.share} for s in check.samples]
    told: dict[str, Any] = {"trainable": check.trainable, "whole": check.whole}
    return told | {name: _plain(value) for name, value in plain.items()} | {"samples": looked}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _verdict(check: Check) -> str:
    counted = Counter(finding.kind for finding in check.findings)
    minded = counted["lost"] + counted["warning"]
    where = f" in {printable(check.data_dir)}" if check.data_dir else ""
    what = f"{check.dataset} {check.variant}{where}: "
    if not check.trainable:
        return what + "can NOT be trained on"
    return what + "can be trained on" + (f"; mind {count(minded, 'thing')}" if minded else ", nothing is wrong with it")


def _findings(findings: list[Finding], words: Callable[[str], str], most: int) -> list[str]:
    """The findings in at most so many lines, or one more that says how many are not there."""
    lines: list[str] = []
    for number, finding in enumerate(findings):
        told = _wrapped(f" {SIGNS[finding.kind]:<2} ", printable(words(finding.text)), 3)
        if finding.remedy:
            told += _wrapped("    -> ", printable(words(finding.remedy)), 1)
        if len(lines) + len(told) > most:
            return [*lines, f" {SIGNS[finding.kind]:<2} and {len(findings) - number} more: --json has them all"]
        lines += told
    return lines


def _wrapped(head: str, text: str, most: int) -> list[str]:
    """A text in at most so many lines, the first with a head."""
    wrapper = textwrap.TextWrapper(
        WIDTH, initial_indent=head, subsequent_indent=" " * len(head), max_lines=most, placeholder=" ..."
    )
    return wrapper.wrap(text)


def _row(head: str, text: str) -> list[str]:
    return _wrapped(f"{head:<{HEAD}}", printable(text), 2)


def _facts(check: Check) -> Iterator[str]:
    total = sum(check.seconds.values())
    used = f"{count(len(check.lengths), 'sequence')}, {_time(total)}, {sum(check.lengths.values()):,} frames"
    unit = {"sequence": "recording"}.get(check.unit, check.unit)
    who = "persons not known" if unit == "video" else count(len(check.persons), unit)
    usable = [file for file in check.files if not file.reason]
    if check.files:
        left = len(check.files) - len(usable)
        used = f"{count(len(check.files), 'file')}{f' ({left} of no use)' if left else ''}; to be used {used}"
    else:
        used = f"none: rendered on this machine; {used}"
    yield from _row("files", f"{used}, {count(len(check.classes), 'class', 'classes')}, {who}")
    if check.lengths:
        seconds, frames = sorted(check.seconds.values()), sorted(check.lengths.values())
        yield from _row(
            "lengths",
            f"{seconds[0]:.1f} to {seconds[-1]:.1f} s, median {median(seconds):.1f} s; {frames[0]} to {frames[-1]} "
            f"frames, median {median(frames):.0f}",
        )
    if usable:
        rates = Counter(f"{round(file.rate, 1):g}" for file in usable)
        seen = "each sees its own" if isinstance(check.rate, str) else f"a network sees {check.rate:g}"
        yield from _row("rates", f"frames a second: {_groups(rates)}; {seen}")
        yield from _row("sizes", f"{_sizes(Counter((file.width, file.height) for file in usable))}, as shown")
        turned = Counter(file.turn or "stored upright" for file in usable)
        yield from _row("turns", f"{_groups(turned)}" + ("; all are read upright" if len(turned) > 1 else ""))
    yield from _row("persons" if unit == "video" else f"{unit}s", _persons(check, unit))


def _persons(check: Check, unit: str) -> str:
    if unit == "video":
        return "not known, each file counts as one: a split divides videos"
    lacking = {person: labels for person, labels in check.persons.items() if labels}
    if not lacking:
        return f"each in all classes: {some(check.persons, 12)}"
    if len(lacking) < len(check.persons):
        named = (f"{person} ({some(labels)})" for person, labels in lacking.items())
        return f"{len(lacking)} of {len(check.persons)} lack classes: {some(named, 4)}"
    there = [len(check.classes) - len(labels) for labels in lacking.values()]
    return f"no {unit} is in all classes; each in {min(there)} to {max(there)} of {len(check.classes)}"


def _sizes(counted: Counter[tuple[int, int]]) -> str:
    if len(counted) <= GROUPS:
        return _groups(Counter({f"{width} x {height}": number for (width, height), number in counted.items()}))
    widths, heights = zip(*counted)
    return f"{len(counted)} sizes, {min(widths)} to {max(widths)} wide and {min(heights)} to {max(heights)} high"


def _groups(counted: Counter[str]) -> str:
    """What is there how often, the most frequent first."""
    if len(counted) == 1:
        return f"all {next(iter(counted))}"
    return some((f"{what} ({number})" for what, number in counted.most_common()), GROUPS)


def _table(classes: list[ClassFacts], unit: str) -> Iterator[str]:
    """The classes; of many those with the fewest sequences."""
    shown = classes if len(classes) <= ROWS + 1 else sorted(classes, key=lambda one: one.sequences)[:ROWS]
    wide = min(34, max(5, *(len(printable(one.label)) for one in shown))) if shown else 5
    columns = ("files", "sequences", *["persons"] * (unit != "video"), "seconds", "train", "test")
    yield f"{'class':<{wide}}" + "".join(f"{name:>11}" for name in columns)
    for one in shown:
        label = textwrap.shorten(printable(one.label), wide, placeholder="...")
        yield f"{label:<{wide}}" + "".join(f"{round(getattr(one, name)):>11,}" for name in columns)
    if len(shown) < len(classes):
        yield f"and {len(classes) - len(shown)} more with at least {shown[-1].sequences} sequences each"


def _split(check: Check) -> str:
    if not check.split:
        return "none can be made"
    return check.split + (f" Test: {some(check.test, 6)}." if check.test else "")


def _cost(check: Check) -> str:
    cost = check.cost
    told = [f"preparing the video takes about {_time(cost.prepare)}"] if cost.prepare is not None else []
    if cost.disk:
        told.append(f"{megabytes(cost.disk)} on the disk")
    if cost.train is not None and check.trainable:
        told.append(f"training about {_time(cost.train)} on one core (by a factor of two, more or less)")
    return ", ".join(told) or "not known for this model"


def _time(seconds: float) -> str:
    """A time for people: ``12 s``, ``4 min``, ``3.1 h``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"
