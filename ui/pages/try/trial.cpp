// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/try/trial.h"

#include <utility>
#include <variant>
#include <vector>

#include "jobs/latest_job.h"
#include "pages/try/piece_box.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr int kHandOverMs = 33;

struct OpenedSides {
  std::array<std::shared_ptr<LoadedModel>, Trial::kSides> models;
  std::array<QString, Trial::kSides> problems;
};

void openSide(Engine& engine, const Trial::Source& source, Trial::Side side, OpenedSides& opened) {
  ModelRequest request;
  request.model = source.path;
  request.checkpoint = source.checkpoint;
  request.base = side == Trial::Base;
  request.threads = source.threads;
  auto model = engine.openModel(request);
  if (model) {
    opened.models.at(side) = *std::move(model);
  } else {
    opened.problems.at(side) = toQString(model.error().message);
  }
}

}  // namespace

Trial::Trial(Engine& engine, JobPool& pool, QObject* parent)
    : QObject(parent), engine_(engine), opening_(new LatestJob(pool, this)), answering_(new LatestJob(pool, this)) {
  timer_.setInterval(kHandOverMs);
  connect(&timer_, &QTimer::timeout, this, &Trial::handOver);
  for (LatestJob* job : {opening_, answering_}) connect(job, &LatestJob::busyChanged, this, &Trial::stateChanged);
}

Trial::~Trial() {
  stop();
}

void Trial::open(const Source& source) {
  stop();
  answering_->cancel();
  timer_.stop();
  box_.reset();
  // Gone on the worker, where a large model's memory may take its time, and before the next one needs room.
  auto old = std::make_shared<Models>(std::exchange(models_, {}));
  if (source.path.empty()) {
    opening_->cancel();
    Q_EMIT opened({}, {});
    return;
  }
  opening_->ask(
      [&engine = engine_, source, old](const LatestJob::GiveUp& giveUp) {
        *old = {};
        OpenedSides both;
        openSide(engine, source, Tuned, both);
        if (source.withBase && both.models.at(Tuned) && !giveUp()) openSide(engine, source, Base, both);
        return both;
      },
      [this](OpenedSides both) {
        models_ = std::move(both.models);
        Q_EMIT opened(both.problems.at(Tuned), both.problems.at(Base));
      });
}

const ModelFacts* Trial::facts(Side side) const {
  const auto& model = models_.at(side);
  return model ? &model->facts() : nullptr;
}

bool Trial::opening() const {
  return opening_->busy();
}

bool Trial::answering() const {
  return answering_->busy();
}

void Trial::ask(std::array<CompletionRequest, kSides> requests) {
  if (answering()) return;
  box_ = std::make_shared<PieceBox>();
  timer_.start();
  answering_->ask(
      [models = models_, requests = std::move(requests), box = box_](const LatestJob::GiveUp& giveUp) {
        for (int side = 0; side < kSides; ++side) {
          auto* model = models.at(static_cast<std::size_t>(side)).get();
          if (model == nullptr || box->stopped() || giveUp()) continue;
          const auto prepared = model->prepare(requests.at(static_cast<std::size_t>(side)));
          if (!prepared) {
            box->put({side, Expected<Completion>(prepared.error())});
            continue;
          }
          CompletionCallbacks callbacks;
          callbacks.piece = [&](const TextPiece& piece) { box->put({side, piece}); };
          callbacks.giveUp = [&] { return box->stopped() || giveUp(); };
          box->put({side, model->complete(*prepared, callbacks)});
        }
        return true;
      },
      [this](bool) {
        handOver();
        timer_.stop();
        Q_EMIT stateChanged();
      });
}

void Trial::judge(const QString& text, const QString& second) {
  using Judged = std::vector<std::pair<int, Expected<Classification>>>;
  answering_->ask(
      [models = models_, text = text.toStdString(), second = second.toStdString()] {
        Judged all;
        for (int side = 0; side < kSides; ++side) {
          auto* model = models.at(static_cast<std::size_t>(side)).get();
          if (model != nullptr) all.emplace_back(side, model->classify(text, second));
        }
        return all;
      },
      [this](const Judged& all) {
        for (const auto& [side, result] : all) {
          if (result) {
            Q_EMIT judged(side, *result);
          } else {
            Q_EMIT refused(side, toQString(result.error().message));
          }
        }
      });
}

void Trial::stop() {
  if (box_) box_->stop();
}

void Trial::handOver() {
  if (!box_) return;
  for (const auto& [side, what] : box_->take()) {
    if (const auto* piece = std::get_if<TextPiece>(&what)) {
      Q_EMIT pieceCame(side, *piece);
    } else if (const auto& end = std::get<Expected<Completion>>(what)) {
      Q_EMIT answered(side, *end);
    } else {
      Q_EMIT refused(side, toQString(end.error().message));
    }
  }
}

}  // namespace rosa::ui
