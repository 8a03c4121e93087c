// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <QTimer>
#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include "rosa/engine.h"

namespace rosa::ui {

class JobPool;
class LatestJob;
class PieceBox;

/// The models that are tried: opened once, asked many times, first the one and then its base.
///
/// GUI thread only, and never blocks it: reading and answering happen on the pool, pieces are handed over 30 times a
/// second. Engine and pool must outlive it.
class Trial : public QObject {
  Q_OBJECT

 public:
  enum Side { Tuned, Base };
  static constexpr int kSides = 2;

  struct Source {
    std::filesystem::path path;  ///< of a run, a model, or a GGUF file
    std::string checkpoint = "last";
    bool withBase = false;  ///< the model that the run began with beside it
    int threads = 0;
  };

  Trial(Engine& engine, JobPool& pool, QObject* parent = nullptr);
  ~Trial() override;

  /// Lets go of what is open. An empty path opens nothing.
  void open(const Source& source);
  /// Null where no model is open.
  [[nodiscard]] const ModelFacts* facts(Side side) const;

  /// Each open side answers its own request.
  void ask(std::array<CompletionRequest, kSides> requests);
  void judge(const QString& text, const QString& second);
  /// The answer that is being written ends here.
  void stop();
  [[nodiscard]] bool opening() const;
  [[nodiscard]] bool answering() const;

 Q_SIGNALS:
  /// What is open, or why a side is not; empty = all is well.
  void opened(const QString& tunedProblem, const QString& baseProblem);
  void pieceCame(int side, const rosa::TextPiece& piece);
  void answered(int side, const rosa::Completion& completion);
  void judged(int side, const rosa::Classification& classification);
  void refused(int side, const QString& sentence);
  /// It began or ended to open, or to answer.
  void stateChanged();

 private:
  using Models = std::array<std::shared_ptr<LoadedModel>, kSides>;

  void handOver();

  Engine& engine_;
  LatestJob* opening_;
  LatestJob* answering_;
  QTimer timer_;
  Models models_;
  std::shared_ptr<PieceBox> box_;  ///< of the answer that is being written
};

}  // namespace rosa::ui
