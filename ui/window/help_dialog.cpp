// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/help_dialog.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include "widgets/buttons.h"
#include "widgets/labels.h"

namespace rosa::ui {

HelpDialog::HelpDialog(QWidget* parent) : QDialog(parent) {
  setWindowTitle(tr("Help"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 24, 24, 24);
  column->setSpacing(16);
  QLabel* intro = makeLabel(
      tr("Choose a model and data in Configure and press Start. Run shows the loss as it falls; a dashed line marks "
         "each resample, where the trained slice is merged and a new one is drawn. Export writes one plain model "
         "folder that other tools load."));
  intro->setWordWrap(true);
  column->addWidget(intro);

  auto* grid = new QGridLayout;
  grid->setHorizontalSpacing(24);
  grid->setVerticalSpacing(6);
  grid->setColumnStretch(1, 1);
  const QList<QPair<QString, QString>> keys = {
      {tr("Ctrl+1, 2, 3"), tr("Configure, Run, History")},
      {tr("Ctrl+Return"), tr("Start")},
      {tr("Ctrl+P"), tr("Pause or resume")},
      {tr("Ctrl+S"), tr("Save a checkpoint now")},
      {tr("Wheel, drag"), tr("Zoom and move the plots")},
      {tr("Double click"), tr("Show the whole run again")},
      {tr("F1"), tr("This page")},
  };
  int row = 0;
  for (const auto& [key, action] : keys) {
    grid->addWidget(makeLabel(key, TextSize::Body, Tone::Muted), row, 0);
    grid->addWidget(makeLabel(action), row++, 1);
  }
  column->addLayout(grid);

  auto* buttons = new QHBoxLayout;
  buttons->addStretch();
  QPushButton* close = makeButton(tr("Close"));
  buttons->addWidget(close);
  column->addLayout(buttons);
  connect(close, &QPushButton::clicked, this, &QDialog::accept);
  resize(fontMetrics().averageCharWidth() * 72, sizeHint().height());
}

}  // namespace rosa::ui
