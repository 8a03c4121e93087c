// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/plan_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"
#include "data/dataset.h"
#include "data/mixture.h"
#include "data/row_shape.h"
#include "rosa/task_traits.h"
#include "service/facts_cache.h"
#include "train/chat_remarks.h"
#include "train/opened_model.h"
#include "train/token_encoder.h"

namespace rosa::service {
namespace {

/// Stands in for a tokenizer that cannot be opened, so that mistakes in the data are told all the same.
class TwoTokenEncoder final : public data::TextEncoder {
 public:
  [[nodiscard]] data::EncodedText encode(std::string_view text) const override {
    data::EncodedText encoded;
    encoded.ids = {0, 0};
    encoded.ends = {1, static_cast<std::int64_t>(text.size())};
    return encoded;
  }
  [[nodiscard]] data::EncodedText encodeInput(std::string_view text, std::optional<std::string_view> /*pair*/,
                                              std::int64_t /*maxLength*/) const override {
    return encode(text);
  }
  [[nodiscard]] std::optional<std::int32_t> endToken() const override { return 0; }
};

class DataReading {
 public:
  DataReading(const RunConfig& config, const ModelFiles& model, FactsCache& cache, const std::function<bool()>& giveUp)
      : config_(config), model_(model), cache_(cache), giveUp_(giveUp) {}

  DataFacts read() {
    if (config_.data.empty()) return {};
    if (const auto status = readAll(); !status) facts_.problem = {key_, status.error().message};
    return std::move(facts_);
  }

 private:
  Status readAll() {
    ROSA_TRY(auto files, data::locateData(config_.data));
    if (config_.valid) files.validation = config_.valid;
    const auto shaped = settleShape(files.train);
    if (!shaped) {
      key_ = keyOfMistake(shaped.error());
      return shaped.error();
    }
    const auto* labels = hasClasses(config_.task) ? &facts_.train.labels : nullptr;
    ROSA_CHECK(readTraining(files, labels));
    if (!files.validation) return {};
    auto spec = data::exampleSpec(settled_);
    spec.maxRows = 0;
    if (config_.valid) key_ = "valid";
    ROSA_TRY(const auto validation, measure(*files.validation, spec, labels));
    facts_.validationRows = validation.examples;
    facts_.truncatedValidation = validation.truncated;
    facts_.droppedValidation = validation.dropped;
    facts_.estimated = facts_.estimated || validation.estimated;
    return {};
  }

  /// All sets that are mixed; what is held out comes from each.
  Status readTraining(const data::DataFiles& files, const data::LabelMap* labels) {
    const auto sets = data::trainingSets(settled_, files.train, facts_.remarks);
    if (!sets) {
      key_ = "mix";
      return sets.error();
    }
    std::vector<data::MixedRange> mix;
    for (const auto& set : *sets) {
      key_ = mix.empty() ? "data" : "mix";
      ROSA_TRY(auto facts, measure(set.file, set.spec, mix.empty() ? nullptr : labels));
      if (facts_.turnEnd.token && facts.endedTurns == 0) facts_.remarks.push_back(data::noTurnEnds(set.file));
      if (facts.skipped > 0) {
        facts_.remarks.push_back(fmt::format("{} with a fault would be left out (skip-bad). The first: {}",
                                             facts.skipped == 1 ? "1 row" : base::formatCount(facts.skipped) + " rows",
                                             facts.firstFault));
      }
      const auto held = files.validation ? 0 : data::heldOutCount(facts.examples, config_.validationSplit);
      facts_.validationRows += held;
      mix.push_back({0, facts.examples - held, set.weight});
      facts_.estimated = facts_.estimated || facts.estimated;
      if (mix.size() == 1) {
        facts_.train = std::move(facts);
      } else {
        addFacts(facts);
      }
    }
    key_ = "data";
    facts_.trainRows = data::rowsPerEpoch(mix);
    if (auto told = data::mixtureInWords(*sets, mix); !told.empty()) facts_.remarks.push_back(std::move(told));
    return {};
  }

  /// Those of a further set, whose median counts where it has more examples than all before it.
  void addFacts(const data::ExampleFacts& facts) {
    if (facts.examples > facts_.train.examples) facts_.train.medianTokens = facts.medianTokens;
    facts_.train.longestTokens = std::max(facts_.train.longestTokens, facts.longestTokens);
    facts_.train.rows += facts.rows;
    facts_.train.examples += facts.examples;
    facts_.train.truncated += facts.truncated;
    facts_.train.dropped += facts.dropped;
  }

  /// What the rows hold, and how conversations are written.
  Status settleShape(const std::filesystem::path& trainingFile) {
    ROSA_TRY(settled_, data::settleShape(config_, trainingFile, facts_.remarks));
    if (!model_.tokenizer || !data::holdsConversations(settled_)) return {};
    ROSA_TRY(chatTemplate_, train::openChatTemplate(config_.model, config_.chatTemplate, *model_.tokenizer));
    facts_.turnEnd = text::turnEndOf(*chatTemplate_, *model_.tokenizer);
    for (auto& remark : train::remarksOnTemplate(*chatTemplate_, facts_.turnEnd, *model_.tokenizer, *model_.config)) {
      facts_.remarks.push_back(std::move(remark));
    }
    return {};
  }
  /// The setting that a sentence begins with.
  static std::string keyOfMistake(const Error& error) {
    const auto key = error.message.substr(0, error.message.find(':'));
    return key == "shape" || key == "mix" || key == "loss-on" || key == "chat-template" ? key : "data";
  }

  Expected<data::ExampleFacts> measure(const std::filesystem::path& file, const data::ExampleSpec& spec,
                                       const data::LabelMap* labels) {
    // Without a tokenizer there is no template to write conversations by.
    if (!model_.tokenizer && data::holdsConversations(settled_)) return data::ExampleFacts();
    if (!model_.tokenizer) return cache_.factsOf(file, spec, TwoTokenEncoder(), "none", labels, giveUp_);
    auto key = model_.state;
    if (chatTemplate_) {
      for (const auto& [name, source] : chatTemplate_->files()) key += name + source + "|";
    }
    return cache_.factsOf(file, spec, train::TokenEncoder(*model_.tokenizer, chatTemplate_.get()), key, labels,
                          giveUp_);
  }

  const RunConfig& config_;
  const ModelFiles& model_;
  FactsCache& cache_;
  const std::function<bool()>& giveUp_;
  DataFacts facts_;
  RunConfig settled_;  ///< with the shape of the rows settled
  std::shared_ptr<const text::ChatTemplate> chatTemplate_;
  std::string key_ = "data";  ///< the setting that names what is being read
};

}  // namespace

DataFacts readDataFacts(const RunConfig& config, const ModelFiles& model, FactsCache& facts,
                        const std::function<bool()>& giveUp) {
  return DataReading(config, model, facts, giveUp).read();
}

std::string lossesInWords(const DataFacts& data, std::int64_t maxLength) {
  const auto rowsThat = [](std::int64_t count, const char* one, const char* many) { return count == 1 ? one : many; };
  const auto of = [&](std::int64_t rows) {
    return fmt::format(" of {}{} {}", data.estimated ? "about " : "", base::formatCount(rows),
                       rowsThat(rows, "row", "rows"));
  };
  const auto& train = data.train;
  std::string text;
  if (train.truncated > 0) {
    text = fmt::format("{}{} {} end", base::formatCount(train.truncated), of(train.rows),
                       rowsThat(train.truncated, "loses its", "lose their"));
  }
  if (train.dropped > 0) {
    text += fmt::format("{}{}{} {} all that is trained", text.empty() ? "" : "; ", base::formatCount(train.dropped),
                        text.empty() ? of(train.rows) : "", rowsThat(train.dropped, "loses", "lose"));
  }
  const auto validation = data.truncatedValidation + data.droppedValidation;
  if (validation > 0) {
    text += fmt::format("{}{} of the validation data {} cut or left out", text.empty() ? "" : "; ",
                        base::formatCount(validation), rowsThat(validation, "is", "are"));
  }
  if (!text.empty()) text += fmt::format(" (max-length {})", maxLength);
  return text;
}

}  // namespace rosa::service
