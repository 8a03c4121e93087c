#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# LibTorch's own kernels run on every core, so one takes at::parallel_for to do the same for a kernel of one's own. It is a
# template: in a program that is compiled without -fopenmp it calls its body once, on the calling thread, with no warning,
# though at::get_num_threads() says what one hopes for. Neither LibTorch's headers nor its libraries ask for the flag. Needs
# g++. Exits 0 while that is so, 1 once it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0
torch=$(echo "$work"/venv/lib/python3*/site-packages/torch)

cat >"$work/threads.cpp" <<'CPP'
#include <ATen/Parallel.h>

#include <atomic>
#include <cstdio>
int main() {
  at::set_num_threads(2);
  std::atomic<int> calls = 0;
  at::parallel_for(0, 1000, 1, [&](std::int64_t, std::int64_t) { ++calls; });
  std::printf("get_num_threads %d, parts that the range was cut in %d\n", at::get_num_threads(), calls.load());
  return calls;
}
CPP
build() {
  g++ -std=c++20 -O1 "$@" -I"$torch/include" -I"$torch/include/torch/csrc/api/include" "$work/threads.cpp" -o "$work/threads" \
    -L"$torch/lib" -Wl,--allow-shlib-undefined,-rpath,"$torch/lib" -ltorch_cpu -lc10 -l:libgomp.so.1
}
build
plain=0; "$work/threads" || plain=$?
build -fopenmp
openmp=0; "$work/threads" || openmp=$?
echo "without -fopenmp: $plain, with it: $openmp"
[ "$plain" = 1 ] && [ "$openmp" = 2 ]
# Seen with torch 2.13.0, g++ 12.2: without -fopenmp: 1, with it: 2
