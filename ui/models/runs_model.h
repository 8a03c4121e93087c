// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QColor>
#include <QSet>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rosa/catalogue.h"

namespace rosa::ui {

class Preferences;

/// How a run is drawn in a comparison. From the ninth run on the eight colours come back with dashes.
struct RunLook {
  int color = 0;  ///< index into ThemeColors::runs
  bool dashed = false;
};

/// The catalogue's runs as a table, with a check mark on those that are compared.
///
/// Plain records in, nothing is read from disk here. GUI thread only.
class RunsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Name, Date, Model, Data, Method, Rank, Metric, Memory, Disk, Time, Loss, State, kColumns };
  enum Role {
    RecordRole = Qt::UserRole  ///< const RunRecord*, valid until the next change of the model
  };

  explicit RunsModel(Preferences& preferences, QObject* parent = nullptr);

  /// The catalogue's list anew. Runs are known by their folder: marks stay, rows that stay are updated in place.
  void setRecords(std::vector<RunRecord> records);
  [[nodiscard]] const std::vector<RunRecord>& records() const { return records_; }
  [[nodiscard]] const RunRecord& record(int row) const { return records_[static_cast<std::size_t>(row)]; }

  /// The folder of the window's own run while it is paused, which the catalogue does not know; empty = none.
  void setPaused(const std::filesystem::path& directory);
  [[nodiscard]] bool isPaused(const RunRecord& record) const;

  /// Everything a search looks at, case folded; made once for as long as the records stay.
  [[nodiscard]] const std::string& searchTextOf(int row) const;
  /// Whether a run stands before another one in a list that grows by a column.
  [[nodiscard]] bool before(int row, int other, int column) const;

  /// Marks runs, or takes their marks away.
  void setChecked(const std::vector<int>& rows, bool on);
  /// The runs with a check mark, in the table's order.
  [[nodiscard]] std::vector<RunRecord> checked() const;
  [[nodiscard]] RunLook look(const RunRecord& record) const;

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 Q_SIGNALS:
  void checkedChanged();
  /// A person typed another name; the record keeps its own until the catalogue is read anew.
  void nameEdited(const rosa::RunRecord& record, const QString& name);

 private:
  [[nodiscard]] bool isChecked(const RunRecord& record) const;
  [[nodiscard]] std::optional<double> sortNumber(const RunRecord& record, int column) const;

  Preferences& preferences_;
  std::vector<RunRecord> records_;
  QSet<QString> checked_;  ///< by folder
  std::filesystem::path paused_;
  mutable std::vector<std::string> searchTexts_;  ///< empty until they are asked for
};

/// The figure a run is judged by: the first one the engine lists after the loss, else the loss.
[[nodiscard]] std::optional<std::pair<QString, double>> mainMetric(const RunRecord& record);
/// "Dev F1" reads as "F1", "matthews" as "Matthews".
[[nodiscard]] QString metricName(const std::string& name);
/// The run's state in a word for people; `paused`: it is the window's own run, which rests.
[[nodiscard]] QString statusWord(const RunRecord& record, bool paused = false);

}  // namespace rosa::ui
