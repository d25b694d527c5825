"""The sdist builds, the wheel builds from it and installs, without network, as setuptools does it for pip."""

from __future__ import annotations

import configparser
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import seqdl

ROOT = Path(__file__).parents[1]
SCRATCH = {".venv", ".git", "runs", "build", "dist"}
"""Folders on top that are no part of the project."""


def _run(command, folder):
    done = subprocess.run([str(c) for c in command], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _build(what, source, target):
    """Call the build backend in a process of its own: it changes the folder and much else."""
    program = "import sys\nfrom setuptools import build_meta\n" + f"print(build_meta.build_{what}(sys.argv[1]))"
    name = _run([sys.executable, "-c", program, target], source).splitlines()[-1]
    return target / name


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist, built from a copy of the tree, and the wheel, built from the sdist."""
    pytest.importorskip("setuptools")
    folder = tmp_path_factory.mktemp("packaging")
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if (
            path.is_file()
            and parts[0] not in SCRATCH
            and "__pycache__" not in parts
            and not (parts[0].startswith(".") or "egg-info" in parts[0])
        ):
            copy = folder / "tree" / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    sdist = _build("sdist", folder / "tree", folder)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (source,) = (folder / "unpacked").iterdir()
    return source, _build("wheel", source, folder)


def test_the_sdist_is_the_whole_source(built):
    source, _ = built
    for wanted in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "Makefile"):
        assert (source / wanted).is_file(), wanted
    for path in [*(ROOT / "seqdl").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]:
        assert (source / path.relative_to(ROOT)).is_file(), path
    assert not list(source.rglob("__pycache__"))


def test_the_wheel_holds_the_package_and_nothing_else(built):
    _, wheel = built
    names = zipfile.ZipFile(wheel).namelist()
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "seqdl").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == modules
    assert {"seqdl/py.typed", "seqdl/reports/page.css", "seqdl/reports/page.js"} <= set(names)
    trained = {path.relative_to(ROOT).as_posix() for path in (ROOT / "seqdl" / "trained" / "actors").iterdir()}
    assert len(trained) == 9 and {name for name in names if name.startswith("seqdl/trained/")} == trained
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"seqdl"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_installs_into_a_fresh_environment(built, tmp_path):
    _, wheel = built
    _run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], tmp_path)
    python = tmp_path / "env" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    _run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], tmp_path)
    for command in ([python, "-I", "-m", "seqdl"], [tmp_path / "env" / "bin" / "seqdl"]):
        assert _run([*command, "--version"], tmp_path).strip() == f"seqdl {seqdl.__version__}"
    program = "import seqdl, pathlib; print(pathlib.Path(seqdl.__file__).parent)"
    installed = Path(_run([python, "-I", "-c", program], tmp_path).strip())
    assert tmp_path in installed.parents
    assert (installed / "trained" / "actors" / "lstm.npz").is_file()


def test_versions_and_licence_agree():
    """One version and one licence, wherever they are written."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {seqdl.__version__}\n" in citation
    assert f"\nlicense: {setup['metadata']['license_expression']}\n" in citation
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
