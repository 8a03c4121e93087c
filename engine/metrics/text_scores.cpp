// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/text_scores.h"

#include <cassert>
#include <string_view>

#include "metrics/bleu.h"
#include "metrics/cider.h"
#include "metrics/meteor.h"
#include "metrics/mteval_tokenizer.h"
#include "metrics/nist.h"
#include "metrics/ptb_tokenizer.h"
#include "metrics/rouge_l.h"

namespace rosa::metrics {
namespace {

std::vector<TextSegment> cut(std::span<const std::string> hypotheses,
                             std::span<const std::vector<std::string>> references, Words (*words)(std::string_view)) {
  assert(hypotheses.size() == references.size());
  std::vector<TextSegment> segments;
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    assert(!references[i].empty());
    auto& segment = segments.emplace_back();
    segment.hypothesis = words(hypotheses[i]);
    for (const auto& reference : references[i]) segment.references.push_back(words(reference));
  }
  return segments;
}

}  // namespace

NamedValues textScores(std::span<const std::string> hypotheses, std::span<const std::vector<std::string>> references) {
  const auto mteval = cut(hypotheses, references, mtevalWords);
  const auto ptb = cut(hypotheses, references, ptbWords);
  return {{"bleu", bleu(mteval)},
          {"nist", nist(mteval)},
          {"meteor", meteor(ptb)},
          {"rouge_l", rougeL(ptb)},
          {"cider", cider(ptb)}};
}

}  // namespace rosa::metrics
