// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QList>
#include <QObject>

class QApplication;
class QPalette;

/// The window's two looks, light and dark.
///
/// Made once by main and passed by reference to whatever draws; GUI thread only. Widgets follow the application's
/// palette by themselves; whoever paints by hand (plots, icons, delegates) reads `colors()` again on `changed`.
namespace rosa::ui {

/// The colour tokens. Their values for both looks stand in palette.cpp.
struct ThemeColors {
  QColor window, surface, raised, border;
  QColor text, muted, accent;
  QColor good, warn, bad;
  QColor train, validation, rate, gradient;
  QColor memoryWeights, memoryTrainable, memoryMoments, memoryActivations, memoryOther;
  QColor resample;     ///< the mark of a resample, used for nothing else
  QList<QColor> runs;  ///< eight, told apart by colour-blind eyes, for comparing runs
};

class Theme : public QObject {
  Q_OBJECT

 public:
  enum class Mode { System, Light, Dark };

  /// Follows the desktop (`Mode::System`) until told otherwise.
  explicit Theme(QObject* parent = nullptr);

  [[nodiscard]] const ThemeColors& colors() const { return colors_; }
  [[nodiscard]] bool dark() const { return dark_; }
  [[nodiscard]] Mode mode() const { return mode_; }
  void setMode(Mode mode);

  /// Sets style, palette and font of `application` now and on every change.
  void applyTo(QApplication& application);

 Q_SIGNALS:
  void changed();

 private:
  void update();
  [[nodiscard]] QPalette palette() const;

  Mode mode_ = Mode::System;
  bool systemDark_ = false;  ///< what the desktop's own palette looked like before ours replaced it
  bool dark_ = false;
  ThemeColors colors_;
  QApplication* application_ = nullptr;
};

}  // namespace rosa::ui
