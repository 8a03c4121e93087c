// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/form_rule.h"

#include <gtest/gtest.h>

#include <array>

namespace rosa::adapt {
namespace {

constexpr std::array<LayerSize, 4> kGpt2Block = {{{768, 2304}, {768, 768}, {768, 3072}, {3072, 768}}};

TEST(FormRule, KeepsAWish) {
  FormFacts facts;
  facts.layers = kGpt2Block;
  facts.tokensPerMicroBatch = 1;
  EXPECT_EQ(chooseForm(Form::Merged, facts), Form::Merged);
  facts.tokensPerMicroBatch = 1e6;
  EXPECT_EQ(chooseForm(Form::Branch, facts), Form::Branch);
}

TEST(FormRule, WeightsInHalfPrecisionTakeTheBranch) {
  FormFacts facts;
  facts.layers = kGpt2Block;
  facts.tokensPerMicroBatch = 1e6;
  facts.narrow = true;
  EXPECT_EQ(chooseForm(Form::Auto, facts), Form::Branch);
}

TEST(FormRule, FewTokensTakeTheBranchAndManyTheMergedForm) {
  for (const bool cuda : {false, true}) {
    FormFacts facts;
    facts.layers = kGpt2Block;
    facts.cuda = cuda;
    facts.tokensPerMicroBatch = 50;
    EXPECT_EQ(chooseForm(Form::Auto, facts), Form::Branch);
    facts.tokensPerMicroBatch = 8000;
    EXPECT_EQ(chooseForm(Form::Auto, facts), Form::Merged);
  }
}

TEST(FormRule, AccumulationCountsAsMoreTokens) {
  FormFacts facts;
  facts.layers = kGpt2Block;
  facts.tokensPerMicroBatch = 250;
  EXPECT_EQ(chooseForm(Form::Auto, facts), Form::Branch);
  facts.accumulate = 32;
  EXPECT_EQ(chooseForm(Form::Auto, facts), Form::Merged);
}

}  // namespace
}  // namespace rosa::adapt
