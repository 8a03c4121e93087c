#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# TensorBoard's own reader keeps 10,000 points of a scalar and draws lots for the rest. EventAccumulator, with which its
# page and most scripts read event files, takes a uniform sample of longer curves (a reservoir with a fixed seed; the last
# point always stays): of a loss over 30,000 steps two thirds are gone, a spike of one step as likely as any other, and
# Scalars(tag) says nothing of it. One would guess the newest points, an average, the extremes kept, or a warning; only
# size_guidance={"scalars": 0} reads them all. Exits 0 while that is so, 1 once it has changed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorboard==2.20.0 'setuptools<81'
"$folder/venv/bin/python" - "$folder/log" <<'PYTHON'
import sys

import tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

STEPS = 30_000
SPIKES = range(500, STEPS, 1_000)  # one bad step in every thousand
writer = EventFileWriter(sys.argv[1])
for step in range(STEPS):
    value = Summary.Value(tag="loss", simple_value=100.0 if step in SPIKES else 2.0)
    writer.add_event(Event(wall_time=float(step), step=step, summary=Summary(value=[value])))
writer.close()


def read(**guidance):
    accumulator = EventAccumulator(sys.argv[1], **guidance)
    accumulator.Reload()
    return accumulator.Scalars("loss")


usual, all_of_it = read(), read(size_guidance={"scalars": 0})
shown = [point.step for point in usual if point.value > 50]
print("tensorboard", tensorboard.__version__)
print(f"in the file: {len(all_of_it)} points, {sum(p.value > 50 for p in all_of_it)} spikes")
print(f"read as usual: {len(usual)} points, {len(shown)} spikes; last step {usual[-1].step}")
assert len(all_of_it) == STEPS and len(usual) == 10_000, (len(all_of_it), len(usual))
assert usual[-1].step == STEPS - 1
assert 0 < len(shown) < len(SPIKES), shown
PYTHON
