// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/help_dialog.h"

#include <QCoreApplication>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include "widgets/buttons.h"
#include "widgets/labels.h"

namespace rosa::ui {

HelpDialog::HelpDialog(QWidget* parent) : QDialog(parent) {
  setWindowTitle(tr("Help and about"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 24, 24, 24);
  column->setSpacing(16);
  QLabel* intro = makeLabel(
      tr("In Configure, choose a model and your data, and press Start. Run draws the loss as it falls. A dashed line "
         "marks each resample: the slice of the weights that was trained is merged into them, and another slice is "
         "trained next. When a run has ended, Export writes the model as one plain folder that other tools can load. "
         "History keeps every run: open it, continue it, or tick several to compare them. Try "
         "asks a run, or any model, with its base model beside it."));
  intro->setWordWrap(true);
  column->addWidget(intro);

  auto* grid = new QGridLayout;
  grid->setHorizontalSpacing(24);
  grid->setVerticalSpacing(6);
  grid->setColumnStretch(1, 1);
  const QList<QPair<QString, QString>> keys = {
      {tr("Ctrl+1, 2, 3, 4"), tr("Configure, Run, History, Try")},
      {tr("Ctrl+Return"), tr("Start; in Try: send")},
      {tr("Esc, Ctrl+R"), tr("In Try: stop the answer, regenerate it")},
      {tr("Ctrl+P"), tr("Pause or resume")},
      {tr("Ctrl+S"), tr("Save a checkpoint now")},
      {tr("Alt+Left, Right"), tr("In the tokens of the data: the row before or after")},
      {tr("Wheel, drag"), tr("Zoom the plots and move along the run")},
      {tr("Double click"), tr("Show the whole run again")},
      {tr("Space"), tr("In History: tick the run to compare it")},
      {tr("F1"), tr("This help")},
  };
  int row = 0;
  for (const auto& [key, action] : keys) {
    grid->addWidget(makeLabel(key, TextSize::Body, Tone::Muted), row, 0);
    grid->addWidget(makeLabel(action), row++, 1);
  }
  column->addLayout(grid);

  auto* buttons = new QHBoxLayout;
  const QString version = QCoreApplication::applicationVersion();
  buttons->addWidget(makeLabel(tr("ROSA Studio%1 · free software under the GNU GPL, version 3 or later")
                                   .arg(version.isEmpty() ? QString() : QLatin1Char(' ') + version),
                               TextSize::Small, Tone::Muted));
  buttons->addStretch();
  QPushButton* close = makeButton(tr("Close"));
  buttons->addWidget(close);
  column->addLayout(buttons);
  connect(close, &QPushButton::clicked, this, &QDialog::accept);
  // The text wraps at this width: as high as it then is.
  const int wide = fontMetrics().averageCharWidth() * 72;
  resize(wide, column->totalHeightForWidth(wide));
}

}  // namespace rosa::ui
