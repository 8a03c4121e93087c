// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/direction_map.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <algorithm>

#include "plots/direction_rows.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {

class DirectionMap::Map : public QWidget {
 public:
  explicit Map(const Theme& theme) : theme_(theme) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setMinimumHeight(fontMetrics().height() * 3);
  }

  void setCurves(const RunCurves& curves) {
    curves_ = &curves;
    update();
  }
  void highlight(std::optional<std::int64_t> cycle) {
    highlighted_ = cycle;
    update();
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    const ThemeColors& colors = theme_.colors();
    QPainter painter(this);
    // Rows of a pixel or two come out evenly.
    painter.setRenderHint(QPainter::Antialiasing);
    if (curves_ == nullptr || curves_->resamples().empty()) {
      painter.fillRect(rect(), colors.raised);
      return;
    }
    const DirectionRows picture = directionRows(curves_->resamples(), highlighted_);
    const std::size_t rows = std::max<std::size_t>(1, picture.rows);
    const double rowHeight = static_cast<double>(height()) / static_cast<double>(rows);
    const double gap = rowHeight >= 4 ? 1 : 0;
    for (std::size_t row = 0; row < rows; ++row) {
      painter.fillRect(QRectF(0, static_cast<double>(row) * rowHeight, width(), rowHeight - gap), colors.raised);
    }
    for (const bool strong : {false, true}) {
      QColor color = colors.resample;
      color.setAlphaF(strong ? 1.0F : 0.4F);
      for (const DirectionBar& bar : picture.bars) {
        if (bar.strong != strong) continue;
        const double cell = static_cast<double>(width()) / static_cast<double>(bar.directions);
        painter.fillRect(QRectF(static_cast<double>(bar.start) * cell, static_cast<double>(bar.row) * rowHeight,
                                std::max(1.0, static_cast<double>(bar.count) * cell), rowHeight - gap),
                         color);
      }
    }
  }

 private:
  const Theme& theme_;
  const RunCurves* curves_ = nullptr;
  std::optional<std::int64_t> highlighted_;
};

DirectionMap::DirectionMap(const Theme& theme, QWidget* parent)
    : Card(tr("Directions trained"), parent),
      theme_(theme),
      share_(makeLabel({}, TextSize::Body, Tone::Normal, QFont::DemiBold)),
      map_(new Map(theme)) {
  header()->addWidget(share_, 0, Qt::AlignBaseline);
  body()->addWidget(map_, 1);
  auto* ends = new QHBoxLayout;
  ends->addWidget(makeLabel(tr("largest"), TextSize::Small, Tone::Muted));
  ends->addStretch();
  ends->addWidget(makeLabel(tr("smallest singular value"), TextSize::Small, Tone::Muted));
  body()->addLayout(ends);
  setToolTip(tr("One row a layer. Strong: the directions that train now. Faint: those trained before."));
}

void DirectionMap::setCurves(const RunCurves& curves) {
  const auto& resamples = curves.resamples();
  share_->setText(resamples.empty() ? QString() : formatShare(resamples.back().event.coverage));
  map_->setCurves(curves);
}

void DirectionMap::highlight(std::optional<std::int64_t> cycle) {
  map_->highlight(cycle);
}

}  // namespace rosa::ui
