"""What a configuration's ``data`` section chooses: the dataset, the split, and all runs of its protocol."""

from dataclasses import replace

from seqdl.config import Config, DataConfig
from seqdl.datasets import mirrored, registry, splits
from seqdl.datasets.base import Dataset
from seqdl.datasets.splits import Split
from seqdl.errors import UsageError

SEVERAL = "logistic"
"""The loss where a sequence may show several classes."""


def choose(config: Config) -> tuple[Dataset, Split]:
    """The dataset and the split that the ``data`` section of a configuration names.

    Whoever takes no part is not in the dataset: persons that ``data.only`` does not name, the test persons around an
    inner split.
    """
    return divide(config, whole(config))


def divide(config: Config, dataset: Dataset) -> tuple[Dataset, Split]:
    """As :func:`choose` with the ``config``, of a ``dataset`` that :func:`whole` has loaded."""
    data = config.data
    split = splits.pick(splits.make(data.protocol, dataset, max(data.draws, data.draw), data.split_seed), data.draw)
    splits.require_trainable(split, dataset)
    if data.inner:
        draws = max(data.inner_draws, data.inner_draw)
        inside = splits.inner(split, dataset, data.inner, draws, data.split_seed)
        dataset, split = splits.only(dataset, split.train), splits.pick(inside, data.inner_draw, "data.inner_draw")
        splits.require_trainable(split, dataset)
    return dataset, split


def whole(config: Config) -> Dataset:
    """The dataset that a configuration names, without the persons that ``data.only`` leaves out.

    A note warns where the configuration's networks learn from mirrored copies of classes that a mirror exchanges.
    """
    data = config.data
    dataset = registry.load(data.dataset, data.data_dir, data.variant, data.persons, data.person_pattern)
    if data.only:
        dataset = splits.only(dataset, data.only)
    warning = mirrored.warning(dataset.classes, config)
    return replace(dataset, notes=(*dataset.notes, warning)) if warning else dataset


def with_own(config: Config, dataset: Dataset) -> Config:
    """A configuration that names protocol, box and rate: where it says ``auto``, the dataset's own are meant.

    Where a sequence may show several classes, outputs are logistic; a UsageError refuses another loss than the default.
    """
    own = {name: getattr(dataset, name) for name in ("box", "rate") if getattr(config.video, name) == "auto"}
    data = replace(config.data, protocol=dataset.protocol) if config.data.protocol == "auto" else config.data
    config = replace(config, data=data, video=replace(config.video, **own))
    if not dataset.several:
        return config
    default, sections = Config(), ("convnet", "lstm")
    for section in sections:
        loss = getattr(config, section).loss
        if loss not in (getattr(default, section).loss, SEVERAL):
            raise UsageError(
                f"{section}.loss = {loss}: names one class, and clips of {dataset.name} may show several: leave it out"
            )
    return replace(config, **{name: replace(getattr(config, name), loss=SEVERAL) for name in sections})


def with_protocol(config: Config) -> Config:
    """A configuration that names its protocol: what ``auto`` means is looked up."""
    if config.data.protocol != "auto":
        return config
    return replace(config, data=replace(config.data, protocol=whole(config).protocol))


def places(data: DataConfig, dataset: Dataset) -> tuple[Dataset, list[DataConfig]]:
    """All runs of a protocol: its draws and, where there is an inner protocol, the draws inside of each.

    The section ``data``, whose own draw and inner draw do not count, is returned once for each run, before it the
    ``dataset`` of :func:`whole` with all persons that any run looks at: with inner splits nobody who is tested in every
    draw around them. A protocol that does not suit the dataset, or a split on which no network can be trained, is an
    error.
    """
    found: list[DataConfig] = []
    inside: set[str] = set()
    if data.protocol == splits.ALL:
        raise UsageError("data.protocol = all tests nobody, so that nothing can be cross-validated: train with it")
    for split in splits.make(data.protocol, dataset, data.draws, data.split_seed):
        splits.require_trainable(split, dataset)
        here = replace(data, draw=split.number)
        if not data.inner:
            found.append(here)
            continue
        inside.update(split.train)
        for inner in splits.inner(split, dataset, data.inner, data.inner_draws, data.split_seed):
            splits.require_trainable(inner, splits.only(dataset, split.train))
            found.append(replace(here, inner_draw=inner.number))
    if data.inner and inside != set(dataset.persons):
        dataset = splits.only(dataset, inside)
    return dataset, found
