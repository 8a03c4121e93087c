// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/generate.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "model/attention.h"

namespace rosa::generate {

namespace {

/// Draws from softmax(logits / temperature), restricted to the topK likeliest tokens and then to the nucleus of mass
/// topP.
std::int64_t draw(const at::Tensor& logits, const Settings& settings, at::Generator& generator) {
  auto [scores, ids] = (logits.cpu().to(at::kDouble) / settings.temperature).sort(-1, true);
  if (settings.topK > 0) scores = scores.narrow(0, 0, std::min(settings.topK, scores.size(0)));
  auto probabilities = scores.softmax(0);
  if (settings.topP < 1) {
    // The token that crosses the threshold still belongs to the nucleus.
    const auto before = probabilities.cumsum(0) - probabilities;
    probabilities = probabilities.masked_fill(before > settings.topP, 0);
  }
  const auto chosen = at::multinomial(probabilities, 1, false, generator).item<std::int64_t>();
  return ids[chosen].item<std::int64_t>();
}

model::Batch oneSequence(const std::vector<std::int64_t>& ids, std::int64_t position, c10::Device device) {
  model::Batch batch;
  const auto count = static_cast<std::int64_t>(ids.size());
  batch.tokenIds = at::tensor(ids, at::kLong).to(device);
  batch.positionIds = at::arange(position, position + count, at::kLong).to(device);
  batch.offsets = {0, count};
  return batch;
}

/// A text as the model is to see it; an empty one begins with the token that texts begin with.
std::vector<std::int64_t> promptTokens(const text::Tokenizer& tokenizer, const std::string& prompt) {
  std::vector<std::int64_t> ids;
  for (const auto& token : tokenizer.encode(prompt).tokens) ids.push_back(token.id);
  if (ids.empty()) {
    const auto begin = tokenizer.roleId(text::Role::Begin);
    ids.push_back(begin ? *begin : tokenizer.roleId(text::Role::End).value_or(0));
  }
  return ids;
}

/// Drops the beginning of a prompt that leaves the new tokens too little room. The prompt may always keep half of the
/// positions, so that a generous maxNewTokens costs it nothing.
void fit(std::vector<std::int64_t>& prompt, std::int64_t longest, std::int64_t newTokens) {
  const auto room = std::max(longest - newTokens, (longest + 1) / 2);
  const auto tooMany = static_cast<std::int64_t>(prompt.size()) - room;
  if (tooMany > 0) prompt.erase(prompt.begin(), prompt.begin() + static_cast<std::ptrdiff_t>(tooMany));
}

}  // namespace

std::optional<std::vector<std::int64_t>> continueTokens(model::Model& model, std::vector<std::int64_t> prompt,
                                                        const std::vector<std::int64_t>& ends, const Settings& settings,
                                                        c10::Device device, const std::function<bool()>& giveUp) {
  const at::NoGradGuard noGrad;
  const auto& config = model.config();
  fit(prompt, config.longestSequence(), settings.maxNewTokens);
  auto generator = at::make_generator<at::CPUGeneratorImpl>(settings.seed);
  model::KeyValueCache cache;
  std::vector<std::int64_t> made;
  auto next = std::move(prompt);
  while (static_cast<std::int64_t>(made.size()) < settings.maxNewTokens && cache.length < config.longestSequence()) {
    if (giveUp && giveUp()) return std::nullopt;
    const auto logits = model.nextLogits(oneSequence(next, config.firstPosition + cache.length, device), cache);
    const auto id = settings.temperature > 0 ? draw(logits, settings, generator) : logits.argmax().item<std::int64_t>();
    if (std::find(ends.begin(), ends.end(), id) != ends.end()) break;
    made.push_back(id);
    next.assign(1, id);
  }
  return made;
}

std::optional<std::string> continueText(model::Model& model, const text::Tokenizer& tokenizer,
                                        const std::string& prompt, const Settings& settings, c10::Device device,
                                        const std::function<bool()>& giveUp) {
  auto promptIds = promptTokens(tokenizer, prompt);
  fit(promptIds, model.config().longestSequence(), settings.maxNewTokens);
  auto ends = model.config().eosIds;
  if (const auto end = tokenizer.roleId(text::Role::End)) ends.push_back(*end);
  const auto made = continueTokens(model, promptIds, ends, settings, device, giveUp);
  if (!made) return std::nullopt;

  // Decoded with the prompt before it: a tokenizer's decoder may drop a text's first space.
  std::vector<std::int32_t> all(promptIds.begin(), promptIds.end());
  const auto before = tokenizer.decode(all, true);
  all.insert(all.end(), made->begin(), made->end());
  const auto whole = tokenizer.decode(all, true);
  if (whole.starts_with(before)) return whole.substr(before.size());
  return tokenizer.decode(std::span(all).subspan(promptIds.size()), true);
}

}  // namespace rosa::generate
