// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/sampling_flags.h"

#include <map>
#include <string>

#include "cli/choice.h"

namespace rosa::cli {

void addSamplingFlags(CLI::App& command, GenerationSettings& settings) {
  command.add_option("--max-new-tokens", settings.maxNewTokens, "Longest continuation");
  command.add_option("--min-new-tokens", settings.minNewTokens, "Shortest continuation: no end token before it");
  command.add_option("--temperature", settings.temperature, "0 = always the likeliest token");
  command.add_option("--top-k", settings.topK, "Draw from the k likeliest tokens; 0 = all");
  command.add_option("--top-p", settings.topP, "Draw from the likeliest tokens that make up this mass");
  command.add_option("--min-p", settings.minP, "Draw from tokens with this share of the likeliest one's probability");
  command.add_option("--repetition-penalty", settings.repetitionPenalty,
                     "Makes tokens that have already occurred less likely; 1 = no penalty");
  command.add_option("--no-repeat-ngram", settings.noRepeatNgram,
                     "No run of this many tokens is repeated; 0 = no limit");
  command.add_option("--ngrams-of-prompt", settings.ngramsOfPrompt,
                     "yes: tokens in a row that the prompt holds have come already; no: only the new text counts");
  command.add_option("--stop", settings.stopStrings, "Text that ends a continuation (repeatable)")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  command
      .add_option("--end-token", settings.endTokens, "Token that ends a continuation, beside the model's (repeatable)")
      ->type_name("TOKEN")
      ->allow_extra_args(false);
  command.add_option("--seed", settings.seed, "Seed of the draws");
}

void addPlaceFlags(CLI::App& command, std::int64_t& threads, DeviceChoice& device, WeightType& weights) {
  command.add_option("--threads", threads, "0 = all cores");
  const std::map<std::string, DeviceChoice> devices = {
      {"auto", DeviceChoice::Auto}, {"cpu", DeviceChoice::Cpu}, {"cuda", DeviceChoice::Cuda}};
  command.add_option("--device", device, "auto, cpu or cuda")->transform(choice(devices));
  const std::map<std::string, WeightType> types = {
      {"auto", WeightType::Auto}, {"fp32", WeightType::Fp32}, {"bf16", WeightType::Bf16}, {"int8", WeightType::Int8}};
  command
      .add_option("--weights", weights, "How a model's matrices are kept: fp32, bf16, int8, or auto, as in its files")
      ->transform(choice(types));
}

}  // namespace rosa::cli
