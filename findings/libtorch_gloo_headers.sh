#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# LibTorch's package holds Gloo: libtorch_cpu.so exports c10d::ProcessGroupGloo, and the package's CMake target has every program
# compiled with USE_C10D_GLOO. ProcessGroupGloo.hpp, which that turns on, includes five of Gloo's own headers, of which the package has
# none: a program that includes it does not compile, though it would link and run (some forty lines of declarations will do). Needs g++
# and nm. Exits 0 while that is so, 1 once it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps torch==2.13.0
torch=$(echo "$work"/venv/lib/python3*/site-packages/torch)
header="$torch/include/torch/csrc/distributed/c10d/ProcessGroupGloo.hpp"

exported=$(nm -DC "$torch/lib/libtorch_cpu.so" | grep -c ' T c10d::ProcessGroupGloo::ProcessGroupGloo(' || true)
asked=$(grep -c '#include <gloo/' "$header" || true)
shipped=$(find "$torch" -path '*gloo*' -name '*.h' | wc -l)
defining=$(grep -c 'INTERFACE_COMPILE_DEFINITIONS.*USE_C10D_GLOO' "$torch/share/cmake/Caffe2/Caffe2Targets.cmake" || true)
echo "constructors exported $exported; Gloo headers included $asked, in the package $shipped; CMake targets that define USE_C10D_GLOO $defining"

cat >"$work/group.cpp" <<'CPP'
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
using Group = c10d::ProcessGroupGloo;
CPP
error=$(g++ -std=c++20 -fsyntax-only -DUSE_C10D_GLOO -I"$torch/include" -I"$torch/include/torch/csrc/api/include" "$work/group.cpp" 2>&1 | grep -m1 error || true)
echo "g++: ${error#*: }"
[ "$exported" -ge 1 ] && [ "$asked" -ge 1 ] && [ "$shipped" = 0 ] && [ "$defining" = 1 ] && grep -q "gloo/.*No such file" <<<"$error"
# Seen with torch 2.13.0, g++ 12.2: constructors exported 2; Gloo headers included 5, in the package 0; CMake targets that define
# USE_C10D_GLOO 1; g++: fatal error: gloo/algorithm.h: No such file or directory
