// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "data/masking.h"
#include "model/build.h"
#include "model/model.h"
#include "rosa/config.h"
#include "rosa/expected.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace rosa::train {

/// The head that a task trains.
[[nodiscard]] model::Head headOf(Task task);

/// What a prompt method puts before the text.
[[nodiscard]] model::VirtualKind virtualKindOf(Method method);

/// A model folder's tokenizer; refuses one that makes ids which the model has no row for.
[[nodiscard]] Expected<text::Tokenizer> openTokenizer(const std::filesystem::path& folder,
                                                      const model::ModelConfig& config);

/// How the tokens of a run's texts are hidden; none where its task hides none. Refuses a tokenizer without a mask
/// token.
[[nodiscard]] Expected<std::optional<data::Masking>> maskingOf(const RunConfig& config,
                                                               const text::Tokenizer& tokenizer);

/// How conversations are written: by the template in the run's folder `stored`, where that holds one; else by the one
/// that `choice` names, or the model's own where it is empty.
[[nodiscard]] Expected<std::shared_ptr<const text::ChatTemplate>> openChatTemplate(
    const std::filesystem::path& model, const std::string& choice, const text::Tokenizer& tokenizer,
    const std::filesystem::path& stored = {});

/// Whether the model has a row for each token type that a text, or a pair of texts, is given.
[[nodiscard]] Status checkTypes(const text::Tokenizer& tokenizer, const model::ModelConfig& config, bool pair);

/// config.json of a model folder with the end tokens of generation_config.json, and with what its weights say of the
/// tie; they may be missing.
[[nodiscard]] Expected<model::ModelConfig> readModelConfig(const std::filesystem::path& folder);

/// How a run keeps the matrices and tables that it does not train: as `weights` says, at::kChar for matrices in int8
/// and tables in bf16; where that is auto, in bf16 or fp16 if the model's files hold all of them so and the method can
/// do with it, else in fp32.
[[nodiscard]] Expected<at::ScalarType> weightTypeOf(const RunConfig& config);

/// The same for a model that is only used, which nothing keeps from what its files hold.
[[nodiscard]] Expected<at::ScalarType> weightTypeOf(WeightType asked, const std::filesystem::path& folder);

/// The model of a Hugging Face folder.
[[nodiscard]] Expected<std::unique_ptr<model::Model>> openModel(const std::filesystem::path& folder,
                                                                const model::BuildOptions& options);

/// Whether a folder's weights are sound and hold every tensor of the model in its shape. Reads no tensor.
[[nodiscard]] Status checkWeights(const std::filesystem::path& folder, const model::ModelConfig& config,
                                  const model::BuildOptions& options);

/// SHA-256 of config.json and of each tensor file, one after another: what a checkpoint remembers of the model it
/// builds on.
[[nodiscard]] Expected<std::string> fingerprintModel(const std::filesystem::path& folder);

}  // namespace rosa::train
