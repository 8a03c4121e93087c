// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "rosa/config.h"
#include "rosa/estimate.h"
#include "widgets/card.h"

class QLabel;
class QPushButton;

namespace rosa::ui {

class AdvancedForm;
class ConfigDraft;
class ElidedLabel;
class Field;
class FieldRow;
class ComboBox;
class SegmentedControl;
class UsualValues;

/// Step 3: how the model is adapted and trained, with what that comes to in one line below.
class MethodCard : public Card {
  Q_OBJECT

 public:
  MethodCard(ConfigDraft& draft, UsualValues& usual, QWidget* parent = nullptr);

  /// The engine's plan for the present settings.
  void setPlan(const RunPlan& plan);
  /// The file that is validated on, whatever share is to be held out; empty if there is none.
  void setValidationFile(const QString& name);
  /// Opens the settings behind Advanced.
  void showAdvanced();

 private:
  void showMethod();
  void showNumbers();
  void showHelp();
  /// Whether the last plan's numbers may stand until the next one's, which is on its way: those of another model, other
  /// data or another method would mislead.
  [[nodiscard]] bool planStands() const;
  [[nodiscard]] QString numbers() const;
  [[nodiscard]] QString rankHelp() const;
  [[nodiscard]] QString resampleHelp() const;

  ConfigDraft& draft_;
  SegmentedControl* method_;
  ComboBox* rival_;  ///< which of the less used methods; shown while one of them is chosen
  QLabel* description_;
  FieldRow* methodRow_;
  Field* rank_;
  Field* resample_;
  Field* alpha_;
  Field* layers_;
  Field* virtualTokens_;
  Field* lr_;
  Field* duration_;
  Field* batch_;
  Field* length_;
  QPushButton* advancedButton_;
  AdvancedForm* advanced_;
  QLabel* summary_;
  RunPlan plan_;
  RunConfig planned_;  ///< the settings `plan_` was made for
};

}  // namespace rosa::ui
