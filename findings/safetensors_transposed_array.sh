#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# safetensors.numpy writes a transposed array's memory as it lies, under the transposed shape: the values come back in
# the wrong places, and nothing says so. Exits 0 while that is so, 1 once it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6

"$work/venv/bin/python" - "$work" <<'PYTHON'
import sys

import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

path = sys.argv[1] + "/weights.safetensors"
weight = np.arange(6, dtype=np.float32).reshape(2, 3)
turned = weight.T  # 3 x 2, a view: what converting a Conv1D weight gives
save_file({"view": turned, "copy": np.ascontiguousarray(turned)}, path)
back = load_file(path)

print("safetensors", safetensors.__version__, "numpy", np.__version__)
print("what was saved:", turned.tolist())
print("a view, read back:", back["view"].tolist())
print("a contiguous copy, read back:", back["copy"].tolist())
same_shape = back["view"].shape == turned.shape
moved = not np.array_equal(back["view"], turned)
copy_right = np.array_equal(back["copy"], turned)
if same_shape and moved and copy_right:
    print("As found: the view has the right shape and wrong values, without an error; the copy is right.")
    sys.exit(0)
print("CHANGED: this is no longer what was found.")
sys.exit(1)
PYTHON
