// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/range_eigen.h"

#include <cstddef>
#include <memory>
#include <mutex>
#include <new>

extern "C" {
// LAPACK's own calling convention: Fortran, the lengths of the character arguments last.
void dsyevr_(const char* job, const char* range, const char* triangle, const int* n, double* a, const int* lda,
             const double* vl, const double* vu, const int* il, const int* iu, const double* tolerance, int* found,
             double* w, double* z, const int* ldz, int* support, double* work, const int* workSize, int* integerWork,
             const int* integerWorkSize, int* info, std::size_t, std::size_t, std::size_t);

// OpenBLAS's table of work buffers, which its serial build reads and writes without a lock, so that two callers would
// share a buffer. The linker (--wrap, resources/cmake/OpenBlasEigen.cmake) sends its own calls here.
void* __real_blas_memory_alloc(int position);  // NOLINT: the linker's name
void __real_blas_memory_free(void* buffer);    // NOLINT: the linker's name
void* __wrap_blas_memory_alloc(int position);  // NOLINT: the linker's name
void __wrap_blas_memory_free(void* buffer);    // NOLINT: the linker's name
}

namespace {

std::mutex& bufferTable() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

void* __wrap_blas_memory_alloc(int position) {  // NOLINT: the linker's name
  const std::lock_guard lock(bufferTable());
  return __real_blas_memory_alloc(position);
}

void __wrap_blas_memory_free(void* buffer) {  // NOLINT: the linker's name
  const std::lock_guard lock(bufferTable());
  __real_blas_memory_free(buffer);
}

int rosa_symmetric_eigenvectors(int n, double* matrix, int first, int last, double* vectors, double* values) {
  constexpr int kNoMemory = -1000;
  const double unusedBound = 0;
  const double tolerance = 0;  // dsyevr then takes its own
  int found = 0;
  int info = 0;

  const auto columns = static_cast<std::size_t>(last - first + 1);
  const std::unique_ptr<int[]> support(new (std::nothrow) int[2 * columns]);
  if (!support) return kNoMemory;

  const auto solve = [&](double* work, int workSize, int* integerWork, int integerWorkSize) {
    dsyevr_("V", "I", "L", &n, matrix, &n, &unusedBound, &unusedBound, &first, &last, &tolerance, &found, values,
            vectors, &n, support.get(), work, &workSize, integerWork, &integerWorkSize, &info, 1, 1, 1);
  };

  double bestWorkSize = 0;
  int bestIntegerWorkSize = 0;
  solve(&bestWorkSize, -1, &bestIntegerWorkSize, -1);
  if (info != 0) return info;
  const int workSize = static_cast<int>(bestWorkSize);
  const std::unique_ptr<double[]> work(new (std::nothrow) double[static_cast<std::size_t>(workSize)]);
  const std::unique_ptr<int[]> integerWork(new (std::nothrow) int[static_cast<std::size_t>(bestIntegerWorkSize)]);
  if (!work || !integerWork) return kNoMemory;
  solve(work.get(), workSize, integerWork.get(), bestIntegerWorkSize);
  // Fewer vectors than asked for would leave part of the result unset.
  return info == 0 && static_cast<std::size_t>(found) != columns ? 1 : info;
}
