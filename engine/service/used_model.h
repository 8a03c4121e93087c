// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/model.h"
#include "rosa/chat.h"
#include "rosa/expected.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"
#include "train/session.h"

/// The one way in which a finished model is opened to be used, by whatever asks it: eval, generate, chat, serve, Try.
namespace rosa::service {

/// Whether a folder is a run's, and no model's.
[[nodiscard]] bool isRun(const std::filesystem::path& folder);

/// What a model's folder holds, opened part by part so that the cheap mistakes come first; or what a checkpoint of a
/// run's folder computes.
class UsedModel {
 public:
  /// Of the request, all but adapter and chat template are obeyed here.
  [[nodiscard]] static Expected<UsedModel> open(const ModelRequest& request);

  /// Of the model; a run's is its base model's.
  [[nodiscard]] const std::filesystem::path& folder() const { return run_ ? run_->config.model : folder_; }
  [[nodiscard]] c10::Device device() const { return device_; }
  [[nodiscard]] const model::ModelConfig& config() const { return run_ ? run_->model->config() : config_; }
  /// Whether it continues text.
  [[nodiscard]] bool writes() const { return config().isDecoder() && config().head == model::Head::LanguageModel; }
  [[nodiscard]] Expected<const text::Tokenizer*> tokenizer();
  /// How its conversations are written; once the tokenizer was opened.
  [[nodiscard]] Expected<std::shared_ptr<const text::ChatTemplate>> chatTemplate(const std::string& choice) const;
  /// On how the folder was read; complete once the tokenizer was opened.
  [[nodiscard]] std::vector<std::string> remarks() const;
  /// The model with its weights, and with an adapter in or before it, where one is named.
  [[nodiscard]] Expected<model::Model*> weights(const std::filesystem::path& adapter);

 private:
  std::filesystem::path folder_;
  std::filesystem::path startAdapter_;  ///< that a run began with, where its base is asked for
  std::filesystem::path runFolder_;     ///< of that run, for its chat template
  WeightType weightType_ = WeightType::Auto;
  c10::Device device_{c10::DeviceType::CPU};
  model::ModelConfig config_;
  text::Tokenizer tokenizer_;
  std::unique_ptr<model::Model> model_;
  std::unique_ptr<train::Session> run_;  ///< of a run
};

[[nodiscard]] Error continuesNoText(const std::filesystem::path& asked, const model::ModelConfig& config);

/// A conversation as one text, up to where the model is to speak.
[[nodiscard]] Expected<std::string> renderToAnswer(text::Conversation conversation,
                                                   const text::ChatTemplate& chatTemplate);

}  // namespace rosa::service
