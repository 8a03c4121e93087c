// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/parts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/process.h"

namespace rosa::experiment {
namespace {

class Parts : public testing::Test {
 protected:
  [[nodiscard]] ExperimentFolder folder() const {
    auto opened = ExperimentFolder::open(place_.path() / "experiment", {{"experiment", "any"}});
    EXPECT_TRUE(opened) << opened.error().message;
    return *std::move(opened);
  }
  /// Results hold the part's index, and one that is no number.
  [[nodiscard]] PartMaker maker() {
    return {[this](std::size_t part) -> Expected<std::optional<base::Json>> {
              made_.push_back(part);
              return std::optional<base::Json>({{"index", part}, {"none", std::numeric_limits<double>::quiet_NaN()}});
            },
            [this](const PartResults& results) {
              pages_.push_back(results);
              return Status();
            }};
  }

  test::TemporaryFolder place_;
  std::vector<std::size_t> made_;
  std::vector<PartResults> pages_;
};

TEST_F(Parts, AreMadeInOrderWithAPageAfterEach) {
  const auto report = makeParts(folder(), {}, {"a", "b", "c"}, maker());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->parts, 3);
  EXPECT_EQ(report->finished, 3);
  EXPECT_EQ(made_, (std::vector<std::size_t>{0, 1, 2}));
  ASSERT_EQ(pages_.size(), 3U);
  EXPECT_EQ(pages_[0].size(), 1U);
  EXPECT_EQ(figureOf(pages_[2].at("c"), "index"), 2);
}

TEST_F(Parts, ThatAreStoredAreNotMadeAgain) {
  ASSERT_TRUE(folder().store("b", {{"index", 7}}));
  const auto report = makeParts(folder(), {}, {"a", "b"}, maker());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->finished, 2);
  EXPECT_EQ(made_, (std::vector<std::size_t>{0}));
  EXPECT_EQ(figureOf(pages_.back().at("b"), "index"), 7);
}

TEST_F(Parts, AreSharedByAllWhoWorkOnTheFolder) {
  const auto shared = folder();
  auto other = shared.claim("a");
  ASSERT_TRUE(other && *other);
  const auto report = makeParts(shared, {}, {"a", "b"}, maker());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(made_, (std::vector<std::size_t>{1})) << "a is the other's";
  EXPECT_EQ(report->finished, 1);

  pages_.clear();
  auto both = maker();
  both.make = [&, make = both.make](std::size_t part) -> Expected<std::optional<base::Json>> {
    // The other one ends its part while this one makes the next.
    EXPECT_TRUE(shared.store("a", {{"index", 9}}));
    return make(part);
  };
  const auto whole = makeParts(shared, {}, {"a", "b", "c", "d"}, both);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(made_, (std::vector<std::size_t>{1, 2, 3}));
  EXPECT_EQ(whole->finished, 4);
  ASSERT_EQ(pages_.size(), 2U);
  for (const auto& page : pages_) EXPECT_EQ(figureOf(page.at("a"), "index"), 9) << "the other's part is shown too";
  EXPECT_FALSE(std::filesystem::exists(shared.path() / ".claims"));
}

TEST_F(Parts, EndWhereTheExperimentIsStopped) {
  ExperimentWatch watch;
  watch.stop = [this] { return made_.size() == 1; };
  const auto report = makeParts(folder(), watch, {"a", "b"}, maker());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->finished, 1);
  ASSERT_EQ(pages_.size(), 2U);
  EXPECT_EQ(pages_.back().size(), 1U) << "the page tells what there is";
}

TEST_F(Parts, HaveNoFigureWhereItIsMissingOrNoNumber) {
  ASSERT_TRUE(makeParts(folder(), {}, {"a"}, maker()));
  EXPECT_TRUE(std::isnan(figureOf(pages_.back().at("a"), "none")));
  EXPECT_TRUE(std::isnan(figureOf(pages_.back().at("a"), "missing")));
}

TEST_F(Parts, ADamagedResultIsNamed) {
  ASSERT_TRUE(folder().write("raw/a.json", "{"));
  const auto report = makeParts(folder(), {}, {"a"}, maker());
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("a.json"), std::string::npos) << report.error().message;
  EXPECT_TRUE(made_.empty());
}

}  // namespace
}  // namespace rosa::experiment
