// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <vector>

#include "rosa/engine.h"

class QGridLayout;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;

namespace rosa::ui {

class ComboBox;
class Field;
class FieldRow;
class IconLabel;
class JobPool;
class LatestJob;
class SegmentedControl;
class Theme;

/// Writes a run as a merged model or, where its method and task allow it, as a PEFT adapter or a GGUF file, and shows
/// what the check of the written files found.
///
/// The export runs on a worker; the dialog stays open until it has ended, so that its result is seen.
class ExportDialog : public QDialog {
  Q_OBJECT

 public:
  /// `folder`: where the destination is proposed.
  ExportDialog(Engine& engine, JobPool& pool, const Theme& theme, const RunRecord& record,
               const std::filesystem::path& folder, QWidget* parent = nullptr);

  void reject() override;

 Q_SIGNALS:
  void exported(const rosa::ExportReport& report);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void browse();
  [[nodiscard]] ExportForm chosenForm() const;
  void showForm();
  void offerNumbers();
  void proposeDestination();
  [[nodiscard]] ExportRequest request() const;
  void askSize();
  void showSize(const Expected<ExportSize>& size);
  void start();
  void finish(const Expected<ExportReport>& report);
  void fitHeight();
  void showReport(const ExportReport& report);
  void addFact(const QString& name, const QString& value);

  Engine& engine_;
  std::filesystem::path runDirectory_;
  std::filesystem::path folder_;   ///< where the destination is proposed
  std::string name_;               ///< of the run
  QString proposed_;               ///< as destination; what is typed instead stays
  std::vector<ExportForm> forms_;  ///< that the run can be written as, in the order shown
  bool cutsRank_;                  ///< an adapter of this run can be cut to a smaller rank
  LatestJob* job_;
  LatestJob* sizeJob_;
  QLabel* intro_;
  SegmentedControl* as_;
  QLineEdit* rank_;
  Field* rankField_;
  ComboBox* numbers_;
  Field* numbersField_;
  FieldRow* formRow_;
  QLineEdit* destination_;
  Field* destinationField_;
  ComboBox* checkpoint_;
  QLabel* size_;
  QWidget* form_;
  QProgressBar* progress_;
  QLabel* state_;
  QWidget* result_;
  IconLabel* resultIcon_;
  QLabel* resultTitle_;
  QGridLayout* facts_;
  QPushButton* close_;
  QPushButton* openFolder_;
  QPushButton* export_;
  QString written_;  ///< the folder that was made, or the one with the file
};

}  // namespace rosa::ui
