// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/checkpoint_folder.h"
#include "engine/parallel/group_of_threads.h"
#include "engine/train/sample_project.h"
#include "engine/train/test_run.h"
#include "train/checkpoint_state.h"

/// Groups of processes train as one process does. The ranks are threads of this program here; tests/app has real ones.
namespace rosa::train {
namespace {

struct Course {
  std::vector<double> losses, norms;
  std::vector<EvaluationCompleted> evaluations;
  std::vector<ResampleCompleted> resamples;
  std::vector<std::int64_t> saved;
  std::map<std::string, at::Tensor> state;
};

/// What the run told, and the state that it ended with.
Course courseOf(const test::TestRun& run, const Session& session) {
  Course course;
  for (const auto& step : run.all<StepCompleted>()) {
    course.losses.push_back(step.loss);
    course.norms.push_back(step.gradientNorm);
  }
  course.evaluations = run.all<EvaluationCompleted>();
  course.resamples = run.all<ResampleCompleted>();
  for (const auto& checkpoint : checkpoint::listCheckpoints(run.checkpoints())) course.saved.push_back(checkpoint.step);
  if (!session.arena->divided()) {
    for (const auto& [name, tensor] : stateOf(session, run.progress).tensors) course.state[name] = tensor.clone();
  }
  return course;
}

Course alone(const test::SampleProject& project) {
  const auto session = project.open();
  test::TestRun run(*session);
  const auto status = run.train();
  EXPECT_TRUE(status) << status.error().message;
  return courseOf(run, *session);
}

/// Of each rank. `meddle` is called with each rank's run before it begins, `look` after its end.
std::vector<Course> together(const test::SampleProject& project, std::int64_t size,
                             const std::function<void(test::TestRun&, std::int64_t)>& meddle = {},
                             const std::function<void(test::TestRun&, Session&)>& look = {}) {
  std::vector<Course> courses(static_cast<std::size_t>(size));
  parallel::asGroup(size, [&](std::unique_ptr<parallel::ProcessGroup> group) {
    const auto rank = group->rank();
    const auto session = project.open();
    session->group = std::move(group);
    test::TestRun run(*session);
    if (meddle) meddle(run, rank);
    const auto status = run.train();
    EXPECT_TRUE(status) << status.error().message;
    if (look) look(run, *session);
    session->group->finish();
    courses[static_cast<std::size_t>(rank)] = courseOf(run, *session);
  });
  return courses;
}

void expectClose(const std::map<std::string, at::Tensor>& state, const std::map<std::string, at::Tensor>& expected,
                 double tolerance) {
  ASSERT_EQ(state.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    const auto& own = state.at(name);
    ASSERT_EQ(own.sizes(), tensor.sizes()) << name;
    // The directions that were trained, as some basis of them: rounding turns it.
    if (tensor.numel() == 0 || name.ends_with(".coverage")) continue;
    EXPECT_LT((own - tensor).abs().max().item<double>(), tolerance) << name;
  }
}

void expectSameCourse(const Course& course, const Course& expected) {
  ASSERT_EQ(course.losses.size(), expected.losses.size());
  for (std::size_t i = 0; i < expected.losses.size(); ++i) {
    EXPECT_NEAR(course.losses[i], expected.losses[i], 1e-6) << "step " << i + 1;
    EXPECT_NEAR(course.norms[i], expected.norms[i], 1e-5) << "step " << i + 1;
  }
  ASSERT_EQ(course.evaluations.size(), expected.evaluations.size());
  for (std::size_t i = 0; i < expected.evaluations.size(); ++i) {
    // A batch's sum is an fp32 number: its last digit alone is more than 1e-6 where a few targets share it.
    EXPECT_NEAR(course.evaluations[i].loss, expected.evaluations[i].loss, 1e-6 * expected.evaluations[i].loss);
  }
}

class GroupOf : public testing::TestWithParam<std::int64_t> {};

TEST_P(GroupOf, RosaTrainsAsOneProcessDoes) {
  test::SampleProject project;
  // Where one sum is rounded otherwise than another, an Adam step moves a number of nearly no gradient by up to the
  // rate.
  project.config.learningRate = 1e-3;
  project.config.evalEvery = test::everySteps(4);
  project.config.saveEvery = test::everySteps(5);
  const auto expected = alone(project);
  const auto courses = together(project, GetParam());
  for (const auto& course : courses) expectSameCourse(course, expected);
  EXPECT_EQ(courses[0].resamples.size(), 3U) << "the first draw and two resamples";
  EXPECT_TRUE(courses[1].resamples.empty()) << "rank 0 alone draws";
  for (std::size_t i = 0; i < expected.resamples.size(); ++i) {
    for (std::size_t l = 0; l < expected.resamples[i].layers.size(); ++l) {
      EXPECT_EQ(courses[0].resamples[i].layers[l].start, expected.resamples[i].layers[l].start);
    }
  }
  EXPECT_EQ(courses[0].saved, expected.saved);
  EXPECT_TRUE(courses[1].saved.empty()) << "rank 0 alone writes";
  expectClose(courses[0].state, expected.state, 1e-4);
  for (std::size_t rank = 1; rank < courses.size(); ++rank) expectClose(courses[rank].state, courses[0].state, 1e-30);
}

TEST_P(GroupOf, FullFineTuningTrainsAsOneProcessDoes) {
  test::SampleProject project;
  project.config.method = Method::Full;
  project.config.learningRate = 1e-4;
  project.config.batch = 8;
  project.config.accumulate = 1;
  project.config.steps = 4;
  project.config.saveEvery = test::everySteps(2);
  const auto expected = alone(project);
  std::map<std::string, at::Tensor> saved;
  const auto courses = together(project, GetParam(), {}, [&](test::TestRun& run, Session& session) {
    EXPECT_TRUE(session.arena->divided());
    const auto whole = project.open()->arena->bytes().moments;
    EXPECT_LT(session.arena->bytes().moments, whole / GetParam() + 4096) << "each keeps its share of the moments";
    if (!session.group->leads()) return;
    const auto fresh = project.open();
    Progress progress;
    const auto checkpoints = checkpoint::listCheckpoints(run.checkpoints());
    const auto loaded = loadCheckpoint(checkpoints.back().folder, *fresh, progress);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(progress.step, 4);
    for (const auto& [name, tensor] : stateOf(*fresh, progress).tensors) saved[name] = tensor.clone();
  });
  for (const auto& course : courses) expectSameCourse(course, expected);
  EXPECT_EQ(courses[0].saved, expected.saved);
  expectClose(saved, expected.state, 1e-5);
}

TEST_P(GroupOf, MoreProcessesThanExamplesLeaveSomeWithoutWork) {
  test::SampleProject project;
  project.config.batch = project.config.accumulate = 1;
  project.config.steps = 4;
  const auto expected = alone(project);
  for (const auto& course : together(project, GetParam())) expectSameCourse(course, expected);
}

TEST_P(GroupOf, AStopOfAnyProcessStopsAllAfterTheSameStep) {
  test::SampleProject project;
  for (const std::int64_t stopped : {std::int64_t{0}, GetParam() - 1}) {
    const auto courses = together(project, GetParam(), [&](test::TestRun& run, std::int64_t rank) {
      if (rank != stopped) return;
      run.onEvent = test::whenever<StepCompleted>([&run](const StepCompleted& step) {
        if (step.step == 3) run.control.stop(StopMode::Save);
      });
    });
    EXPECT_EQ(courses[0].saved, std::vector<std::int64_t>{3});
    for (const auto& course : courses) EXPECT_EQ(course.losses.size(), 3U);
  }
}

TEST_P(GroupOf, RanksDoWhatRankZeroIsAsked) {
  test::SampleProject project;
  const auto courses = together(project, GetParam(), [](test::TestRun& run, std::int64_t rank) {
    if (rank != 0) return;
    run.onEvent = test::whenever<StepCompleted>([&run](const StepCompleted& step) {
      if (step.step == 2) run.control.give(EvaluateRun{});
      if (step.step == 4) run.control.give(SetLearningRate{1e-9});
      if (step.step == 5) run.control.give(ResampleRun{});
      if (step.step == 6) run.control.pause();
      if (step.step == 7) run.control.stop(StopMode::Save);
    });
    auto toldPause = run.onEvent;
    run.onEvent = [&run, toldPause](const Event& event) {
      toldPause(event);
      const auto* phase = std::get_if<PhaseChanged>(&event);
      if (phase != nullptr && phase->phase == "paused") run.control.unpause();
    };
  });
  for (const auto& course : courses) {
    ASSERT_EQ(course.losses.size(), 7U);
    EXPECT_EQ(course.losses, courses[0].losses);
    EXPECT_EQ(course.evaluations.front().step, 2);
    expectClose(course.state, courses[0].state, 1e-30);
  }
}

TEST_P(GroupOf, ARankThatFailsEndsAllWithItsSentence) {
  test::SampleProject project;
  parallel::asGroup(GetParam(), [&](std::unique_ptr<parallel::ProcessGroup> group) {
    const auto rank = group->rank();
    const auto session = project.open();
    session->group = std::move(group);
    test::TestRun run(*session);
    run.onEvent = test::whenever<StepCompleted>([&](const StepCompleted& step) {
      if (rank == 1 && step.step == 3) throw std::runtime_error("The disk broke.");
    });
    try {
      (void)run.train();
      FAIL() << "rank " << rank << " went on";
    } catch (const parallel::GroupFault& fault) {
      EXPECT_NE(rank, 1);
      EXPECT_STREQ(fault.what(), "Rank 1 has ended the group: The disk broke.");
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(rank, 1);
      session->group->fail(error.what());
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Sizes, GroupOf, testing::Values(2, 4));

}  // namespace
}  // namespace rosa::train
