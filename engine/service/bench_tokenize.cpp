// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/bench_tokenize.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "base/sha256.h"
#include "data/dataset.h"
#include "data/examples.h"
#include "data/row_shape.h"
#include "data/shards.h"
#include "text/tokenizer.h"
#include "train/opened_model.h"
#include "train/token_encoder.h"

namespace rosa::service {

namespace {

Expected<text::Tokenizer> tokenizerOf(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder / "config.json", ignored)) return text::Tokenizer::fromFolder(folder);
  ROSA_TRY(const auto config, train::readModelConfig(folder));
  return train::openTokenizer(folder, config);
}

std::string digestOfIds(const data::ExampleStore& examples) {
  base::Sha256 digest;
  for (const auto example : examples) digest.update(std::as_bytes(std::span(example.tokenIds)));
  return digest.finish();
}

}  // namespace

Expected<TokenizeReport> benchTokenize(const RunConfig& asked) {
  ROSA_TRY(const auto files, data::locateData(asked.data));
  std::vector<std::string> remarks;
  ROSA_TRY(const auto config, data::settleShape(asked, files.train, remarks));
  ROSA_TRY(const auto tokenizer, tokenizerOf(config.model));
  std::shared_ptr<const text::ChatTemplate> chatTemplate;
  if (data::holdsConversations(config)) {
    ROSA_TRY(chatTemplate, train::openChatTemplate(config.model, config.chatTemplate, tokenizer));
  }
  const train::TokenEncoder encoder(tokenizer, chatTemplate.get());
  TokenizeReport report;
  ROSA_TRY(const auto shards, data::shardsOf(files.train));
  std::error_code ignored;
  for (const auto& shard : shards)
    report.bytes += static_cast<std::int64_t>(std::filesystem::file_size(shard, ignored));
  const auto reading = data::readingOf(config);
  report.threads = reading.threads;
  const auto start = std::chrono::steady_clock::now();
  ROSA_TRY(const auto set, data::readExamples(files.train, data::exampleSpec(config), encoder, reading));
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.examples = std::ssize(set.examples);
  report.tokens = set.examples.tokens();
  report.sha256 = digestOfIds(set.examples);
  return report;
}

}  // namespace rosa::service
