// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/loaded_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "base/json.h"
#include "data/flat_batch.h"
#include "device/device.h"
#include "generate/continue_text.h"
#include "generate/prompt_tokens.h"
#include "generate/stream_text.h"
#include "model/class_names.h"
#include "service/guard.h"
#include "service/used_model.h"
#include "text/turn_end.h"
#include "train/batch_tensors.h"
#include "train/opened_model.h"
#include "train/token_encoder.h"

namespace rosa::service {

namespace {

text::Conversation conversationOf(const std::vector<ChatMessage>& messages) {
  text::Conversation conversation;
  for (const auto& message : messages) {
    conversation.messages.push_back({{"role", message.role}, {"content", message.content}});
  }
  return conversation;
}

class OpenedModel final : public LoadedModel {
 public:
  static Expected<std::unique_ptr<LoadedModel>> open(const ModelRequest& request) {
    ROSA_TRY(auto used, UsedModel::open(request));
    const auto head = used.config().head;
    const bool classifies = head == model::Head::Classification || head == model::Head::Regression;
    if (!used.writes() && !classifies) return continuesNoText(request.model, used.config());
    auto opened = std::unique_ptr<OpenedModel>(new OpenedModel(std::move(used), request));
    ROSA_CHECK(opened->read(request, classifies));
    return std::unique_ptr<LoadedModel>(std::move(opened));
  }

  const ModelFacts& facts() const override { return facts_; }

  Expected<PreparedPrompt> prepare(const CompletionRequest& request) const override {
    return guarded([&]() -> Expected<PreparedPrompt> {
      if (!facts_.writes) return continuesNoText(asked_, used_.config());
      GenerationRequest checked;
      checked.prompts = {request.prompt};
      checked.settings = request.settings;
      if (const auto problems = checkGeneration(checked); !problems.empty()) return Error{joinProblems(problems)};
      if (request.settings.beams > 1 || request.settings.returned > 1) {
        return Error{"beams: a text that is told as it grows has one continuation. Leave beams and returned at 1."};
      }
      PreparedPrompt prepared{{}, request.settings, request.likeliest};
      auto text = request.prompt;
      if (!request.messages.empty()) {
        if (!chatTemplate_) return Error{facts_.noChat};
        ROSA_TRY(text, renderToAnswer(conversationOf(request.messages), *chatTemplate_));
        generate::endAtTurn(turnEnd_, prepared.settings);
      }
      ROSA_TRY(prepared.tokens, generate::promptTokens(used_.config(), *tokenizer_, text, prepared.settings.rendered));
      ROSA_TRY(const auto ends, generate::endTokens(used_.config(), *tokenizer_, prepared.settings));
      if (std::ssize(prepared.tokens) > facts_.positions) {
        return Error{fmt::format("The prompt has {} tokens, and the model takes {}. Shorten it, or begin anew.",
                                 prepared.tokens.size(), facts_.positions)};
      }
      return prepared;
    });
  }

  Expected<Completion> complete(const PreparedPrompt& prompt, const CompletionCallbacks& callbacks) override {
    const std::lock_guard lock(mutex_);
    // Torch's threads are counted by each thread that computes.
    device::useThreads(threads_);
    bool whole = false;
    auto made = guarded([&] {
      auto streamed = generate::streamText(*model_, *tokenizer_, prompt, beginnings_, used_.device(), callbacks);
      whole = true;
      return streamed;
    });
    // Whatever was thrown may have left a sequence half read.
    if (!whole) beginnings_ = {};
    return made;
  }

  Expected<Classification> classify(const std::string& text, const std::string& second) override {
    const std::lock_guard lock(mutex_);
    device::useThreads(threads_);
    return guarded([&]() -> Expected<Classification> {
      if (!facts_.classifies) {
        return Error{fmt::format("{} is a {} and has no classes. Choose a model trained for classification.",
                                 asked_.string(), used_.config().architecture)};
      }
      if (!second.empty()) ROSA_CHECK(train::checkTypes(*tokenizer_, used_.config(), true));
      const train::TokenEncoder encoder(*tokenizer_);
      auto encoded = encoder.encodeInput(text, second.empty() ? std::nullopt : std::optional<std::string_view>(second),
                                         facts_.positions);
      if (encoded.ids.empty()) return Error{"The text has no tokens. Write one."};
      data::Example example;
      example.tokenIds = std::move(encoded.ids);
      example.segmentIds = std::move(encoded.segmentIds);
      const data::ExampleStore alone(std::vector<data::Example>{std::move(example)});
      const std::vector<std::int64_t> first = {0};
      const auto batch = data::makeFlatBatch(alone, first, data::TargetKind::Class, used_.config().firstPosition);
      const auto scores = model_->logits(train::toTensors(batch, used_.device())).to(at::kCPU, at::kDouble).flatten();
      Classification judged;
      judged.truncated = encoded.truncated;
      if (facts_.classes.empty()) {
        judged.value = scores[0].item<double>();
        return judged;
      }
      const auto shares = scores.softmax(0);
      for (std::size_t i = 0; i < facts_.classes.size(); ++i) {
        judged.classes.push_back({facts_.classes[i], shares[static_cast<std::int64_t>(i)].item<double>()});
      }
      return judged;
    });
  }

 private:
  OpenedModel(UsedModel used, const ModelRequest& request)
      : asked_(request.model), threads_(request.threads), used_(std::move(used)) {}

  Status read(const ModelRequest& request, bool classifies) {
    ROSA_TRY(tokenizer_, used_.tokenizer());
    facts_.writes = used_.writes();
    facts_.classifies = classifies;
    if (facts_.writes) {
      auto opened = used_.chatTemplate(request.chatTemplate);
      if (opened) {
        chatTemplate_ = *std::move(opened);
        turnEnd_ = text::turnEndOf(*chatTemplate_, *tokenizer_);
      } else if (request.chatTemplate.empty()) {
        facts_.noChat = opened.error().message;
      } else {
        return std::move(opened).error();
      }
    } else {
      facts_.noChat = continuesNoText(asked_, used_.config()).message;
    }
    ROSA_TRY(model_, used_.weights(request.adapter));
    facts_.folder = used_.folder();
    facts_.architecture = used_.config().architecture;
    facts_.positions = used_.config().longestSequence();
    facts_.remarks = used_.remarks();
    if (used_.config().head == model::Head::Classification) facts_.classes = model::classNames(used_.config());
    return {};
  }

  std::filesystem::path asked_;
  std::int64_t threads_;
  UsedModel used_;
  ModelFacts facts_;
  const text::Tokenizer* tokenizer_ = nullptr;              ///< of `used_`
  std::shared_ptr<const text::ChatTemplate> chatTemplate_;  ///< null where there is none
  text::TurnEnd turnEnd_;
  std::mutex mutex_;               ///< for the weights and what has been read
  model::Model* model_ = nullptr;  ///< of `used_`
  generate::ReadBeginnings beginnings_;
};

}  // namespace

Expected<std::unique_ptr<LoadedModel>> loadModel(const ModelRequest& request) {
  return OpenedModel::open(request);
}

}  // namespace rosa::service
