// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QTemporaryDir>
#include <QWidget>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

namespace rosa::studio {
class Application;
}  // namespace rosa::studio

namespace rosa::test {

/// The real program with the real engine, worked as a person works it: by what is written on its controls, by mouse and
/// keys. Waits run the window's event loop. Everything gives false where the window did not do it in time.
class StudioDriver {
 public:
  static constexpr std::chrono::seconds kPatience{360};  ///< a machine may do other things too

  /// `home`: where runs, exports and settings of this window go.
  explicit StudioDriver(const std::filesystem::path& home);
  ~StudioDriver();
  StudioDriver(const StudioDriver&) = delete;
  StudioDriver& operator=(const StudioDriver&) = delete;

  [[nodiscard]] QWidget& window() const { return *window_; }

  [[nodiscard]] bool waitFor(const std::function<bool()>& condition, std::chrono::milliseconds limit = kPatience);
  /// Whether a label of the window, or of the dialog in front of it, shows this.
  [[nodiscard]] bool shows(const QString& text) const;
  /// Clicks the button with this text, object name or accessible name as soon as it can be clicked.
  [[nodiscard]] bool press(const QString& button);
  /// Types into the edit with this name, over what it held.
  [[nodiscard]] bool write(const QString& edit, const QString& text);
  /// Types a path into the combo box with this name and confirms it with Return.
  [[nodiscard]] bool writePath(const QString& combo, const QString& path);
  /// Moves the choice of a combo box by its keys until it shows `text`.
  [[nodiscard]] bool choose(const QString& combo, const QString& text);
  /// The state of the run on show: "training", "paused", "done", ...
  [[nodiscard]] bool runIs(const QString& state) const;
  /// Steps done, as the Run page tells.
  [[nodiscard]] int step() const;
  /// How many draws of directions the Run page lists, the first one included.
  [[nodiscard]] int draws() const;
  /// All that the model has written so far, as shown.
  [[nodiscard]] QString samples() const;
  /// On the Try page: writes this and sends it; true once the models have answered.
  [[nodiscard]] bool ask(const QString& text);
  /// What the model of this side ("Tuned", "Base") was asked and has answered, as shown.
  [[nodiscard]] QString answers(const QString& side) const;
  /// "Light" or "Dark", in Settings; comes back to `place`.
  [[nodiscard]] bool setLook(const QString& look, const QString& place);
  /// Presses `opener` and acts in the dialog it opens, until that is closed.
  [[nodiscard]] bool inDialog(const QString& opener, const std::function<void(QWidget& dialog)>& act);
  /// The page `place` as `<name>-light.png` and `<name>-dark.png` in $ROSA_SCREENSHOTS.
  [[nodiscard]] bool picture(const QString& name, const QString& place);

 private:
  [[nodiscard]] QWidget& front() const;

  std::unique_ptr<studio::Application> application_;
  QWidget* window_ = nullptr;
};

}  // namespace rosa::test
