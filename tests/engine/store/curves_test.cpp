// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/curves.h"

#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <string>

#include "store_fixture.h"

namespace rosa::store {
namespace {

template <typename Number>
Number fixed(std::string_view bytes, std::size_t at) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    number |= static_cast<Number>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  }
  return number;
}

/// The data of each frame, whose checksums are compared.
std::vector<std::string> frames(const std::string& file) {
  const auto checked = [](std::string_view bytes, std::uint32_t stored) {
    EXPECT_EQ(std::rotr(crc32c(bytes), 15) + 0xA282EAD8U, stored);
  };
  std::vector<std::string> all;
  for (std::size_t at = 0; at < file.size();) {
    const auto length = fixed<std::uint64_t>(file, at);
    checked(std::string_view(file).substr(at, 8), fixed<std::uint32_t>(file, at + 8));
    all.push_back(file.substr(at + 12, length));
    checked(all.back(), fixed<std::uint32_t>(file, at + 12 + length));
    at += 16 + length;
  }
  return all;
}

class CurvesTest : public StoreTest {
 protected:
  RunFolder folder_ = makeRun();
};

std::vector<Event> course() {
  auto started = startedAfter(0);
  StepCompleted first = stepDone(1, 2.5);
  first.tokens = 100;
  StepCompleted second = stepDone(2, std::numeric_limits<double>::quiet_NaN());
  second.tokens = 50;
  EvaluationCompleted evaluation;
  evaluation.step = 2;
  evaluation.loss = 1.25;
  evaluation.metrics = {{"perplexity", 3.5}};
  return {started, first, stepDone(7, 9), startedAfter(1), second, evaluation};
}

TEST_F(CurvesTest, TheChecksumIsThatOfTheStandard) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST_F(CurvesTest, ACsvHasARowForEachStepOfTheCourseThatCounts) {
  write(folder_, course());
  const auto file = outside() / "curves.csv";
  fs::create_directories(outside());
  ASSERT_TRUE(writeCurves(folder_.path, CurvesForm::Csv, file));
  EXPECT_EQ(readText(file),
            "step,epoch,seconds,tokens,loss,learning_rate,gradient_norm,tokens_per_second,peak_bytes,process_bytes,"
            "resampled,coverage,validation_loss,validation_perplexity\n"
            "1,0,1,100,2.5,0,0,0,,,,,,\n"
            "2,0,2,150,,0,0,0,,,,,1.25,3.5\n");
}

TEST_F(CurvesTest, ATensorBoardFileIsFramedAndHoldsEveryScalar) {
  write(folder_, course());
  ASSERT_TRUE(writeCurves(folder_.path, CurvesForm::TensorBoard, outside()));
  fs::path file;
  for (const auto& entry : fs::directory_iterator(outside())) file = entry.path();
  EXPECT_TRUE(file.filename().string().starts_with("events.out.tfevents.")) << file;
  const auto events = frames(readText(file));
  ASSERT_EQ(events.size(), 1U + 2 * 5 + 2);
  EXPECT_NE(events[0].find("brain.Event:2"), std::string::npos);
  std::map<std::string, int> tags;
  for (const auto& event : events) {
    for (const char* tag : {"train/loss", "train/learning_rate", "validation/loss", "validation/perplexity"}) {
      tags[tag] += event.find(tag) != std::string::npos ? 1 : 0;
    }
  }
  EXPECT_EQ(tags["train/loss"], 2);
  EXPECT_EQ(tags["validation/loss"], 1);
  EXPECT_EQ(tags["validation/perplexity"], 1);
  // The loss of step 1: its tag, then the key of a float and 2.5.
  const std::string scalar = std::string("train/loss") + "\x15" + std::string("\x00\x00\x20\x40", 4);
  EXPECT_NE(events[1].find(scalar), std::string::npos);
}

TEST_F(CurvesTest, ARunWithoutEventsIsTold) {
  const auto status = writeCurves(folder_.path, CurvesForm::Csv, outside() / "curves.csv");
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("no events yet"), std::string::npos) << status.error().message;
  EXPECT_FALSE(writeCurves(outside(), CurvesForm::Csv, outside() / "curves.csv")) << "no run";
}

}  // namespace
}  // namespace rosa::store
