// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/kept_tokens.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "base/file.h"
#include "base/sha256.h"
#include "config/values.h"
#include "rosa/engine.h"

namespace rosa::train {

namespace {

/// With no folder where nothing is to be kept.
data::TokenStore emptyStore() {
  data::TokenStore store;
  if (const char* limit = std::getenv("ROSA_TOKENS_LIMIT")) {
    MemorySize size;
    if (config::parseValue(limit, size)) store.limit = static_cast<std::uint64_t>(size.bytes);
  }
  if (store.limit > 0) store.folder = rosaHome() / "tokens";
  return store;
}

}  // namespace

base::KnownDigests keptDigests() {
  const auto store = emptyStore();
  return base::KnownDigests(store.folder, store.smallest);
}

data::TokenStore keptTokens(const std::filesystem::path& model, const text::ChatTemplate* chatTemplate) {
  auto store = emptyStore();
  if (store.folder.empty()) return store;
  std::string key;
  for (const char* name : {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
                           "config.json", "generation_config.json"}) {
    const auto digest = base::digestFile(base::FileSystem::real(), model / name);
    key += digest ? digest->sha256 + ";" : "none;";
  }
  if (chatTemplate != nullptr) {
    for (const auto& [name, source] : chatTemplate->files()) {
      key += fmt::format("{}:{}:{};", name, source.size(), source);
    }
  }
  store.encoderKey = base::digestText(key).sha256;
  return store;
}

}  // namespace rosa::train
