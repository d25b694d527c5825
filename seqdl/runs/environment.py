"""What a run was made with: versions, processor, commit."""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from seqdl import __version__

LIBRARIES = ("numpy", "numba", "llvmlite", "scipy", "av", "imageio")


@dataclass(frozen=True)
class Environment:
    """What a run was made with; what older runs did not note is empty.

    Parameters
    ----------
    seqdl, python, libraries
        Versions.
    platform, cpu, cores
        System and processor, and cores that the process might use.
    commit : str
        Of the source tree; empty for an installed package.
    """

    seqdl: str = ""
    python: str = ""
    libraries: dict[str, str] = field(default_factory=dict)
    platform: str = ""
    cpu: str = ""
    cores: int = 0
    commit: str = ""


def environment() -> Environment:
    """That of this process."""
    libraries = {name: metadata.version(name) for name in LIBRARIES}
    python = sys.version.split()[0]
    return Environment(__version__, python, libraries, platform.platform(), _cpu(), cores(), commit())


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def commit() -> str:
    """The commit of the source tree; empty for an installed package."""
    here = Path(__file__).resolve().parents[2]
    if not (here / ".git").exists():
        return ""
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
