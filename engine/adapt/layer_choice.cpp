// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/layer_choice.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "rosa/method_traits.h"

namespace rosa::adapt {

namespace {

/// Backtracks to the last star alone, so it takes at most pattern x text steps.
bool matchesGlob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// The whole name and its ends from each dot on.
std::vector<std::string_view> endings(std::string_view name) {
  std::vector<std::string_view> all = {name};
  for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    all.push_back(name.substr(dot + 1));
  }
  return all;
}

bool matches(std::string_view entry, const LayerName& layer) {
  if (entry == "all") return true;
  if (entry == "attention") return layer.attention;
  if (entry == "mlp") return !layer.attention;
  const auto ends = endings(layer.name);
  return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return matchesGlob(entry, end); });
}

/// "transformer.h.3.attn.c_attn" becomes "transformer.h.*.attn.c_attn": the same layer of all blocks, as a pattern.
std::string acrossBlocks(std::string_view name) {
  std::string pattern;
  for (const auto part : base::split(name, '.')) {
    const bool number = !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
    if (!pattern.empty()) pattern += '.';
    pattern += number ? std::string_view("*") : part;
  }
  return pattern;
}

Error matchesNothing(std::string_view entry, std::span<const LayerName> layers, std::string_view key) {
  std::set<std::string> patterns;
  for (const auto& layer : layers) patterns.insert(acrossBlocks(layer.name));
  std::set<std::string_view> words = {"all", "attention", "mlp"};
  for (const auto& pattern : patterns) {
    for (const auto end : endings(pattern)) words.insert(end);
  }
  for (const auto& layer : layers) words.insert(layer.name);

  std::string message = std::string(key) + ": " + base::inQuotes(entry);
  message += key == "layers"       ? " matches no linear layer of this model."
             : key == "layer-rank" ? " matches no layer that is adapted."
                                   : " matches no module of this model.";
  const std::vector<std::string_view> candidates(words.begin(), words.end());
  if (const auto nearest = base::nearestWord(entry, candidates)) {
    message += " Did you mean " + base::inQuotes(*nearest) + "?";
  }
  message += " There are: all, attention, mlp";
  for (const auto& pattern : patterns) message += ", " + base::printable(pattern);
  return Error{message + "."};
}

}  // namespace

Expected<std::vector<std::size_t>> chooseLayers(std::string_view choice, std::span<const LayerName> layers,
                                                std::string_view key) {
  std::set<std::size_t> chosen;
  for (const auto part : base::split(choice, ',')) {
    const auto entry = base::trim(part);
    bool any = false;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (!matches(entry, layers[i])) continue;
      chosen.insert(i);
      any = true;
    }
    if (!any) return matchesNothing(entry, layers, key);
  }
  return std::vector<std::size_t>(chosen.begin(), chosen.end());
}

bool isOutputProjection(std::string_view layer) {
  constexpr std::array<std::string_view, 11> kNames{"c_proj",   "o_proj",          "down_proj", "output.dense",
                                                    ".Wo",      "out_lin",         "ffn.lin2",  "attention.dense",
                                                    "out_proj", "feed_forward.w2", "ffn_output"};
  return std::ranges::any_of(kNames, [&](auto name) { return layer.ends_with(name); });
}

Expected<std::vector<std::size_t>> chooseLayersOf(Method method, std::string_view choice,
                                                  std::span<const LayerName> layers) {
  ROSA_TRY(auto chosen, chooseLayers(choice, layers));
  if (!isBottleneck(method)) return chosen;
  std::erase_if(chosen, [&](std::size_t index) {
    const auto& layer = layers[index];
    return !isOutputProjection(layer.name) || (method == Method::Pfeiffer && layer.attention);
  });
  if (!chosen.empty()) return chosen;
  return Error{"layers: " + base::inQuotes(choice) + " holds no layer behind which this method puts an adapter: " +
               (method == Method::Pfeiffer ? "the MLP's output projection. Choose all or mlp."
                                           : "the output projections of attention and MLP. Choose all, attention or "
                                             "mlp.")};
}

}  // namespace rosa::adapt
