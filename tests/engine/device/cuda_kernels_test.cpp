// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/cuda_kernels.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <tuple>

#include "device/device.h"
#include "engine/adapt/matrices.h"

/// Our own CUDA kernels against the same sums in fp64 on the CPU.
namespace rosa::device {
namespace {

MatrixView viewOf(const at::Tensor& matrix) {
  return {matrix.mutable_data_ptr<float>(), matrix.size(0), matrix.size(1), matrix.stride(0)};
}

at::Tensor onGpu(const at::Tensor& tensor) {
  return tensor.to(c10::Device(c10::DeviceType::CUDA, 0));
}

double relative(const at::Tensor& actual, const at::Tensor& expected) {
  return test::distance(actual, expected) / test::largest(expected);
}

/// Rows, columns, rank.
class CudaKernelsTest : public testing::TestWithParam<std::tuple<std::int64_t, std::int64_t, std::int64_t>> {
 protected:
  void SetUp() override {
    if (!cudaState().usable) GTEST_SKIP() << cudaState().explanation;
    kernels_ = cudaKernels();
    if (kernels_ == nullptr) GTEST_SKIP() << "the plug-in with our own kernels was not built";
  }

  const CudaKernels* kernels_ = nullptr;
};

TEST_P(CudaKernelsTest, WeightMovesByTheStepsChange) {
  const auto [rows, columns, rank] = GetParam();
  const auto weight = test::randomMatrix(rows, columns + 3, 1);
  const auto newLeft = test::randomMatrix(rank, rows, 2), oldLeft = test::randomMatrix(rank, rows, 3);
  const auto newRight = test::randomMatrix(rank, columns, 4), oldRight = test::randomMatrix(rank, columns, 5);
  const auto wide = [](const at::Tensor& tensor) { return tensor.to(at::kDouble); };
  const auto expected = wide(weight.narrow(1, 0, columns)) +
                        0.5 * (at::mm(wide(newLeft).t(), wide(newRight)) - at::mm(wide(oldLeft).t(), wide(oldRight)));
  const auto own = onGpu(weight);
  const auto part = own.narrow(1, 0, columns);  // beside others in one buffer
  const auto left = onGpu(newLeft), right = onGpu(newRight), leftBefore = onGpu(oldLeft), rightBefore = onGpu(oldRight);
  ASSERT_TRUE(
      kernels_->updateWeight(viewOf(part), viewOf(left), viewOf(right), viewOf(leftBefore), viewOf(rightBefore), 0.5F));
  EXPECT_LE(relative(part, expected), 4e-6);
  EXPECT_TRUE(at::equal(own.narrow(1, columns, 3).cpu(), weight.narrow(1, columns, 3)))
      << "the neighbour's columns stay";
}

INSTANTIATE_TEST_SUITE_P(Shapes, CudaKernelsTest,
                         testing::Combine(testing::Values(1, 33, 768), testing::Values(1, 129, 2304),
                                          testing::Values(1, 8, 20, 64)));

}  // namespace
}  // namespace rosa::device
