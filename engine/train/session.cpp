// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/session.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "data/dataset.h"
#include "data/row_shape.h"
#include "device/device.h"
#include "model/build.h"
#include "optim/schedule.h"
#include "rosa/method_traits.h"
#include "train/assemble_session.h"
#include "train/chat_remarks.h"
#include "train/classes.h"
#include "train/kept_tokens.h"
#include "train/model_remarks.h"
#include "train/opened_model.h"
#include "train/start_adapter.h"
#include "train/token_encoder.h"

namespace rosa::train {

namespace {

constexpr std::size_t kSamplePrompts = 3;
constexpr std::size_t kPromptTokensOfPlainText = 8;

std::map<std::int64_t, std::string> labelNames(const data::LabelMap& labels) {
  std::map<std::int64_t, std::string> names;
  for (std::size_t i = 0; i < labels.names().size(); ++i) names[static_cast<std::int64_t>(i)] = labels.names()[i];
  return names;
}

void remarkOnTemplate(Session& session, const model::ModelConfig& modelConfig) {
  for (auto& remark : remarksOnTemplate(*session.chatTemplate, session.turnEnd, session.tokenizer, modelConfig)) {
    session.remarks.push_back(std::move(remark));
  }
}

/// Tokenizer and data, checked against what the model can take. True where the classes ask for a new head.
Expected<bool> openData(Session& session, const model::ModelConfig& modelConfig, const OpenOptions& opening) {
  if (!opening.unreadExamples) {
    ROSA_TRY(const auto files, data::filesOf(session.config));
    ROSA_TRY(session.config, data::settleShape(session.config, files.train, session.remarks));
  }
  const auto& config = session.config;
  ROSA_TRY(session.tokenizer, openTokenizer(config.model, modelConfig));
  std::ranges::copy(session.tokenizer.settings().remarks, std::back_inserter(session.remarks));
  ROSA_TRY(session.masking, maskingOf(config, session.tokenizer));
  if (data::holdsConversations(config)) {
    ROSA_TRY(session.chatTemplate,
             openChatTemplate(config.model, config.chatTemplate, session.tokenizer, opening.storedTemplate));
    session.turnEnd = text::turnEndOf(*session.chatTemplate, session.tokenizer);
    remarkOnTemplate(session, modelConfig);
  }
  ROSA_CHECK(checkLength(config, modelConfig));
  ROSA_CHECK(checkTypes(session.tokenizer, modelConfig, !config.textPair.empty()));
  bool drawHead = false;
  if (opening.labels != nullptr) session.labels = *opening.labels;
  if (opening.unreadExamples) {
    session.trainExamples = *opening.unreadExamples;
    return drawHead;
  }
  const auto choose = [&](const data::LabelMap& ofData) {
    auto classes = chooseClasses(ofData, modelConfig, headOf(config.task), bringsHead(config.adapter));
    drawHead = classes.drawHead;
    session.remarks.push_back(std::move(classes.remark));
    return std::move(classes.labels);
  };
  const TokenEncoder encoder(session.tokenizer, session.chatTemplate.get());
  ROSA_TRY(auto dataset,
           data::openDataset(config, encoder,
                             {opening.labels, choose, keptTokens(config.model, session.chatTemplate.get()),
                              opening.giveUp, opening.progress}));
  if (dataset.train.examples.empty()) return nothingToTrainOn(config.data);
  session.labels = std::move(dataset.train.labels);
  session.files = std::move(dataset.files);
  session.remarks.insert(session.remarks.end(), dataset.remarks.begin(), dataset.remarks.end());
  session.trainingLeftOut = {dataset.train.truncated, dataset.train.dropped};
  session.validationLeftOut = {dataset.validation.truncated, dataset.validation.dropped};
  session.training = std::move(dataset.train.examples);
  session.validation = std::move(dataset.validation.examples);
  session.mix = std::move(dataset.mix);
  session.trainExamples =
      session.mix.empty() ? static_cast<std::int64_t>(session.training.size()) : data::rowsPerEpoch(session.mix);
  return drawHead;
}

Status openWeights(Session& session, bool drawHead) {
  const auto& config = session.config;
  model::BuildOptions options;
  options.device = session.device;
  options.head = headOf(config.task);
  options.labels = session.labels.size();
  options.labelNames = labelNames(session.labels);
  options.drawHead = drawHead;
  options.dropout = config.dropout;
  options.seed = static_cast<std::uint64_t>(config.seed);
  untieFor(config.adapter, options);
  ROSA_TRY(session.weights, weightTypeOf(config));
  options.weights = session.weights;
  ROSA_TRY(session.model, openModel(config.model, options));
  ROSA_TRY(session.baseFingerprint, fingerprintModel(config.model));
  if (!config.adapter.empty()) {
    ROSA_TRY(const auto digest, fingerprintAdapter(config.adapter));
    session.baseFingerprint += digest;
  }
  for (const auto& stored : session.model->tensors()) session.totalParameters += stored.tensor.numel();
  session.weightBytes = model::storedBytes(*session.model);
  return {};
}

/// What a user says, up to where the model is to speak; without those that the template refuses.
std::vector<std::string> askedByUser(const text::ChatTemplate& chatTemplate, const std::vector<std::string>& said) {
  std::vector<std::string> prompts;
  for (const auto& text : said) {
    text::Conversation conversation;
    conversation.messages = {{{"role", "user"}, {"content", text}}};
    conversation.addGenerationPrompt = true;
    if (auto rendered = chatTemplate.render(conversation)) prompts.push_back(std::move(rendered->text));
  }
  return prompts;
}

/// What the text samples go on from: the configured prompts, or the first of the validation examples.
std::vector<std::string> choosePrompts(const Session& session) {
  const auto& config = session.config;
  if (config.sampleTokens == 0 || session.model->config().head != model::Head::LanguageModel) return {};
  if (!config.samplePrompts.empty() && session.chatTemplate == nullptr) return config.samplePrompts;
  if (!config.samplePrompts.empty()) return askedByUser(*session.chatTemplate, config.samplePrompts);
  std::vector<std::string> prompts;
  const auto& examples = session.validation.empty() ? session.training : session.validation;
  for (const auto example : examples) {
    if (prompts.size() == kSamplePrompts) break;
    const bool hasPrompt = config.task == Task::Completion || session.chatTemplate != nullptr;
    const auto wanted = hasPrompt ? static_cast<std::size_t>(example.promptTokens) : kPromptTokensOfPlainText;
    const auto count = std::min(wanted, example.tokenIds.size());
    // What a template writes is special tokens too.
    auto prompt = session.tokenizer.decode(std::span(example.tokenIds).first(count), session.chatTemplate == nullptr);
    if (!prompt.empty() && std::find(prompts.begin(), prompts.end(), prompt) == prompts.end()) {
      prompts.push_back(std::move(prompt));
    }
  }
  return prompts;
}

/// Settings that change nothing in this run, and those of which only the opened parts show it.
void remarkOnSettings(Session& session, const RunConfig& config) {
  auto& remarks = session.remarks;
  for (auto& told : settingsWithoutEffect(config)) remarks.push_back(std::move(told.message));
  if (config.tf32 && config.device == DeviceChoice::Auto && session.device.is_cpu()) {
    remarks.emplace_back("tf32: has no effect in this run: it computes on the CPU, which has no TF32.");
  }
  if (!session.validation.empty()) return;
  const RunConfig usual;
  for (const char* key : {"best-metric", "keep-best", "eval-every"}) {
    if (!fieldHasEffect(config, key) || configFieldText(config, key) == configFieldText(usual, key)) continue;
    remarks.push_back(
        fmt::format("{}: has no effect in this run: there is no validation data to evaluate on. Hold "
                    "some out with validation-split, or name a file with valid.",
                    key));
  }
}

}  // namespace

std::vector<adapt::Adaptation*> Session::adaptations() const {
  std::vector<adapt::Adaptation*> all;
  for (const auto& layer : layers) all.push_back(layer.adaptation);
  return all;
}

std::vector<data::FlatBatch> Session::batches(std::int64_t step) const {
  const auto place = epochSteps->placeOf(step);
  const auto first = place.step * config.accumulate;
  const auto end = std::min(first + config.accumulate, batcher->plan().batches(place.epoch));
  std::vector<data::FlatBatch> all;
  for (auto index = first; index < end; ++index) {
    auto batch = batcher->batch(place.epoch, index);
    batch.place.microBatch = index - first;
    if (pieceTokens == 0) {
      all.push_back(std::move(batch));
      continue;
    }
    for (auto& piece : data::splitByTokens(batch, pieceTokens, config::virtualTokens(config))) {
      all.push_back(std::move(piece));
    }
  }
  return all;
}

data::FlatBatch Session::largestBatch() const {
  if (config.batchTokens == 0) return batcher->longest(config.batch);
  return batcher->fullest(pieceTokens > 0 ? pieceTokens : config.batchTokens);
}

double Session::epochsAfter(std::int64_t step) const {
  const auto place = epochSteps->placeOf(step);
  return static_cast<double>(place.epoch * place.steps + place.step + 1) / static_cast<double>(place.steps);
}

double Session::learningRate(std::int64_t step) const {
  return config.learningRate * optim::scheduleFactor(scheduleOf(config, counts), step - 1);
}

Stepper::Settings Session::stepSettings() const {
  Stepper::Settings settings;
  settings.clip = config.clip;
  settings.seed = static_cast<std::uint64_t>(config.seed);
  settings.device = device;
  settings.labelSmoothing = config.labelSmoothing;
  settings.embeddingNoise = config.neftune;
  settings.recomputes = config.gradientCheckpointing == GradientCheckpointing::Yes;
  // Adam's decay is a part of its gradient, which of such a weight the optimizer never sees.
  if (config.optimizer != Optimizer::Adam) settings.weightDecay = config.weightDecay;
  if (config.method == Method::Prompt) settings.promptTokens = config.virtualTokens;
  settings.group = group.get();
  return settings;
}

EvaluationSettings Session::evaluationSettings() const {
  data::BatchOptions batches{config.batch, model->config().firstPosition};
  batches.tokens = pieceTokens > 0 ? pieceTokens : config.batchTokens;
  batches.tokensBefore = config::virtualTokens(config);
  batches.masking = masking;
  return {config.task, batches, device, group.get()};
}

double Session::decidingValue(const NamedValues& metrics) const {
  for (const auto& [name, value] : metrics) {
    if (name == metricPlan.deciding) return value;
  }
  return std::nan("");
}

Status checkLength(const RunConfig& config, const model::ModelConfig& model) {
  const auto longest = model.longestSequence();
  const auto before = config::virtualTokens(config);
  const auto room = longest - before;
  if (config.maxLength <= room) return {};
  if (before == 0) {
    return Error{fmt::format("max-length is {}, but the model takes at most {} tokens. Choose --max-length {} or less.",
                             config.maxLength, longest, longest)};
  }
  if (room < 2) {
    return Error{
        fmt::format("virtual-tokens is {}, but the model takes at most {} tokens, the text included. Choose "
                    "fewer.",
                    before, longest)};
  }
  return Error{
      fmt::format("max-length is {} and virtual-tokens {}, but the model takes at most {} tokens in all. "
                  "Choose --max-length {} or less, or fewer virtual tokens.",
                  config.maxLength, before, longest, room)};
}

Error mustBeWide(const std::string& tensor) {
  return Error{fmt::format(
      "weights: {} trains itself, which needs fp32. Write --weights fp32, or leave it out of what trains (train-also, "
      "rank, train-head).",
      tensor)};
}

Error nothingToStopBy() {
  return Error{
      "early-stopping: there is no validation data to evaluate on. Hold some out (validation-split), name a file "
      "(valid), or leave early-stopping out."};
}

Error nothingToTrainOn(const std::filesystem::path& data) {
  return Error{fmt::format("{} holds nothing to train on. Check the columns and the task.", data.string())};
}

Expected<std::unique_ptr<Session>> openSession(const RunConfig& config, const OpenOptions& options) {
  auto session = std::make_unique<Session>();
  session->config = config;
  ROSA_TRY(session->device, device::chooseDevice(config.device));
  session->threads = device::useThreads(config.threads);
  ROSA_TRY(const auto modelConfig, readModelConfig(config.model));
  session->remarks = remarksOf(modelConfig, headOf(config.task));
  ROSA_TRY(const bool drawHead, openData(*session, modelConfig, options));
  ROSA_CHECK(openWeights(*session, drawHead));
  if (auto unused = remarkOnUnused(config.model, *session->model)) session->remarks.push_back(*std::move(unused));
  const bool unread = options.unreadExamples.has_value();
  if (config.earlyStopping > 0 && session->validation.empty() && !unread) return nothingToStopBy();
  ROSA_CHECK(assembleSession(*session));
  auto given = config;
  // A run that has begun keeps the form that was chosen for it, where there is none to choose too.
  if (options.labels != nullptr && !hasForm(given.method)) given.form = Form::Auto;
  remarkOnSettings(*session, given);
  session->samplePrompts = choosePrompts(*session);
  return session;
}

}  // namespace rosa::train
