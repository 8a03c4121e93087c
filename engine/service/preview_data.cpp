// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/preview_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"
#include "data/dataset.h"
#include "data/row_reader.h"
#include "data/row_shape.h"
#include "service/facts_cache.h"
#include "text/turn_end.h"
#include "train/chat_remarks.h"
#include "train/opened_model.h"
#include "train/token_encoder.h"

namespace rosa::service {

namespace {

/// Longer than any text: where it is cut is for the preview to show.
constexpr std::int64_t kUncut = 16'777'216;

/// Whether the examples are texts whose end is cut off, which a preview can show.
bool cutAtEnd(const RunConfig& config, const data::DataFiles& files) {
  const bool text = config.task == Task::LanguageModelling || config.task == Task::Completion;
  const auto format = data::fileFormat(files.train);
  return text && format && *format != data::FileFormat::Text;
}

/// "B-PER O O": of each word.
std::string labelsOf(const data::Example& example, const data::LabelMap& labels) {
  std::string all;
  for (const auto target : example.targets) {
    if (target == data::kNoTarget) continue;
    all += fmt::format("{}{}", all.empty() ? "" : " ", labels.names()[static_cast<std::size_t>(target)]);
  }
  return all;
}

/// The words of the tokens that are to be guessed, between commas.
std::string hiddenWords(const data::Example& example, const text::Tokenizer& tokenizer) {
  std::string all;
  for (const auto& target : example.targets) {
    if (target == data::kNoTarget) continue;
    all += (all.empty() ? "" : ", ") + std::string(base::trim(tokenizer.decode(std::span(&target, 1), false)));
  }
  return all;
}

/// An example as the first epoch shows it to the model.
data::Example hiddenExample(const data::ExampleSet& set, std::int64_t index, const data::Masking& masking) {
  auto batch = data::makeFlatBatch(set.examples, std::span(&index, 1), data::TargetKind::Tokens, 0);
  data::hideTokens(batch, std::span(&index, 1), masking, 0);
  auto example = set.examples[static_cast<std::size_t>(index)];
  example.tokenIds.assign(batch.tokenIds.begin(), batch.tokenIds.end());
  example.targets.assign(batch.targets.begin(), batch.targets.end());
  return example;
}

class Previewer {
 public:
  Previewer(const text::Tokenizer& tokenizer, std::optional<std::int32_t> turnEnd, const RunConfig& config)
      : tokenizer_(tokenizer),
        turnEnd_(turnEnd),
        maxLength_(config.maxLength),
        ahead_(config.task == Task::TokenClassification || config.task == Task::MaskedLanguageModelling ? 0 : 1) {}

  [[nodiscard]] PreviewRow row(const data::Example& example) const {
    PreviewRow row;
    row.text = tokenizer_.decode(example.tokenIds, false);
    for (std::size_t i = 0; i < example.tokenIds.size(); ++i) {
      PreviewToken token;
      token.id = example.tokenIds[i];
      token.text = textAt(example.tokenIds, i);
      token.cut = static_cast<std::int64_t>(i) >= maxLength_;
      const bool target = i >= ahead_ && !example.targets.empty() && example.targets[i - ahead_] != data::kNoTarget;
      token.counts = target && !token.cut;
      token.endsTurn = token.id == turnEnd_;
      row.targets += token.counts ? 1 : 0;
      row.endedTurns += token.counts && token.endsTurn ? 1 : 0;
      row.lostTokens += token.cut ? 1 : 0;
      row.lostTargets += token.cut && target ? 1 : 0;
      row.tokens.push_back(std::move(token));
    }
    return row;
  }

 private:
  /// What a token adds to the text behind the one before it, which is not always what it is alone: its space may go.
  [[nodiscard]] std::string textAt(const std::vector<std::int32_t>& ids, std::size_t place) const {
    auto alone = tokenizer_.decode(std::span(&ids[place], 1), false);
    if (place == 0) return alone;
    const auto before = tokenizer_.decode(std::span(&ids[place - 1], 1), false);
    const auto both = tokenizer_.decode(std::span(&ids[place - 1], 2), false);
    return both.starts_with(before) && both.size() > before.size() ? both.substr(before.size()) : alone;
  }

  const text::Tokenizer& tokenizer_;
  std::optional<std::int32_t> turnEnd_;
  std::int64_t maxLength_;
  std::size_t ahead_;  ///< a target stands so many positions before the token that it is of
};

}  // namespace

Expected<DataPreview> previewData(const RunConfig& given, std::int64_t first, std::int64_t count, FactsCache& facts,
                                  const std::function<bool()>& giveUp) {
  if (given.model.empty()) return Error{"model: is not set; name the folder whose tokenizer cuts the texts"};
  if (given.data.empty()) return Error{"data: is not set; name the file or folder to look at"};
  DataPreview preview;
  ROSA_TRY(const auto place, data::filesOf(given));
  auto asked = given;
  ROSA_TRY(const bool pairs, data::holdsPreferencePairs(given, place.train));
  if (pairs) {
    asked.shape = Shape::PreferenceChosen;
    preview.remarks.emplace_back(
        "The rows are preference pairs, and the chosen answers are shown. A run on these needs --shape "
        "preference-chosen.");
  }
  if (!given.mix.empty()) {
    preview.remarks.push_back(fmt::format("The rows shown are those of {} alone, without what mix adds.",
                                          base::printable(place.train.filename().native())));
  }
  ROSA_TRY(const auto config, data::settleShape(asked, place.train, preview.remarks));
  const auto files = facts.filesOf(config.model);
  if (!files->tokenizer) return files->tokenizer.error();
  const auto& tokenizer = *files->tokenizer;
  ROSA_TRY(const auto masking, train::maskingOf(config, tokenizer));
  std::shared_ptr<const text::ChatTemplate> chatTemplate;
  text::TurnEnd turnEnd;
  if (data::holdsConversations(config)) {
    ROSA_TRY(chatTemplate, train::openChatTemplate(config.model, config.chatTemplate, tokenizer));
    turnEnd = text::turnEndOf(*chatTemplate, tokenizer);
    for (auto& remark : train::remarksOnTemplate(*chatTemplate, turnEnd, tokenizer, *files->config)) {
      preview.remarks.push_back(std::move(remark));
    }
  } else {
    turnEnd.token = tokenizer.roleId(text::Role::End);
  }
  auto spec = data::exampleSpec(config);
  const auto wanted = first + count;
  spec.maxRows = spec.maxRows == 0 ? wanted : std::min(spec.maxRows, wanted);
  if (cutAtEnd(config, place)) spec.maxLength = kUncut;
  ROSA_TRY(const auto format, data::fileFormat(place.train));
  data::ReadOptions reading;
  reading.giveUp = giveUp;
  if (!masking && format != data::FileFormat::Text) reading.firstRow = first;
  ROSA_TRY(const auto set,
           data::readExamples(place.train, spec, train::TokenEncoder(tokenizer, chatTemplate.get()), reading));
  data::remarkOnCuts(set, place.train, spec.maxLength, preview.remarks);
  const Previewer previewer(tokenizer, turnEnd.token, config);
  for (auto i = first - reading.firstRow; i < std::min<std::int64_t>(wanted, std::ssize(set.examples)); ++i) {
    const auto example = masking ? hiddenExample(set, i, *masking) : set.examples[static_cast<std::size_t>(i)];
    preview.rows.push_back(previewer.row(example));
    if (config.task == Task::Classification) {
      preview.rows.back().label = set.labels.names()[static_cast<std::size_t>(example.label)];
    } else if (config.task == Task::TokenClassification) {
      preview.rows.back().label = labelsOf(example, set.labels);
    } else if (config.task == Task::MaskedLanguageModelling) {
      preview.rows.back().label = hiddenWords(example, tokenizer);
    } else if (config.task == Task::Regression) {
      preview.rows.back().label = fmt::format("{}", example.value);
    }
  }
  return preview;
}

}  // namespace rosa::service
