#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A chat column, list<struct<role, content>>, as pyarrow writes it: pandas with engine="fastparquet" reads the right
# number of rows, each of them None, and raises nothing. Exits 0 while that is so, 1 once it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pandas==3.1.1 pyarrow==26.0.0 fastparquet==2026.9.0

"$work/venv/bin/python" - "$work" <<'PYTHON'
import sys

import fastparquet
import pandas
import pyarrow
import pyarrow.parquet

path = sys.argv[1] + "/chat.parquet"
rows = [[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}],
        [{"role": "user", "content": "Bye"}]]
kind = pyarrow.list_(pyarrow.struct([("role", pyarrow.string()), ("content", pyarrow.string())]))
pyarrow.parquet.write_table(pyarrow.table({"chat": pyarrow.array(rows, kind)}), path)

print("pandas", pandas.__version__, "pyarrow", pyarrow.__version__, "fastparquet", fastparquet.__version__)
by_arrow = pandas.read_parquet(path, engine="pyarrow")
by_fast = pandas.read_parquet(path, engine="fastparquet")
print("engine pyarrow, first row:", by_arrow["chat"].tolist()[0])
columns = {name: by_fast[name].tolist() for name in by_fast.columns}
print("engine fastparquet:", columns)
empty = all(value is None or value != value for values in columns.values() for value in values)
if len(by_arrow["chat"][0]) == 2 and len(by_fast) == 2 and empty:
    print("As found: two rows, every one of them None, and no error.")
    sys.exit(0)
print("CHANGED: this is no longer what was found.")
sys.exit(1)
PYTHON
