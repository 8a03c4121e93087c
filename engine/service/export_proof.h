// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/batch.h"
#include "model/build.h"
#include "model/model.h"
#include "rosa/expected.h"
#include "rosa/services.h"
#include "train/session.h"

/// The proof that an export is the trained model: it is built again from the written files, and for an adapter its base
/// model's, alone, and compared with the live one tensor by tensor and logit by logit. What no file holds is NaN in the
/// model built again, never drawn as the run drew it, so that a missing tensor cannot pass by luck.
namespace rosa::service {

/// What the files are compared with.
struct Live {
  std::vector<model::NamedTensor> tensors;  ///< everything, adapted weights merged
  model::Batch batch;
  at::Tensor logits;  ///< of `batch`
};
/// Of a run: its merged tensors, and its logits for its first validation (else training) examples, a few hundred
/// tokens.
[[nodiscard]] Live liveOf(const train::Session& session);

/// The live model as an export of such types holds it: each tensor rounded once, and the logits of `batch` that a model
/// of those numbers has, built from them in memory by the live model's own `config`. The report says what the rounding
/// moves. Where no number is rounded it is `live` itself. An error names a tensor that its type cannot hold.
[[nodiscard]] Expected<Live> roundedLive(const Live& live, const std::vector<at::ScalarType>& types,
                                         const model::ModelConfig& config, c10::Device device, ExportReport& report);

/// Builds the whole model in `folder`. An error names a tensor that is missing or differs in one bit, or says that the
/// logits differ.
[[nodiscard]] Status proveModel(const std::filesystem::path& folder, const Live& live, c10::Device device,
                                ExportReport& report);

/// Builds the model in `base` with the adapter in `folder`, and with the run's head. Matrices may differ by what
/// factors round, or by all that a rank leaves out (`exact` false; the report then says by `equal` whether the answers
/// are the same); other tensors not at all.
[[nodiscard]] Status proveAdapter(const std::filesystem::path& base, const std::filesystem::path& folder,
                                  const Live& live, model::Head head, c10::Device device, bool exact,
                                  ExportReport& report);

/// The base model of an adapter, with NaN in what its files do not hold.
[[nodiscard]] Expected<std::unique_ptr<model::Model>> openBare(const std::filesystem::path& base,
                                                               model::BuildOptions options);
/// The first tensor of such a model that holds NaN and is none of `brought`; empty where there is none.
[[nodiscard]] std::string firstHole(const model::Model& bare, const std::vector<std::string>& brought);

}  // namespace rosa::service
