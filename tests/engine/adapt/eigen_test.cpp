// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/eigen.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "adapt/range_eigen.h"
#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

at::Tensor randomGram(std::int64_t n, std::uint64_t seed) {
  const auto matrix = test::randomMatrix(n + 20, n, seed).to(at::kDouble);
  return at::mm(matrix.t(), matrix).contiguous();
}

at::Tensor solve(const at::Tensor& symmetric, std::int64_t start, std::int64_t count) {
  auto rows = largestFirstEigenvectors(symmetric.clone(), start, count);
  EXPECT_TRUE(rows.hasValue()) << rows.error().message;
  return rows ? *rows : at::Tensor();
}

TEST(Eigen, WindowsEqualThoseOfTheFullDecomposition) {
  const std::int64_t n = 60;
  const auto gram = randomGram(n, 1);
  const auto all = std::get<1>(at::linalg_eigh(gram)).t().flip(0);
  for (const std::int64_t count : {1, 7, 60}) {
    for (std::int64_t start = 0; start + count <= n; start += 9) {
      const auto rows = solve(gram, start, count);
      const auto expected = all.narrow(0, start, count);
      // Signs are free: compare the projectors.
      EXPECT_LT(test::distance(at::mm(rows.t(), rows), at::mm(expected.t(), expected)), 1e-10) << start << "+" << count;
      EXPECT_LT(test::orthonormalityError(rows), 1e-12);
    }
  }
}

TEST(Eigen, RowsComeLargestFirst) {
  const auto gram = at::diag(at::tensor({2.0, 5.0, 1.0, 3.0}, at::kDouble)).contiguous();
  const auto rows = solve(gram, 0, 3).abs();
  const std::vector<std::int64_t> expected = {1, 3, 0};
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(rows[i][expected[static_cast<std::size_t>(i)]].item<double>(), 1, 1e-12);
  }
}

TEST(Eigen, ValuesStandBesideTheirVectors) {
  const std::int64_t n = 30;
  const auto gram = randomGram(n, 5);
  const auto all = at::linalg_eigvalsh(gram).flip(0);
  for (const std::int64_t count : {4, 25}) {  // an index range, and nearly all of them
    const auto eigen = largestFirstEigen(gram.clone(), 3, count);
    ASSERT_TRUE(eigen.hasValue()) << eigen.error().message;
    EXPECT_LT(test::distance(eigen->values, all.narrow(0, 3, count)), 1e-10);
    const auto rows = eigen->vectors;
    EXPECT_LT(test::distance(at::mm(rows, gram), eigen->values.unsqueeze(1) * rows), 1e-10);
  }
}

TEST(Eigen, ReadsTheUpperTriangleAlone) {
  const auto gram = randomGram(30, 2);
  EXPECT_TRUE(at::equal(solve(gram, 3, 5), solve(gram.triu(), 3, 5)));
}

TEST(Eigen, EqualEigenvaluesStillGiveOrthonormalRows) {
  const std::int64_t n = 50;
  const auto options = at::TensorOptions(at::kDouble);
  auto clustered = randomGram(n, 3) * 1e-14 + at::eye(n, options);
  for (const auto& matrix : {at::zeros({n, n}, options), at::eye(n, options), clustered.contiguous()}) {
    EXPECT_LT(test::orthonormalityError(solve(matrix, 11, 20)), 1e-12);
  }
}

TEST(Eigen, RefusesNonFiniteNumbers) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    auto gram = randomGram(10, 4);
    gram[2][5] = bad;
    EXPECT_FALSE(largestFirstEigenvectors(gram, 0, 2).hasValue());
  }
}

TEST(Eigen, CallsFromSeveralThreadsGiveTheBitsOfOne) {
  constexpr std::size_t kThreads = 4;
  constexpr int kRepeats = 8;
  const std::int64_t n = 300;  // several of LAPACK's blocks
  std::vector<at::Tensor> grams, expected;
  for (std::size_t i = 0; i < kThreads; ++i) {
    grams.push_back(randomGram(n, 10 + i));
    expected.push_back(solve(grams.back(), 20, 8));
  }
  std::vector<int> wrong(kThreads, 0);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int repeat = 0; repeat < kRepeats; ++repeat) {
        const auto rows = largestFirstEigenvectors(grams[i].clone(), 20, 8);
        if (!rows || !at::equal(*rows, expected[i])) ++wrong[i];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(kThreads, 0));
}

#ifdef ROSA_HAS_RANGE_EIGEN

std::string libraryOf(void* address) {
  Dl_info info{};
  return address != nullptr && dladdr(address, &info) != 0 ? info.dli_fname : "";
}

TEST(Eigen, NoSecondBlasIsVisibleInTheProcess) {
  for (const char* name : {"dsyevr_", "openblas_get_config", "openblas_set_num_threads", "gotoblas_init", "dgemm_",
                           "cblas_dgemm", "sgemm_", "cblas_sgemm", "dsyevd_", "xerbla_"}) {
    void* address = dlsym(RTLD_DEFAULT, name);
    if (address == nullptr) continue;
    EXPECT_NE(libraryOf(address).find("libtorch_cpu"), std::string::npos) << name << " is from " << libraryOf(address);
  }
}

TEST(Eigen, TheLibraryExportsItsOneFunction) {
  const auto library = libraryOf(reinterpret_cast<void*>(&rosa_symmetric_eigenvectors));
  ASSERT_NE(library.find("librosa_eigen"), std::string::npos) << library;
  const auto command = "nm --dynamic --defined-only --format=posix '" + library + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  ASSERT_NE(pipe, nullptr);
  std::vector<std::string> names;
  char line[256];
  while (fgets(line, sizeof line, pipe.get()) != nullptr) {
    const std::string text = line;
    names.push_back(text.substr(0, text.find(' ')));
  }
  EXPECT_EQ(names, std::vector<std::string>{"rosa_symmetric_eigenvectors"});
}

#else

TEST(Eigen, NoSecondBlasIsVisibleInTheProcess) {
  GTEST_SKIP() << "built without the static OpenBLAS; at::linalg_eigh serves";
}

#endif

}  // namespace
}  // namespace rosa::adapt
