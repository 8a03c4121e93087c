// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/generate.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
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

}  // namespace

std::optional<std::string> continueText(model::Model& model, const text::Tokenizer& tokenizer,
                                        const std::string& prompt, const Settings& settings, c10::Device device,
                                        const std::function<bool()>& giveUp) {
  const at::NoGradGuard noGrad;
  const auto& config = model.config();
  std::vector<std::int64_t> next;
  for (const auto& token : tokenizer.encode(prompt).tokens) next.push_back(token.id);
  if (next.empty()) {
    const auto begin = tokenizer.roleId(text::Role::Begin);
    const auto end = tokenizer.roleId(text::Role::End);
    next.push_back(begin ? *begin : end.value_or(0));
  }
  const auto longest = std::max<std::int64_t>(1, config.longestSequence() - settings.maxNewTokens);
  if (static_cast<std::int64_t>(next.size()) > longest) {
    next.erase(next.begin(), next.end() - static_cast<std::ptrdiff_t>(longest));
  }

  const auto isEnd = [&](std::int64_t id) {
    const auto& ends = config.eosIds;
    return std::find(ends.begin(), ends.end(), id) != ends.end() || tokenizer.roleId(text::Role::End) == id;
  };
  auto generator = at::make_generator<at::CPUGeneratorImpl>(settings.seed);
  model::KeyValueCache cache;
  std::vector<std::int32_t> made;
  const auto promptIds = next;
  while (static_cast<std::int64_t>(made.size()) < settings.maxNewTokens && cache.length < config.longestSequence()) {
    if (giveUp && giveUp()) return std::nullopt;
    const auto logits = model.nextLogits(oneSequence(next, config.firstPosition + cache.length, device), cache);
    const auto id = settings.temperature > 0 ? draw(logits, settings, generator) : logits.argmax().item<std::int64_t>();
    if (isEnd(id)) break;
    made.push_back(static_cast<std::int32_t>(id));
    next.assign(1, id);
  }
  // Decoded with the prompt before it: a tokenizer's decoder may drop a text's first space.
  std::vector<std::int32_t> all(promptIds.begin(), promptIds.end());
  const auto before = tokenizer.decode(all, true);
  all.insert(all.end(), made.begin(), made.end());
  const auto whole = tokenizer.decode(all, true);
  return whole.starts_with(before) ? whole.substr(before.size()) : tokenizer.decode(made, true);
}

}  // namespace rosa::generate
