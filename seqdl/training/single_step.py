"""The stage that trains both networks as one, by crops of sequences (planned in Section 5)."""

from collections.abc import Sequence as Several
from math import ceil, log, log1p

import numpy as np

from seqdl.base import files
from seqdl.config import Config
from seqdl.datasets.base import Sequence
from seqdl.model import targets, varied
from seqdl.model.describers.base import Passes, Stage
from seqdl.model.describers.windows import Windows
from seqdl.model.recogniser import Recogniser
from seqdl.model.single_step import SingleStep
from seqdl.model.updates import SEEDS, AdamState, Learned, SingleStepUpdates, VariedCrops
from seqdl.stores.base import Store
from seqdl.stores.frames import FrameStore


def stage(recogniser: Recogniser, both: SingleStep, store: Store, sequences: list[Sequence]) -> Stage:
    """Learn online from a crop of each training sequence, in random order.

    ``both`` are the networks of a ``recogniser`` as one; ``sequences`` of a ``store`` are what is learned from.
    """
    section, describer = recogniser.config.single_step, recogniser.describer
    assert isinstance(describer, Windows) and isinstance(store, FrameStore)  # as the model's record says
    kept = AdamState.new(both.parameters.vector)

    def learn(updates: SingleStepUpdates | VariedCrops, velocity: np.ndarray) -> Learned:
        state = kept._replace(mean=velocity)
        if isinstance(updates, VariedCrops):
            learned = _learn_varied(both, describer, store, updates, state)
        else:
            learned = both.run_updates(store.frames, updates, state)
        files.release(store.frames)
        return learned

    return Stage(
        "single-step",
        section,
        both.parameters,
        lambda rng, passes: draw(describer, store, sequences, rng, passes),
        learn,
        "single_step.convnet_rate or single_step.learning_rate,",
        settle=1000,
        beside={"square": kept.square, "evened": kept.evened, "counts": kept.counts, **recogniser.beside()},
        guessing=(lambda updates: guessing(recogniser.config, both.classes, updates)) if section.convnet_rate else None,
        counted=lambda updates: 1 + updates.head * (updates.convnet_rates > 0),
        several=targets.sets(recogniser.config.lstm.loss),
    )


def draw(
    describer: Windows, store: FrameStore, sequences: Several[Sequence], rng: np.random.Generator, passes: Passes
) -> SingleStepUpdates | VariedCrops:
    """One pass: a crop of each sequence, or several, and a random copy of it.

    A crop is some successive windows; where windows are left out, because nobody is in them, it lies before or after,
    each stretch chosen as often as it has windows.

    Parameters
    ----------
    describer : Windows
        The ConvNet's, whose settings count.
    store, sequences : FrameStore, sequence of Sequence
        What is learned from.
    rng, passes : numpy.random.Generator, Passes
        For this pass; how far training is.
    """
    section = describer.config.single_step
    crops, labels, spans = [], [], []
    for sequence in [one for one in sequences for _ in range(ceil(section.crops / len(sequences)))]:
        starts = describer.starts_of(store, sequence.name)
        gaps = np.flatnonzero(np.diff(starts) != describer.config.lstm.window_step) + 1
        edges = np.array([0, *gaps, len(starts)])
        stretch = int(np.searchsorted(edges, rng.integers(len(starts)), "right")) - 1
        there = edges[stretch + 1] - edges[stretch]
        wanted = section.shortest * (section.longest / section.shortest) ** rng.random() if section.longest else there
        steps = min(there, round(wanted))
        crops.append((starts[edges[stretch] + rng.integers(there - steps + 1)], steps))
        labels.append(targets.target(sequence.labels, describer.classes, describer.config.lstm.loss))
        spans.append(store.spans[sequence.name])
    order = rng.permutation(len(labels))
    firsts, steps = np.array(crops, np.int64)[order].T.copy()
    rates = passes.rates(len(order))
    of_lstm = np.arange(len(order))[::-1] % 2 == 0 if section.alternate else np.ones(len(order), bool)
    of_convnet = ~of_lstm if section.alternate else of_lstm
    head = section.head + (section.head_end - section.head) * passes.done(len(order))
    updates = SingleStepUpdates(
        firsts,
        steps,
        np.array(labels, np.int64)[order],
        describer.draw_copies(rng, len(order)),
        rng.integers(SEEDS, size=len(order)),
        rates * of_lstm,
        (rates * of_convnet * (section.convnet_rate / section.learning_rate)).astype(np.float32),
        head.astype(np.float32),
    )
    if not varied.wanted(describer.config.vary):
        return updates
    rows = varied.draw(describer.config.vary, rng, len(order))
    return VariedCrops(*updates, np.array(spans, np.int64)[order], rows)


def _learn_varied(
    both: SingleStep, describer: Windows, store: FrameStore, updates: VariedCrops, state: AdamState
) -> Learned:
    """Learn from crops that are varied, made one by one: they may be long."""
    config, count = describer.config, len(updates.labels)
    losses, norms, decisions = np.zeros(count, np.float32), np.zeros(count, np.float32), np.zeros(count, np.int64)
    *crops, spans, rows = updates
    window, lengths = config.convnet.frames, (updates.steps - 1) * config.lstm.window_step + config.convnet.frames
    origins = varied.origins(updates.starts, lengths, rows)
    for k in range(count):
        one = slice(k, k + 1)
        made = varied.render(store.frames, spans[one], origins[one], lengths[one], rows[one], window, config.backend)
        crop = SingleStepUpdates(*(column[one] for column in crops))._replace(starts=np.zeros(1, np.int64))
        learned = both.run_updates(made, crop, state)
        losses[k], decisions[k] = learned.losses[0], learned.decisions[0]
        norms[k] = 0 if learned.norms is None else learned.norms[0]
        if not learned.done:
            return Learned(k, losses, decisions, norms)
    return Learned(count, losses, decisions, norms)


def guessing(config: Config, classes: int, updates: SingleStepUpdates) -> np.ndarray:
    """The loss (n,) of one who takes all ``classes`` to be as likely, for each of the ``updates`` of a ``config``.

    With the squared error it is that of outputs of the mean target, with logistic outputs of one who finds each class
    in one of so many sequences. NaN where the ConvNet is left alone.
    """
    mean = 2 / classes - 1
    losses = {
        "cross_entropy": log(classes),
        "squared_error": ((1 - mean) ** 2 + (classes - 1) * (1 + mean) ** 2) / 2,
        "logistic": log(classes) - (classes - 1) * log1p(-1 / classes),
    }
    lstm, convnet = losses[config.lstm.loss], losses[config.convnet.loss]
    return np.where(updates.convnet_rates > 0, lstm + updates.head * convnet, np.nan)
