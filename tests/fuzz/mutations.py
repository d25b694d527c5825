"""Valid examples made hostile: changes of bytes, of chunks that say their length, of JSON trees and of written texts.

Each is a function of a generator and an example. What comes out is bytes, as a file or an answer may hold.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

Mutate = Callable[[np.random.Generator, bytes], bytes]
EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
"""Numbers at which lengths and counts go wrong."""
HEAD = 600
"""Half of the changes are made in so many bytes at the beginning, where headers are."""


def pick(rng, items):
    """One of some items."""
    return items[int(rng.integers(len(items)))]


# Bytes


def place(rng, data) -> int:
    return int(rng.integers(max(1, min(len(data), HEAD) if rng.random() < 0.5 else len(data))))


def stretch(rng, data) -> tuple[int, int]:
    first = place(rng, data)
    return first, min(len(data), first + int(2 ** rng.uniform(0, 12)))


def flipped(rng, data):
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 9))):
        if out:
            out[place(rng, out)] ^= 1 << int(rng.integers(8))
    return bytes(out)


def cut(rng, data):
    return data[: place(rng, data)]


def zeroed(rng, data):
    first, last = stretch(rng, data)
    return data[:first] + bytes(last - first) + data[last:]


def noise(rng, data):
    first, last = stretch(rng, data)
    return data[:first] + rng.bytes(last - first) + data[last:]


def repeated(rng, data):
    first, last = stretch(rng, data)
    return data[:last] + data[first:last] * int(rng.integers(1, 20)) + data[last:]


def removed(rng, data):
    first, last = stretch(rng, data)
    return data[:first] + data[last:]


def moved(rng, data):
    first, last = stretch(rng, data)
    rest = data[:first] + data[last:]
    to = place(rng, rest)
    return rest[:to] + data[first:last] + rest[to:]


def number(rng, data):
    size, order = pick(rng, (1, 2, 4, 8)), pick(rng, ("little", "big"))
    at = place(rng, data)
    value = (pick(rng, EDGES) % 256**size).to_bytes(size, order)
    return data[:at] + value + data[at + size :]


def longer(rng, data):
    return data + pick(rng, (rng.bytes(200), bytes(5000), data[: len(data) // 2]))


BYTES = (flipped, flipped, flipped, cut, cut, zeroed, noise, repeated, removed, moved, number, number, number, longer)


def of_bytes(rng, data):
    """One change or a few."""
    for _ in range(pick(rng, (1, 1, 1, 2, 4))):
        data = pick(rng, BYTES)(rng, data)
    return data


# Chunks that say their length: RIFF, boxes of MP4, elements of Matroska, packets


class Chunk(NamedTuple):
    """Where a chunk is: its first byte, where its length stands and in how many bytes, where what it holds begins."""

    first: int
    length: int
    size: int
    order: str
    inside: int
    last: int


def riff(data) -> Iterator[Chunk]:
    yield from _tagged(data, 0, len(data), "little", (b"RIFF", b"LIST"))


def boxes(data) -> Iterator[Chunk]:
    holders = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta", b"moof", b"traf")
    yield from _tagged(data, 0, len(data), "big", holders)


def _tagged(data, at, end, order, holders):
    """A name of four letters and a length, in either order."""
    while at + 8 <= end:
        name, length = (data[at : at + 4], at + 4) if order == "little" else (data[at + 4 : at + 8], at)
        size = int.from_bytes(data[length : length + 4], order)
        last = at + 8 + size + size % 2 if order == "little" else at + size
        if not at + 8 <= last <= end:
            return
        yield Chunk(at, length, 4, order, at + 8, last)
        if name in holders:
            yield from _tagged(data, at + 8 + 4 * (order == "little"), last, order, holders)
        at = last


def elements(data, at=0, end=None) -> Iterator[Chunk]:
    """Matroska: the number of leading zeros says how long names and lengths are."""
    end = len(data) if end is None else end
    while at + 2 <= end and data[at]:
        length = at + 9 - data[at].bit_length()
        if length >= end or not data[length]:
            return
        size = 9 - data[length].bit_length()
        inside = length + size
        held = int.from_bytes(data[length:inside], "big") - (1 << 7 * size)
        last = end if held == (1 << 7 * size) - 1 else inside + held
        if last > end:
            return
        yield Chunk(at, length, size, "big", inside, last)
        if data[at:length] in (b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\xae", b"\xe0", b"\x1f\x43\xb6\x75"):
            yield from elements(data, inside, last)
        at = last


def packets(size: int) -> Callable[[bytes], Iterator[Chunk]]:
    """Packets of one size, whose second word is taken for a length."""

    def found(data):
        for at in range(0, len(data) - size + 1, size):
            yield Chunk(at, at + 1, 2, "big", at + 4, at + size)

    return found


def pages(data) -> Iterator[Chunk]:
    """What begins with one of the marks of Ogg, zip and pictures."""
    marks = [m.start() for m in re.finditer(rb"OggS|PK\x01\x02|PK\x03\x04|PK\x05\x06|FLV|\xff\xd8|\x00\x00\x01", data)]
    for first, last in zip(marks, [*marks[1:], len(data)]):
        yield Chunk(first, first + 4, 4, "little", min(first + 8, last), last)


def of_chunks(find: Callable[[bytes], Iterator[Chunk]]) -> Mutate:
    """Lengths that lie, chunks that are missing, there twice, elsewhere, emptied or damaged inside; else of bytes."""

    def changed(rng, data):
        chunks = list(find(data))
        if not chunks or rng.random() < 0.4:
            return of_bytes(rng, data)
        one, other = pick(rng, chunks), pick(rng, chunks)
        whole = data[one.first : one.last]
        match int(rng.integers(7)):
            case 0:
                value = pick(rng, (*EDGES, one.last - one.inside + int(rng.integers(-9, 9))))
                field = (value % 256**one.size).to_bytes(one.size, one.order)
                return data[: one.length] + field + data[one.length + one.size :]
            case 1:
                return data[: one.first] + data[one.last :]
            case 2:
                return data[: one.last] + whole * int(rng.integers(1, 50)) + data[one.last :]
            case 3:
                return data[: other.first] + whole + data[other.first :]
            case 4:
                return data[: one.inside] + bytes(one.last - one.inside) + data[one.last :]
            case 5:
                return data[: one.inside] + number(rng, data[one.inside : one.last][:64]) + data[one.inside + 64 :]
            case _:
                return data[: one.inside] + of_bytes(rng, data[one.inside : one.last]) + data[one.last :]

    return changed


# JSON

NUMBERS = (
    "0",
    "-1",
    "1",
    "3.5",
    "1e308",
    "-1e308",
    "1e999",
    "NaN",
    "-Infinity",
    "9" * 400,
    "9" * 5000,
    "9007199254740993",
)
OTHERS = (
    "null", "true", "false", '""', '"x"', '"' + "long" * 5000 + '"', r'"\ud800"', r'"a\u0000b"', r'"\n\u2028\u202e"',
    '"../../etc/passwd"', "[]", "{}", "[[]]", '{"": null}', "[" * 3000 + "]" * 3000, "[1, 2, 3]", '{"a": {"b": []}}',
)  # fmt: skip


class Raw(str):
    """What stands in a JSON tree for a text that is written as it is."""


def nodes(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a tree: what holds it, and its key there."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield tree, key
        yield from nodes(value)


def written(tree: Any) -> str:
    """A tree as JSON, with its raw texts."""
    if isinstance(tree, Raw):
        return str(tree)
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))}: {written(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(written, tree)) + "]"
    return json.dumps(tree)


def of_json(rng, data):
    """Values of other types and sizes, keys that are missing or strange, parts that are elsewhere; else of bytes."""
    if rng.random() < 0.15:
        return of_bytes(rng, data)
    tree = json.loads(data)
    for _ in range(pick(rng, (1, 1, 1, 2, 3))):
        places = list(nodes(tree))
        if not places:
            break
        # Long lists would have nearly all of the changes: keys have half of them.
        keyed = [(holder, key) for holder, key in places if isinstance(holder, dict)]
        holder, key = pick(rng, keyed if keyed and rng.random() < 0.5 else places)
        match int(rng.integers(6)):
            case 0 | 1:
                holder[key] = Raw(pick(rng, NUMBERS))
            case 2:
                holder[key] = Raw(pick(rng, OTHERS))
            case 3:
                del holder[key]
            case 4:
                other, place = pick(rng, places)
                if place in other if isinstance(other, dict) else place < len(other):
                    holder[key] = json.loads(json.dumps(other[place], default=str))
            case _:
                if isinstance(holder, list):
                    holder[:] = holder * int(rng.integers(0, 4))
                else:
                    holder[pick(rng, ("", "__class__", "x" * 999, "\ud800", str(key).upper()))] = holder.pop(key)
    return written(tree).encode("utf-8", "surrogatepass")


# Texts that people write

WORDS = (
    *NUMBERS, "-", "=", ",", ";", "\t", '"', "'", "[", "]", "{", "}", "#", "\0", "\r", "\u2028", "\u202e",
    "\u0301", "é" * 300, "\U0001f600", "\ud800", "true", "nan", "1979-05-27T07:32:00Z", '"""', "0x7fffffffffffffff",
    "1-0", "0-0", "x" * 9000, "../../x.avi", "/etc/passwd", "C:\\x.avi", "[" * 3000, "a." * 3000 + "b = 1\n",
    '"' + "y" * 200_000 + '"', "1" * 5000 + "-2",
)  # fmt: skip
TOKEN = re.compile(r"[\w.]+|[^\w\s]|\s+")


def of_text(rng, data):
    """Words and lines that are others, missing, there again or elsewhere, in any encoding; else of bytes."""
    if rng.random() < 0.2:
        return of_bytes(rng, data)
    text = data.decode("utf-8", "surrogateescape")
    for _ in range(pick(rng, (1, 1, 1, 2, 3))):
        parts = text.splitlines(keepends=True) if rng.random() < 0.3 else TOKEN.findall(text)
        if not parts:
            break
        at = int(rng.integers(len(parts)))
        match int(rng.integers(6)):
            case 0 | 1:
                parts[at] = pick(rng, WORDS)
            case 2:
                parts.insert(at, pick(rng, WORDS))
            case 3:
                del parts[at]
            case 4:
                parts[at] *= int(rng.integers(2, 40))
            case _:
                parts.insert(int(rng.integers(len(parts))), parts[at])
        text = "".join(parts)
    encoding = pick(rng, ("utf-8",) * 6 + ("utf-8-sig", "utf-16", "utf-32", "latin-1"))
    return text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")


# Arrays


def of_npz(rng, data):
    """Headers of arrays, texts and names in an archive whose sums are right; else as chunks of the archive."""
    if rng.random() < 0.3:
        return of_chunks(pages)(rng, data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    at = int(rng.integers(len(members)))
    name, content = members[at]
    inside = 10 + struct.unpack_from("<H", content, 8)[0]
    match int(rng.integers(6)):
        case 0 | 1:
            content = _other_head(rng, content[:inside]) + content[inside:]
        case 2:
            content = of_bytes(rng, content)
        case 3 if name == "values.npy":
            text = of_json(rng, content[inside:])
            content = (
                content[:inside].replace(f"({len(content) - inside},)".encode(), f"({len(text)},)".encode()) + text
            )
        case 4:
            name = pick(rng, ("x.npy", "values.npy", "../theta.npy", "theta", "é.npy", "theta.npy/"))
        case _:
            values = np.frombuffer(content[inside:], np.uint8).copy()
            values[rng.integers(len(values), size=4)] = pick(rng, (0, 0x7F, 0xFF))
            content = content[:inside] + values.tobytes()
    members[at : at + 1] = [(name, content)] * pick(rng, (0, 1, 1, 1, 1, 1, 1, 2))
    return zipped(members, pick(rng, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


def _other_head(rng, head):
    """What says type, order and shape of an array, lying."""
    lies = (
        (
            rb"'descr': '[^']*'",
            b"'descr': '|O'",
            b"'descr': '<f8'",
            b"'descr': '<U9999999'",
            b"'descr': [('a', '<f4')]",
        ),
        (
            rb"\(\d+,\)",
            b"(9999999999,)",
            b"(-1,)",
            b"()",
            b"(2, 0, 3)",
            b"(True,)",
            b"(1e9,)",
            b"(10**9,)",
            b"(2**62,)",
        ),
        (rb"False", b"True", b"None", b"0", b"[]"),
        (rb"\{", b"", b"{'x': 1, ", b"(" * 40, b"__import__('os').system('true') or {"),
    )
    pattern, *others = pick(rng, lies)
    text = head[10:]
    return head[:10] + re.sub(pattern, lambda _: pick(rng, others), text, count=1)[: len(text)].ljust(len(text))


def zipped(members, method=zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of (name or entry, content), of which several may have one name."""
    whole = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(whole, "w", method) as archive:
        warnings.simplefilter("ignore")
        for name, content in members:
            archive.writestr(name, content)
    return whole.getvalue()


def of_safetensors(rng, data):
    """Places, types and shapes in the header, and what the texts in its record say; else of bytes."""
    if rng.random() < 0.3:
        return of_bytes(rng, data)
    length = int.from_bytes(data[:8], "little")
    head = data[8 : 8 + length]
    if rng.random() < 0.6:
        tree = json.loads(head)
        record = tree["__metadata__"]
        name = pick(rng, sorted(record))
        with contextlib.suppress(ValueError):
            record[name] = of_json(rng, record[name].encode()).decode("utf-8", "replace")
        head = json.dumps(tree).encode()
    else:
        head = of_json(rng, head)
    stated = len(head) if rng.random() < 0.9 else pick(rng, EDGES)
    return (stated % 2**64).to_bytes(8, "little") + head + data[8 + length :]
