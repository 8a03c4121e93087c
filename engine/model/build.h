// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "device/tensor_source.h"
#include "model/model.h"
#include "rosa/expected.h"

namespace rosa::model {

struct BuildOptions {
  c10::Device device{c10::DeviceType::CPU};
  /// The head the task wants; None keeps the checkpoint's own. A head that the checkpoint lacks, or has for another
  /// number of labels, is drawn from N(0, 0.02), seeded.
  Head head = Head::None;
  std::int64_t labels = 0;
  std::map<std::int64_t, std::string> labelNames;
  bool drawHead =
      false;  ///< its last layer is drawn although the checkpoint has one of this shape: it is for other classes
  /// Gives a tied output layer a table of its own, which starts as the token table's numbers.
  bool untie = false;
  std::optional<double> dropout;  ///< overrides every dropout of config.json
  std::uint64_t seed = 0;
  /// How matrices of linear layers and tables are kept; what trains must be kept in fp32.
  at::ScalarType weights = at::ScalarType::Float;
  /// Stands in place of random numbers in each tensor that is drawn because the source lacks it; NaN shows them.
  std::optional<double> drawn;
};

/// Builds the model and fills it from `source`, names with and without prefix and old norm names accepted; the one
/// table of a tied model may lie there as token table or as output layer (`settleTie` says which models are tied).
/// Without a source every weight is random as Transformers initialises it. An error names the tensor that is missing or
/// misshapen.
[[nodiscard]] Expected<std::unique_ptr<Model>> buildModel(ModelConfig config, const device::TensorSource* source,
                                                          BuildOptions options);

/// Memory of all stored tensors.
[[nodiscard]] std::int64_t storedBytes(const Model& model);

/// Whether `source` holds every tensor that such a model needs, in its shape; the error is `buildModel`'s. Reads and
/// allocates no tensor.
[[nodiscard]] Status checkTensors(ModelConfig config, const device::TensorSource& source, BuildOptions options);

}  // namespace rosa::model
