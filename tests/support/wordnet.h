// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rosa::test {

/// WordNet's database as Debian's package wordnet-base installs it: the synsets of words.
class WordNet {
 public:
  static std::optional<WordNet> installed() {
    const std::filesystem::path folder = "/usr/share/wordnet";
    if (!std::filesystem::exists(folder / "index.noun")) return std::nullopt;
    WordNet words;
    std::int64_t number = 0;
    for (const char* part : {"noun", "verb", "adj", "adv"}) words.read(folder, part, number++);
    return words;
  }

  /// The synsets of all base forms of a word, ascending.
  [[nodiscard]] const std::vector<std::int64_t>& synsets(const std::string& word) const {
    const auto [entry, fresh] = cache_.try_emplace(word);
    if (!fresh) return entry->second;
    std::set<std::string> forms = {word};
    if (const auto bases = basesOf_.find(word); bases != basesOf_.end())
      forms.insert(bases->second.begin(), bases->second.end());
    // WordNet's own rules of detachment (morphy(7WN)).
    static const std::vector<std::pair<std::string, std::string>> kEndings = {
        {"s", ""},   {"ses", "s"}, {"xes", "x"}, {"ches", "ch"}, {"shes", "sh"}, {"ies", "y"},
        {"es", "e"}, {"es", ""},   {"ed", "e"},  {"ed", ""},     {"ing", "e"},   {"ing", ""}};
    for (const auto& [ending, replacement] : kEndings) {
      if (word.ends_with(ending)) forms.insert(word.substr(0, word.size() - ending.size()) + replacement);
    }
    std::set<std::int64_t> all;
    for (const auto& form : forms) {
      if (const auto found = synsetsOf_.find(form); found != synsetsOf_.end())
        all.insert(found->second.begin(), found->second.end());
    }
    entry->second.assign(all.begin(), all.end());
    return entry->second;
  }

 private:
  static constexpr std::int64_t kParts = 4;

  void read(const std::filesystem::path& folder, const std::string& part, std::int64_t number) {
    std::ifstream index(folder / ("index." + part));
    for (std::string line; std::getline(index, line);) {
      if (line.starts_with(' ')) continue;  // the licence
      std::istringstream fields(line);
      std::string lemma, type;
      std::size_t synsets = 0, pointers = 0;
      fields >> lemma >> type >> synsets >> pointers;
      std::string skipped;
      for (std::size_t i = 0; i < pointers + 2; ++i) fields >> skipped;
      for (std::int64_t offset = 0; fields >> offset;) synsetsOf_[lemma].push_back(offset * kParts + number);
    }
    std::ifstream exceptions(folder / (part + ".exc"));
    for (std::string line; std::getline(exceptions, line);) {
      std::istringstream fields(line);
      std::string form;
      fields >> form;
      for (std::string base; fields >> base;) basesOf_[form].insert(base);
    }
  }

  std::unordered_map<std::string, std::vector<std::int64_t>> synsetsOf_;
  std::unordered_map<std::string, std::set<std::string>> basesOf_;
  mutable std::map<std::string, std::vector<std::int64_t>> cache_;
};

}  // namespace rosa::test
