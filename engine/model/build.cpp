// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/build.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <new>
#include <vector>

#include "adapt/frozen_weight.h"
#include "model/decoder.h"
#include "model/encoder.h"
#include "model/tensor_names.h"
#include "model/tie.h"

namespace rosa::model {

namespace {

void drawNormal(at::Tensor tensor, double deviation, at::Generator& generator) {
  // Drawn on the CPU so that a seed means the same weights on every device.
  adapt::assign(std::move(tensor), at::normal(0.0, deviation, tensor.sizes(), generator));
}

/// As Transformers initialises: N(0, range) for matrices and tables, GPT-2's into the residual stream smaller with
/// depth; rates of decay uniform in 0.01..16.
void initialise(const NamedTensor& stored, const ModelConfig& config, at::Generator& generator) {
  if (stored.role == Role::Norm || stored.role == Role::HeadNorm || stored.role == Role::Buffer) {
    stored.tensor.fill_(stored.start);
  } else if (stored.role == Role::LinearBias || stored.role == Role::HeadBias) {
    stored.tensor.zero_();
  } else if (stored.role == Role::DecayLog) {
    constexpr double kSlowest = 0.01, kFastest = 16;
    stored.tensor.copy_(at::empty(stored.tensor.sizes(), at::kFloat).uniform_(kSlowest, kFastest, generator).log_());
  } else {
    const auto& spec = config.decoder;
    const bool residual =
        spec.shrinksResidualStart && (stored.name.ends_with(fmt::format("{}.weight", spec.names->attentionOut)) ||
                                      stored.name.ends_with(fmt::format("{}.weight", spec.names->down)));
    const double shrink = residual ? 1 / std::sqrt(2.0 * static_cast<double>(config.layers)) : 1;
    drawNormal(stored.tensor, config.initializerRange * shrink, generator);
  }
}

constexpr double kHeadDeviation = 0.02;

/// The layer of a classification head that has a row for each class.
bool hasRowsOfClasses(const NamedTensor& stored) {
  const auto& name = stored.name;
  return stored.ofHead() && (name.find("classifier.out_proj") != std::string::npos || name.starts_with("score.") ||
                             name == "classifier.weight" || name == "classifier.bias");
}

/// Where the output layer of a language model and its token table may lie for one another.
std::vector<std::string> standIns(const NamedTensor& stored, const ModelConfig& config, const BuildOptions& options) {
  if (config.head == Head::MaskedLanguageModel && stored.name == tokenTable(config)) {
    return spellings(outputLayer(config));
  }
  if (config.head != Head::LanguageModel) return {};
  if (config.tied && stored.name == tokenTable(config)) return spellings(kLanguageHead);
  if (options.untie && stored.name == kLanguageHead) return spellings(tokenTable(config));
  return {};
}

Error noMaskHead(const ModelConfig& config, const std::string& reason) {
  return Error{fmt::format(
      "The model has no layer that predicts hidden words: {}. For task masked-lm choose a checkpoint of the class {}.",
      reason, config.row->className(Head::MaskedLanguageModel))};
}

/// The names that a tensor may lie under, the best first.
std::vector<std::string> placesOf(const NamedTensor& stored, const ModelConfig& config, const BuildOptions& options) {
  auto names = spellings(stored.name);
  std::ranges::copy(standIns(stored, config, options), std::back_inserter(names));
  const auto& ofEncoder = config.encoder.names;
  const bool maskBias = config.head == Head::MaskedLanguageModel && stored.name == ofEncoder.maskBias;
  if (!maskBias || ofEncoder.maskOut.empty()) return names;
  // Files may hold it twice: it is the output layer's own that counts.
  names.insert(names.begin(), std::string(ofEncoder.maskOut) + ".bias");
  return names;
}

/// The spelling under which `source` has the tensor; empty where it is to be drawn anew. An error where it is missing
/// or misshapen and belongs to the checkpoint's own part.
Expected<std::string> locate(const NamedTensor& stored, const device::TensorSource& source, const ModelConfig& config,
                             const BuildOptions& options) {
  // A new head is drawn; so is the pooler that checkpoints of a bare encoder may lack.
  const bool masked = config.head == Head::MaskedLanguageModel;  // pretrained: it is there, or the task cannot be
  const bool drawable = stored.ofHead() && !masked && (options.head != Head::None || config.head == Head::None);
  if (options.drawHead && hasRowsOfClasses(stored)) return std::string();
  for (const auto& spelling : placesOf(stored, config, options)) {
    if (!source.contains(spelling)) continue;
    const auto shape = source.shape(spelling);
    if (!shape) return shape.error();
    if (*shape == stored.tensor.sizes().vec()) return spelling;
    if (drawable && options.head != Head::None) return std::string();
    return Error{fmt::format(
        "The tensor '{}' has the shape [{}] where config.json asks for [{}]. Choose a model folder whose files belong "
        "together.",
        spelling, fmt::join(*shape, ", "), fmt::join(stored.tensor.sizes(), ", "))};
  }
  if (drawable) return std::string();
  if (masked && stored.ofHead()) return noMaskHead(config, fmt::format("its weights have no tensor '{}'", stored.name));
  if (stored.name == kLanguageHead) {
    return Error{fmt::format(
        "The model's weights have no tensor '{}', and config.json does not say that the output layer shares the token "
        "table. Write \"tie_word_embeddings\": true into config.json if it does, or choose a complete model folder.",
        stored.name)};
  }
  return Error{
      fmt::format("The model's weights have no tensor '{}'. The folder does not fit its config.json: choose a complete "
                  "model folder.",
                  stored.name)};
}

/// What lies in the file in fp32, bf16 or fp16 is rounded to int8 where it is kept so.
Status readStored(const device::TensorSource& source, const std::string& name, const at::Tensor& tensor) {
  if (tensor.scalar_type() != at::kChar) return source.read(name, tensor);
  const auto wide = at::empty(tensor.sizes(), adapt::computeOptions(tensor));
  ROSA_CHECK(source.read(name, wide));
  adapt::assign(tensor, wide);
  return {};
}

Status fill(Model& model, const device::TensorSource& source, const BuildOptions& options) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(options.seed);
  for (const auto& stored : model.tensors()) {
    const auto found = locate(stored, source, model.config(), options);
    if (!found) return found.error();
    if (!found->empty()) {
      ROSA_CHECK(readStored(source, *found, stored.tensor));
    } else if (options.drawn) {
      stored.tensor.fill_(*options.drawn);
    } else if (stored.role != Role::HeadWeight) {
      stored.tensor.fill_(stored.start);
    } else {
      drawNormal(stored.tensor, kHeadDeviation, generator);
    }
  }
  return {};
}

/// Whether the model can have the head that predicts hidden tokens, where it is to have it.
Status checkMaskHead(const ModelConfig& config, const BuildOptions& options) {
  const auto head = options.head == Head::None ? config.head : options.head;
  if (head != Head::MaskedLanguageModel) return {};
  if (config.isDecoder()) {
    return Error{fmt::format(
        "{} sees only what stands before a word: task masked-lm needs an encoder, such as BERT or ModernBERT. Choose "
        "task lm for this model.",
        config.family())};
  }
  if (config.head != Head::None && config.head != Head::MaskedLanguageModel) {
    return noMaskHead(config, fmt::format("it is a {}", config.architecture));
  }
  if (!config.encoder.maskRefusal.empty()) return Error{config.encoder.maskRefusal};
  if (options.untie) {
    return Error{
        "The adapter saves the token table for itself, apart from the output layer that it is tied to, which task "
        "masked-lm does not train. Save the adapter without it, or with ensure_weight_tying."};
  }
  return {};
}

/// What the task asks of the head, checked against what the architecture can carry.
Status chooseHead(ModelConfig& config, const BuildOptions& options) {
  if (options.dropout) {
    config.embeddingDropout = config.attentionDropout = config.hiddenDropout = *options.dropout;
    config.classifierDropout = config.poolerDropout = config.tokenDropout = *options.dropout;
  }
  if (options.head == Head::MaskedLanguageModel || config.head == Head::MaskedLanguageModel) {
    ROSA_CHECK(checkMaskHead(config, options));
  }
  if (options.head == Head::None) return {};
  if (options.head == Head::LanguageModel && !config.isDecoder()) {
    return Error{fmt::format(
        "{} is an encoder and continues no text. Choose task classification or regression, or masked-lm where the "
        "checkpoint predicts hidden words, or a language model.",
        config.family())};
  }
  if (options.head == Head::TokenClassification && config.isDecoder()) {
    return Error{
        fmt::format("{} sees only what stands before a word: task token-classification needs an encoder, such as BERT "
                    "or ModernBERT.",
                    config.family())};
  }
  config.head = options.head;
  if (options.head == Head::Regression) config.labels = 1;
  if (hasClasses(options.head) && options.labels > 0) config.labels = options.labels;
  if (options.head != Head::LanguageModel && options.head != Head::MaskedLanguageModel) {
    config.labelNames = options.labelNames;
    if (config.labels < 1) return Error{"A classification head needs the number of classes; the data names none."};
  }
  return {};
}

/// Leaves `options.untie` set only where there is a tie to undo.
void untie(ModelConfig& config, BuildOptions& options) {
  options.untie = options.untie && config.tied && config.head == Head::LanguageModel;
  if (options.untie) config.tied = false;
}

std::unique_ptr<Model> emptyModel(const ModelConfig& config, c10::Device device, at::ScalarType weights) {
  const auto options = at::TensorOptions().device(device).dtype(at::kFloat);
  if (config.isDecoder()) return std::make_unique<Decoder>(config, options, weights);
  return std::make_unique<Encoder>(config, options, weights);
}

/// Names and shapes, on tensors without memory.
Status compareShapes(const ModelConfig& config, const device::TensorSource& source, const BuildOptions& options) {
  const auto shapes = emptyModel(config, c10::DeviceType::Meta, options.weights);
  for (const auto& stored : shapes->tensors()) {
    const auto found = locate(stored, source, config, options);
    if (!found) return found.error();
  }
  return {};
}

Expected<std::unique_ptr<Model>> build(const ModelConfig& config, const device::TensorSource* source,
                                       const BuildOptions& options) {
  // First, so that a config.json that asks for the impossible is told so before anything is allocated.
  if (source != nullptr) ROSA_CHECK(compareShapes(config, *source, options));
  auto model = emptyModel(config, options.device, options.weights);
  const at::NoGradGuard noGrad;
  if (source != nullptr) {
    ROSA_CHECK(fill(*model, *source, options));
  } else if (options.device.type() != c10::DeviceType::Meta) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(options.seed);
    for (const auto& stored : model->tensors()) initialise(stored, config, generator);
  }
  return model;
}

}  // namespace

Expected<std::unique_ptr<Model>> buildModel(ModelConfig config, const device::TensorSource* source,
                                            BuildOptions options) {
  ROSA_CHECK(chooseHead(config, options));
  untie(config, options);
  try {
    return build(config, source, options);
  } catch (const c10::Error& error) {
    // LibTorch says "not enough memory: you tried to allocate ..." in its first line.
    return Error{fmt::format("The model does not fit into memory: {}. Choose a smaller model or free memory.",
                             error.what_without_backtrace())};
  } catch (const std::bad_alloc&) {
    return Error{"The model does not fit into memory. Choose a smaller model or free memory."};
  }
}

std::int64_t storedBytes(const Model& model) {
  std::int64_t bytes = 0;
  for (const auto& stored : model.tensors()) bytes += static_cast<std::int64_t>(adapt::kept(stored.tensor).nbytes());
  return bytes;
}

Status checkTensors(ModelConfig config, const device::TensorSource& source, BuildOptions options) {
  ROSA_CHECK(chooseHead(config, options));
  untie(config, options);
  return compareShapes(config, source, options);
}

}  // namespace rosa::model
