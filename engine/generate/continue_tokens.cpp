// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/continue_tokens.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <span>
#include <utility>

#include "model/key_value_cache.h"

namespace rosa::generate {

namespace {

/// A prompt that is being continued.
struct Live {
  std::size_t prompt = 0;
  std::unique_ptr<Search> search;
  /// Its sequences in the cache, and what each is to read next.
  std::vector<model::KeyValueCache::Sequence> sequences;
  std::vector<std::vector<std::int64_t>> unread;
  std::vector<std::int64_t> read;  ///< by the first of them, where it is kept
};

class TokenLoop {
 public:
  TokenLoop(model::Model& model, const std::vector<Prompt>& prompts, const Decoding& decoding, const TokenHooks& hooks)
      : model_(model),
        prompts_(prompts),
        decoding_(decoding),
        hooks_(hooks),
        cache_(decoding.beginnings != nullptr ? decoding.beginnings->cache() : ownCache_) {}

  bool run() {
    const auto together = std::max<std::int64_t>(1, decoding_.rows / searchWidth(decoding_.settings));
    while (waiting_ < prompts_.size() || !live_.empty()) {
      if (hooks_.giveUp && hooks_.giveUp()) return giveUp();
      while (waiting_ < prompts_.size() && std::ssize(live_) < together) {
        if (!start(waiting_++)) return giveUp();
      }
      step();
    }
    return true;
  }

 private:
  bool start(std::size_t index) {
    const auto& prompt = prompts_[index];
    const auto longest = model_.config().longestSequence();
    const auto dropped = droppedTokens(std::ssize(prompt.tokens), longest, decoding_.settings.maxNewTokens);
    const auto read = std::span(prompt.tokens).subspan(static_cast<std::size_t>(dropped));
    SearchStart start;
    start.history = prompt.unread;
    start.unread = std::ssize(prompt.unread);
    start.history.insert(start.history.end(), read.begin(), read.end());
    start.ends = decoding_.ends;
    // The last new token is not read.
    start.maxNewTokens = std::min(decoding_.settings.maxNewTokens, longest - std::ssize(read) + 1);
    start.text = prompt.text;
    start.logProbabilities = decoding_.logProbabilities;
    start.likeliest = decoding_.likeliest;
    if (hooks_.made) start.made = [this, index](const MadeToken& token) { hooks_.made(index, token); };
    Live live;
    live.prompt = index;
    live.search = makeSearch(decoding_.settings, std::move(start));
    if (decoding_.beginnings != nullptr) {
      const auto begun = decoding_.beginnings->read(model_, read, decoding_.device, hooks_.giveUp);
      if (!begun) return false;
      if (hooks_.begun) hooks_.begun(begun->reused);
      live.sequences = {begun->sequence};
      live.read = {read.begin(), read.end() - 1};
      live.unread = {{read.back()}};
    } else {
      live.sequences = {cache_.add()};
      live.unread = {{read.begin(), read.end()}};
    }
    live_.push_back(std::move(live));
    return true;
  }

  /// What was read stays useful to whoever asks again.
  bool giveUp() {
    if (decoding_.beginnings != nullptr) {
      for (auto& live : live_) decoding_.beginnings->keep(std::move(live.read), live.sequences.front());
    }
    return false;
  }

  void step() {
    const auto scores = nextScores();
    const auto width = scores.size(1);
    std::int64_t row = 0;
    for (auto& live : live_) {
      const auto rows = std::ssize(live.sequences);
      auto* first = scores.data_ptr<float>() + row * width;
      goOn(live, live.search->advance({first, static_cast<std::size_t>(rows * width)}));
      row += rows;
    }
    std::erase_if(live_, [](const Live& live) { return live.sequences.empty(); });
  }

  /// Scores for the next token of all live sequences, fp32 [sequences, vocabulary] on the host.
  at::Tensor nextScores() {
    std::vector<std::int64_t> tokens, positions;
    std::vector<model::KeyValueCache::Sequence> sequences;
    model::Batch batch;
    batch.offsets = {0};
    for (const auto& live : live_) {
      for (std::size_t i = 0; i < live.sequences.size(); ++i) {
        auto position = model_.config().firstPosition + cache_.length(live.sequences[i]);
        for (const auto token : live.unread[i]) {
          tokens.push_back(token);
          positions.push_back(position++);
        }
        sequences.push_back(live.sequences[i]);
        batch.offsets.push_back(std::ssize(tokens));
      }
    }
    batch.tokenIds = at::tensor(tokens, at::kLong).to(decoding_.device);
    batch.positionIds = at::tensor(positions, at::kLong).to(decoding_.device);
    auto logits = model_.nextLogits(batch, cache_, sequences);
    if (decoding_.settings.beams > 1) logits = logits.log_softmax(-1);
    return logits.to(at::kCPU, at::kFloat).contiguous();
  }

  void goOn(Live& live, const std::vector<Next>& next) {
    std::vector<model::KeyValueCache::Sequence> sequences;
    if (decoding_.beginnings != nullptr) {
      std::ranges::copy(live.unread.front(), std::back_inserter(live.read));
      if (next.empty()) decoding_.beginnings->keep(std::move(live.read), cache_.fork(live.sequences.front()));
    }
    live.unread.clear();
    for (const auto& [parent, token] : next) {
      sequences.push_back(cache_.fork(live.sequences[parent]));
      live.unread.push_back({token});
    }
    for (const auto sequence : live.sequences) cache_.drop(sequence);
    live.sequences = std::move(sequences);
    if (next.empty()) hooks_.finished(live.prompt, live.search->take());
  }

  model::Model& model_;
  const std::vector<Prompt>& prompts_;
  const Decoding& decoding_;
  const TokenHooks& hooks_;
  model::KeyValueCache ownCache_;
  model::KeyValueCache& cache_;
  std::vector<Live> live_;
  std::size_t waiting_ = 0;  ///< the next prompt to start
};

}  // namespace

std::int64_t droppedTokens(std::int64_t promptTokens, std::int64_t positions, std::int64_t newTokens) {
  // What fits is read as it is, so that a limit on the new tokens never changes what they follow.
  if (promptTokens <= positions) return 0;
  return promptTokens - std::max(positions - newTokens, (positions + 1) / 2);
}

bool continueTokens(model::Model& model, const std::vector<Prompt>& prompts, const Decoding& decoding,
                    const TokenHooks& hooks) {
  const at::NoGradGuard noGrad;
  return TokenLoop(model, prompts, decoding, hooks).run();
}

}  // namespace rosa::generate
