// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/english_stemmer.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace rosa::metrics {
namespace {

using Example = std::pair<std::string, std::string>;
class EnglishStem : public testing::TestWithParam<Example> {};

TEST_P(EnglishStem, IsSnowballs) {
  EXPECT_EQ(englishStem(GetParam().first), GetParam().second);
}

/// Words and stems of Snowball's published vocabulary, one or more for each step and exception.
INSTANTIATE_TEST_SUITE_P(
    Vocabulary, EnglishStem,
    testing::Values(
        Example("a", "a"), Example("by", "by"), Example("consign", "consign"), Example("consigned", "consign"),
        Example("consistency", "consist"), Example("consolingly", "consol"), Example("knightly", "knight"),
        Example("knots", "knot"), Example("caresses", "caress"), Example("ties", "tie"), Example("cries", "cri"),
        Example("gas", "gas"), Example("this", "this"), Example("gaps", "gap"), Example("kiwis", "kiwi"),
        Example("agreed", "agre"), Example("feed", "feed"), Example("luxuriated", "luxuri"), Example("hopping", "hop"),
        Example("hoping", "hope"), Example("troubled", "troubl"), Example("sized", "size"), Example("sing", "sing"),
        Example("cry", "cri"), Example("say", "say"), Example("youth", "youth"), Example("boyish", "boyish"),
        Example("fly", "fli"), Example("generously", "generous"), Example("generate", "generat"),
        Example("communism", "communism"), Example("arsenic", "arsenic"), Example("national", "nation"),
        Example("rationalize", "ration"), Example("hopefully", "hope"), Example("geology", "geolog"),
        Example("logically", "logic"), Example("quickly", "quick"), Example("nightly", "night"),
        Example("relative", "relat"), Example("electrical", "electr"), Example("goodness", "good"),
        Example("adjustment", "adjust"), Example("replacement", "replac"), Example("adoption", "adopt"),
        Example("rate", "rate"), Example("probate", "probat"), Example("controll", "control"), Example("roll", "roll"),
        Example("dying", "die"), Example("skies", "sky"), Example("news", "news"), Example("only", "onli"),
        Example("proceeds", "proceed"), Example("inning", "inning"), Example("restaurants", "restaur"),
        Example("'tis", "tis"), Example("pub's", "pub"), Example("bed", "bed"), Example("bead", "bead"),
        Example("embed", "emb"), Example("caf\u00E9s", "caf\u00E9")),
    [](const auto& example) { return "Word" + std::to_string(example.index); });

}  // namespace
}  // namespace rosa::metrics
