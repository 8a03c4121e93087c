// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/build.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <string_view>
#include <vector>

#include "model/decoder.h"
#include "model/encoder.h"

namespace rosa::model {

namespace {

void replaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// How checkpoints may spell a tensor: as saved today, without the model's prefix, and with the norms' old names.
std::vector<std::string> spellings(const std::string& name) {
  std::vector<std::string> all = {name};
  for (const std::string_view prefix : {"transformer.", "model.", "bert.", "roberta."}) {
    if (name.starts_with(prefix)) all.push_back(name.substr(prefix.size()));
  }
  const auto count = all.size();
  for (std::size_t i = 0; i < count; ++i) {
    auto old = all[i];
    replaceAll(old, "LayerNorm.weight", "LayerNorm.gamma");
    replaceAll(old, "LayerNorm.bias", "LayerNorm.beta");
    if (old != all[i]) all.push_back(old);
  }
  return all;
}

void drawNormal(at::Tensor tensor, double deviation, at::Generator& generator) {
  // Drawn on the CPU so that a seed means the same weights on every device.
  tensor.copy_(at::normal(0.0, deviation, tensor.sizes(), generator));
}

/// As Transformers initialises: N(0, range) for matrices and tables, residual projections of GPT-2 smaller with depth.
void initialise(const NamedTensor& stored, const ModelConfig& config, at::Generator& generator) {
  if (stored.role == Role::Norm) {
    stored.tensor.fill_(stored.name.ends_with(".bias") ? 0 : 1);
  } else if (stored.role == Role::LinearBias || stored.role == Role::HeadBias) {
    stored.tensor.zero_();
  } else {
    const bool residual = config.family == Family::Gpt2 && stored.name.ends_with("c_proj.weight");
    const double shrink = residual ? 1 / std::sqrt(2.0 * static_cast<double>(config.layers)) : 1;
    drawNormal(stored.tensor, config.initializerRange * shrink, generator);
  }
}

constexpr double kHeadDeviation = 0.02;

Status fill(Model& model, const device::TensorSource& source, const BuildOptions& options) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(options.seed);
  for (const auto& stored : model.tensors()) {
    const bool head = stored.role == Role::HeadWeight || stored.role == Role::HeadBias;
    std::string found;
    for (const auto& spelling : spellings(stored.name)) {
      if (source.contains(spelling)) {
        found = spelling;
        break;
      }
    }
    std::vector<std::int64_t> shape;
    if (!found.empty()) {
      auto read = source.shape(found);
      if (!read) return std::move(read).error();
      shape = *std::move(read);
    }
    if (found.empty() || shape != stored.tensor.sizes().vec()) {
      // A pooler is part of a bare encoder's checkpoint and a head of ours alike: only what is absent is drawn.
      if (head && (found.empty() || stored.tensor.dim() == 0 || options.head != Head::None)) {
        if (stored.role == Role::HeadBias) {
          stored.tensor.zero_();
        } else {
          drawNormal(stored.tensor, kHeadDeviation, generator);
        }
        continue;
      }
      if (found.empty()) {
        return Error{fmt::format(
            "The model's weights have no tensor '{}'. The folder does not fit its config.json: choose a complete "
            "model folder.",
            stored.name)};
      }
      return Error{fmt::format(
          "The tensor '{}' has the shape [{}] where config.json asks for [{}]. Choose a model folder whose files "
          "belong together.",
          found, fmt::join(shape, ", "), fmt::join(stored.tensor.sizes(), ", "))};
    }
    ROSA_CHECK(source.read(found, stored.tensor));
  }
  return {};
}

/// What the task asks of the head, checked against what the architecture can carry.
Status chooseHead(ModelConfig& config, const BuildOptions& options) {
  if (options.dropout) {
    config.embeddingDropout = config.attentionDropout = config.hiddenDropout = config.classifierDropout =
        *options.dropout;
  }
  if (options.head == Head::None) return {};
  if (options.head == Head::LanguageModel && !config.decoder()) {
    return Error{fmt::format(
        "{} is an encoder and continues no text. Choose task classification or regression, or a GPT-2 or Llama model.",
        familyName(config.family))};
  }
  if (options.head != Head::LanguageModel && config.family == Family::Llama) {
    return Error{
        "Llama models train on lm and completion here. Choose one of these tasks, or a BERT, RoBERTa or GPT-2 model."};
  }
  config.head = options.head;
  if (options.head != Head::LanguageModel) {
    config.labels = options.labels;
    config.labelNames = options.labelNames;
  }
  return {};
}

}  // namespace

Expected<std::unique_ptr<Model>> buildModel(ModelConfig config, const device::TensorSource* source,
                                            const BuildOptions& options) {
  ROSA_CHECK(chooseHead(config, options));
  const auto tensorOptions = at::TensorOptions().device(options.device).dtype(at::kFloat);
  std::unique_ptr<Model> model;
  if (config.decoder()) {
    model = std::make_unique<Decoder>(config, tensorOptions);
  } else {
    model = std::make_unique<Encoder>(config, tensorOptions);
  }
  const at::NoGradGuard noGrad;
  if (source != nullptr) {
    ROSA_CHECK(fill(*model, *source, options));
  } else if (options.device.type() != c10::DeviceType::Meta) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(options.seed);
    for (const auto& stored : model->tensors()) initialise(stored, config, generator);
  }
  return model;
}

}  // namespace rosa::model
