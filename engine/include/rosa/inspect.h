// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "rosa/config.h"

/// What a path is, in one screen: model folder, safetensors file, tokenizer, data file or run folder.
namespace rosa {

struct LinearLayerSummary {
  std::string name;  ///< checkpoint name without ".weight"
  std::string kind;  ///< "attention" or "mlp"
  std::int64_t inFeatures = 0;
  std::int64_t outFeatures = 0;
};

struct ModelSummary {
  std::filesystem::path path;
  std::string family;        ///< "GPT-2", "Llama", "BERT", "RoBERTa"
  std::string architecture;  ///< config.json's own word
  std::string dtype;         ///< on disk: "fp32", "fp16", "bf16"
  std::int64_t parameters = 0;
  std::int64_t bytes = 0;
  std::int64_t layers = 0;
  std::int64_t hiddenSize = 0;
  std::int64_t vocabularySize = 0;
  std::int64_t maxPositions = 0;
  std::string license;         ///< as the folder states it; empty if it does not
  bool languageModel = false;  ///< can do lm and completion
  bool hasTokenizer = false;
  std::vector<LinearLayerSummary> linearLayers;
  bool tied = false;                 ///< the output layer is the token table
  std::vector<std::string> remarks;  ///< sentences on how the folder is read, where that may surprise
};

/// How a table file is to be read; JSON Lines and plain text have no choice.
struct TableReading {
  Reading header = Reading::Auto;
  Reading quotes = Reading::Auto;
};

struct DataSummary {
  std::filesystem::path path;
  std::string format;               ///< "CSV", "TSV", "JSONL", "text", or "folder"
  std::int64_t rows = 0;            ///< of the training part
  std::int64_t validationRows = 0;  ///< of a validation file found beside it, 0 if none
  bool hasHeader = true;
  bool quotes = false;  ///< CSV, TSV: quotation marks enclose fields; otherwise they are ordinary characters
  std::vector<std::string> columns;               ///< names, or "1", "2", ... without a header
  std::vector<std::vector<std::string>> preview;  ///< the first rows
  // What the columns look like they are for; empty when unsure.
  std::string suggestedTask;  ///< config spelling
  std::string suggestedPrompt, suggestedCompletion, suggestedText, suggestedTextPair, suggestedLabel;
  std::filesystem::path validationFile;  ///< found beside it; empty if none
};

/// A titled list of "name: value" lines, for `rosa inspect` and tool tips.
struct Inspection {
  std::string kind;  ///< "model", "safetensors", "tokenizer", "data", "run"
  std::string title;
  std::vector<std::pair<std::string, std::string>> facts;
};

}  // namespace rosa
