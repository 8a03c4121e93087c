// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/examples.h"
#include "rosa/config.h"
#include "text/turn_end.h"

namespace rosa::service {

class FactsCache;
struct ModelFiles;

/// What a run's data come to: all rows read, checked and cut into tokens as the run will do it.
struct DataFacts {
  data::ExampleFacts train;                                     ///< of all training sets together
  std::int64_t trainRows = 0, validationRows = 0;               ///< examples, as RunStarted counts them
  std::int64_t truncatedValidation = 0, droppedValidation = 0;  ///< of a validation file of its own
  bool estimated = false;  ///< counts that need tokens were reckoned from a part of a large file
  text::TurnEnd turnEnd;   ///< of conversations
  std::vector<std::string> remarks;
  std::optional<ConfigProblem> problem;  ///< what ended the reading; the counts are those up to it
};

/// Nothing where no data are chosen. Mistakes in the data are told without a tokenizer too.
[[nodiscard]] DataFacts readDataFacts(const RunConfig& config, const ModelFiles& model, FactsCache& facts,
                                      const std::function<bool()>& giveUp);

/// What max-length costs: "12 of 4,000 rows lose their end; 3 lose all that is trained"; empty if nothing.
[[nodiscard]] std::string lossesInWords(const DataFacts& data, std::int64_t maxLength);

}  // namespace rosa::service
