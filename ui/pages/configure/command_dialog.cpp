// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/command_dialog.h"

#include <QClipboard>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>

#include "widgets/buttons.h"
#include "widgets/labels.h"

namespace rosa::ui {

CommandDialog::CommandDialog(const QString& command, QWidget* parent) : QDialog(parent) {
  setWindowTitle(tr("Command"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 24, 24, 24);
  column->setSpacing(12);
  column->addWidget(makeLabel(tr("The same run from a terminal, on this machine or another"), TextSize::Body));

  auto* text = new QPlainTextEdit(command);
  text->setReadOnly(true);
  text->setAccessibleName(tr("Command"));
  QFont mono = QFontDatabase::systemFont(QFontDatabase::FixedFont);
  mono.setPixelSize(text->font().pixelSize());
  text->setFont(mono);
  column->addWidget(text, 1);

  auto* buttons = new QHBoxLayout;
  buttons->addStretch();
  QPushButton* close = makeButton(tr("Close"));
  QPushButton* copy = makePrimaryButton(tr("Copy"));
  buttons->addWidget(close);
  buttons->addWidget(copy);
  column->addLayout(buttons);
  connect(close, &QPushButton::clicked, this, &QDialog::accept);
  connect(copy, &QPushButton::clicked, this, [this, command] {
    QGuiApplication::clipboard()->setText(command);
    accept();
  });
  copy->setDefault(true);
  const int width = fontMetrics().averageCharWidth();
  resize(width * 90, fontMetrics().height() * 16);
}

}  // namespace rosa::ui
