// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/token_legend.h"

#include <QHBoxLayout>
#include <QPainter>
#include <utility>

#include "pages/configure/token_flow.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

/// A token as the flow draws it.
class Swatch : public QWidget {
 public:
  Swatch(const Theme& theme, ShownToken sample) : theme_(theme), sample_(std::move(sample)) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
  }
  [[nodiscard]] QSize sizeHint() const override { return {fontMetrics().height(), fontMetrics().height()}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    TokenFlow::drawToken(painter, rect(), sample_, theme_.colors());
  }

 private:
  const Theme& theme_;
  ShownToken sample_;
};

ShownToken sampleOf(TokenRole role, bool endsTurn = false) {
  ShownToken token;
  token.role = role;
  token.endsTurn = endsTurn;
  return token;
}

}  // namespace

TokenLegend::TokenLegend(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      line_(new QHBoxLayout(this)),
      counts_(add(theme, sampleOf(TokenRole::Counts))),
      ends_(add(theme, sampleOf(TokenRole::Counts, true))),
      cut_(add(theme, sampleOf(TokenRole::Cut))),
      read_(add(theme, sampleOf(TokenRole::Read))) {
  line_->setContentsMargins(0, 0, 0, 0);
  line_->setSpacing(6);
  line_->addStretch();
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

ElidedLabel* TokenLegend::add(const Theme& theme, const ShownToken& sample) {
  auto* label = new ElidedLabel;
  label->setFont(textFont(TextSize::Small));
  setTone(*label, Tone::Muted);
  if (line_->count() > 0) line_->addSpacing(10);
  line_->addWidget(new Swatch(theme, sample));
  line_->addWidget(label);
  return label;
}

void TokenLegend::setRow(const PreviewRow& row) {
  const auto all = static_cast<std::int64_t>(row.tokens.size());
  counts_->setText(row.targets == 1 ? tr("1 token counts") : tr("%1 tokens count").arg(formatCount(row.targets)));
  ends_->setText(row.endedTurns == 1 ? tr("1 ends a turn") : tr("%1 end a turn").arg(formatCount(row.endedTurns)));
  QString cut = tr("%1 cut off").arg(formatCount(row.lostTokens));
  if (row.lostTargets > 0) cut += tr(" (%1 would count)").arg(formatCount(row.lostTargets));
  cut_->setText(cut);
  read_->setText(tr("%1 only read").arg(formatCount(all - row.targets - row.lostTokens)));
}

}  // namespace rosa::ui
