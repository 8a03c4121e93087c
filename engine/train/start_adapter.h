// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapt/adaptation.h"
#include "adapt/method.h"
#include "adapt/parameter.h"
#include "checkpoint/peft_adapter.h"
#include "model/build.h"
#include "model/model.h"
#include "rosa/config.h"
#include "rosa/expected.h"

/// A PEFT adapter on the model it was made for.
namespace rosa::train {

class StartAdapter {
 public:
  struct Layer {
    std::size_t linear = 0;  ///< among the model's adaptable matrices, in their order
    const checkpoint::PeftAdapter::Layer* stored = nullptr;
  };

  /// Opens the folder and finds a place in the model for each of its tensors; reads none. An error names the tensor
  /// that has none: the adapter is for another model or task. The model may lie on the meta device.
  [[nodiscard]] static Expected<StartAdapter> open(const std::filesystem::path& folder, const model::Model& model);
  /// The adapter that a run of this configuration starts from, if it names one. An error also where the run's method
  /// cannot start from it, or its virtual tokens are not as many as the run's.
  [[nodiscard]] static Expected<std::optional<StartAdapter>> openFor(const RunConfig& config,
                                                                     const model::Model& model);

  /// The method whose run can go on with it: lora, dora, ia3, prompt or prefix. From the first three every method
  /// without virtual tokens can start too, after merge().
  [[nodiscard]] Method method() const;
  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
  /// The model's tensors that the adapter holds whole, biases and head included.
  [[nodiscard]] std::vector<std::string> savedTensors() const;
  [[nodiscard]] const checkpoint::PeftAdapter& adapter() const { return adapter_; }
  /// Sentences on what the adapter's files name and do not hold, which PEFT passes over as well.
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }

  /// Takes out of a layer's base matrix what PEFT takes out each time it puts this adapter on it (init_lora_weights);
  /// nothing for most. Before `load`, once; merge() does it itself.
  [[nodiscard]] Status takeOut(const Layer& layer, const model::Model& model) const;
  /// Puts the adapter into the weights, or its virtual tokens before the text. What the model computes is then what
  /// PEFT's does.
  [[nodiscard]] Status merge(model::Model& model) const;
  /// `settings` for one layer, with the adapter's rank, scale and side.
  [[nodiscard]] static adapt::MethodSettings settingsOf(adapt::MethodSettings settings, const Layer& layer);
  /// Moves an adaptation made of these settings to the adapter's values.
  [[nodiscard]] Status load(const Layer& layer, adapt::Adaptation& adaptation) const;
  /// Moves a model's virtual tokens to the adapter's.
  [[nodiscard]] Status loadVirtual(adapt::Parameter& tokens) const;
  /// Copies what the adapter holds whole.
  [[nodiscard]] Status loadSaved(const model::Model& model) const;

 private:
  struct Saved {
    std::string name;  ///< the model's
    std::string stored;
  };
  explicit StartAdapter(checkpoint::PeftAdapter adapter) : adapter_(std::move(adapter)) {}
  [[nodiscard]] Status matchLayers(const model::Model& model);
  [[nodiscard]] Status matchVirtual(const model::Model& model) const;
  [[nodiscard]] Status matchSaved(const model::Model& model);
  [[nodiscard]] Status matchTokenRows(const model::Model& model) const;
  /// Puts the rows of single tokens into their tables.
  [[nodiscard]] Status mergeTokenRows(const model::Model& model) const;
  /// Whether all that target_modules and modules_to_save name in this model is in the file.
  [[nodiscard]] Status checkNamed(const model::Model& model);
  [[nodiscard]] Status checkRun(const RunConfig& config) const;
  [[nodiscard]] std::string madeFor() const;

  checkpoint::PeftAdapter adapter_;
  std::vector<Layer> layers_;
  std::vector<Saved> saved_;
  std::vector<std::string> remarks_;
};

/// Opens the adapter in `folder` and puts it into the model, or before its text; nothing where `folder` is empty.
[[nodiscard]] Status mergeAdapter(const std::filesystem::path& folder, model::Model& model);

/// The head that an adapter of a classifier brings along, for a base model that has none.
void chooseHead(const checkpoint::PeftAdapter& adapter, model::BuildOptions& options);

/// Whether there is such a head in the adapter of this folder; false where it is empty or cannot be read.
[[nodiscard]] bool bringsHead(const std::filesystem::path& folder);

/// A base model ties its output layer to the token table. Where the adapter saves one of them for itself, the model is
/// built untied, as PEFT has it. Nothing where there is no adapter, or its files cannot be read.
void untieFor(const checkpoint::PeftAdapter& adapter, model::BuildOptions& options);
void untieFor(const std::filesystem::path& adapter, model::BuildOptions& options);

/// SHA-256 of both files.
[[nodiscard]] Expected<std::string> fingerprintAdapter(const std::filesystem::path& folder);

}  // namespace rosa::train
