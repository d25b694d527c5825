"""What the README says: its links lead somewhere, its Python runs, its commands exist."""

import re
import shlex
from pathlib import Path

import pytest

from seqdl import (
    cache,
    check,
    crossval,
    demo,
    evaluate,
    exercise,
    export,
    figures,
    gradcheck,
    info,
    page,
    predict,
    prepare,
    render,
    settings,
    stip,
    train,
)
from seqdl import inspect as inspect_command
from seqdl import report as tabulate
from seqdl.datasets import __main__ as datasets

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = {
    "check": check,
    "prepare": prepare,
    "train": train,
    "crossval": crossval,
    "report": tabulate,
    "page": page,
    "evaluate": evaluate,
    "info": info,
    "predict": predict,
    "inspect": inspect_command,
    "figures": figures,
    "stip": stip,
    "gradcheck": gradcheck,
    "exercise": exercise,
    "export": export,
    "cache": cache,
    "datasets": datasets,
    "render": render,
    "demo": demo,
    "settings": settings,
}


@pytest.mark.parametrize("page", ["README.md", "data/README.md", "experiments/README.md"])
def test_links_lead_somewhere(page):
    path = ROOT / page
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text(encoding="utf-8"))
    missing = [link for link in links if not (path.parent / link).exists()]
    assert not missing


@pytest.mark.compiled(reason="trains the network of the paper")
def test_the_python_runs(walkers, tmp_path, monkeypatch, capsys):
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "videos").symlink_to(walkers)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    accuracies, label = capsys.readouterr().out.splitlines()
    assert all(0 <= float(part) <= 1 for part in accuracies.split())
    assert label in ("moving", "swinging")


def test_every_command_is_one_that_exists():
    [block] = [text for text in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if "seqdl.train" in text]
    commands = [
        shlex.split(line, comments=True) for line in block.splitlines() if "seqdl" in line and "pip" not in line
    ]
    assert len(commands) == 22
    for command in commands:
        name = "train" if command[:3] == ["python", "-m", "seqdl.train"] else command[1]
        arguments = command[3:] if command[0] == "python" else command[2:]
        COMMANDS[name].options().parse_args([argument.removesuffix("...") for argument in arguments])


def test_the_commands_for_own_videos_are_ones_that_exist():
    [block] = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    commands = [shlex.split(line[2:]) for line in block.splitlines() if line.startswith("$ seqdl")]
    assert [command[1] for command in commands] == ["train", "predict"]
    for command in commands:
        COMMANDS[command[1]].options().parse_args(command[2:])


def test_every_column_of_the_results_is_explained():
    head = README[README.index("<!-- results -->") :].splitlines()[1]
    explained = re.findall(r"^\| ([^|]+) \|", README[README.index("| column | what it is |") :], re.MULTILINE)
    columns = [cell.strip() for cell in head.strip("|").split("|")][1:]
    parts = {part for column in columns for part in ([column] if column in explained else column.split(": "))}
    assert parts <= set(explained)


def test_the_makefile_has_the_two_commands():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"train", "test"} <= set(targets)
    assert "make train" in README
    assert "make test" in README
