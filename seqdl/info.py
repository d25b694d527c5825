"""``seqdl info``: the networks' layers, sizes and parameters; the card of the trained ones that come with seqdl."""

import argparse
import json
import sys
from typing import Any

from seqdl.base import cli
from seqdl.config import Config
from seqdl.models import model


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser("info", "Print every layer's output size and number of parameters.")
    parser.add_argument("--classes", type=int, default=6, metavar="N", help="number of actions (6, as in KTH)")
    parser.add_argument(
        "--trained",
        action="store_true",
        help="instead, of the trained networks that come with seqdl: where they are, and what they can and cannot do",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def describe(config: Config, classes: int) -> dict[str, Any]:
    """The model's networks, each with its ``parameters`` and ``layers``, in plain values; ``classes`` counts
    actions.
    """
    from seqdl.model import describers
    from seqdl.model.geometry import lstm_layers, single_step_layers

    describer, kind = describers.kind(config), model(config.model)
    if kind.as_one:
        networks = {kind.last: single_step_layers(config, classes)}
    else:
        of_lstm = lstm_layers(config.lstm, describer.values(config, classes), classes)
        networks = {**describer.layers(config, classes), kind.last: of_lstm}
    return {
        name: {
            "parameters": sum(layer.count for layer in layers),
            "layers": [
                {
                    "name": layer.name,
                    "output": list(layer.output),
                    "parameters": layer.count,
                    "what": layer.what,
                    "shapes": {key: list(shape) for key, shape in layer.shapes},
                }
                for layer in layers
            ],
        }
        for name, layers in networks.items()
    }


def work(args: argparse.Namespace) -> int:
    """Print the tables, or the card."""
    if args.trained:
        from seqdl.runs import shipped

        run, text = shipped.shipped(), shipped.card()
        print(json.dumps({"run": str(run), "card": text}) if args.json else f"{run}\n\n{text.rstrip()}")
        return 0
    networks = describe(cli.configuration(args), args.classes)
    if args.json:
        print(json.dumps(networks))
        return 0
    maps = "(maps x frames x rows x columns)"
    titles = {
        "convnet": f"3D-ConvNet {maps}",
        "lstm": "LSTM classifier",
        "single-step": f"3D-ConvNet {maps} and LSTM as one",
    }
    for name, network in networks.items():
        print(f"{titles.get(name, name)}: {network['parameters']:,} trainable parameters")
        for layer in network["layers"]:
            size = " x ".join(map(str, layer["output"]))
            print(f"  {layer['name']:<7}{size:<18}{layer['parameters']:>7,}  {layer['what']}")
    return 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
