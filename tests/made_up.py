"""Finished runs as they lie in a folder, made up."""

import json

from seqdl.config import to_dict
from seqdl.runs.result import write_log

TRAINED = {"parameters": 1, "epochs": 20, "updates": 5, "seconds": 1.0, "stopped": ""}


def score(entries, way, classes):
    matrix = [[sum(e["label"] == a and e[way] == b for e in entries) for b in classes] for a in classes]
    right = sum(matrix[k][k] for k in range(len(classes)))
    return {"accuracy": right / len(entries), "correct": right, "count": len(entries), "confusion": matrix}


def leave_run(folder, config, about, entries, tested, draw, seed=0, seconds=60.0):
    """A run with these decisions; the engineered baseline's have neither windows nor voting."""
    folder.mkdir(parents=True)
    stip = config.model == "stip-lstm"
    result = {
        "version": "0",
        "model": config.model,
        "protocol": "",
        "seed": seed,
        "dataset": {"unit": "person", "notes": []} | about,
        "split": {"name": f"draws {draw}", "train_persons": ["x"], "test_persons": [tested], "held_back": []},
        "convnet": None if stip else TRAINED | {"epochs": config.convnet.epochs},
        "lstm_training": TRAINED,
        "windows": None if stip else {"accuracy": 0.5, "correct": 45, "count": 90},
        "voting": None if stip else score(entries, "voting", about["classes"]),
        "lstm": score(entries, "lstm", about["classes"]),
        "sequences": [entry | {"voting": None} for entry in entries] if stip else entries,
        "seconds": seconds,
    }
    values = to_dict(config) | {"seed": seed}
    values["data"]["draw"] = draw
    for name, content in (("config", values), ("env", {}), ("result", result)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    write_log(folder / "log.csv", [])
    return values


def leave_plan(folder, config, names, seeds=(0,), failed=None):
    """What a cross-validation says of itself, whether or not any run is finished."""
    content = {"config": to_dict(config), "seeds": list(seeds), "draws": names, "failed": failed or {}, "runs": {}}
    (folder / "crossval.json").write_text(json.dumps(content))
