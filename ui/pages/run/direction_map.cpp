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

  /// Draws nothing anew unless something was drawn from the weights since.
  void setMarks(const ResampleMarks& marks) {
    if (marks_ == &marks && generation_ == marks.generation()) return;
    marks_ = &marks;
    generation_ = marks.generation();
    findBars();
  }
  void clear() {
    marks_ = nullptr;
    generation_ = -1;
    findBars();
  }
  void highlight(std::optional<std::int64_t> cycle) {
    if (highlighted_ == cycle) return;
    highlighted_ = cycle;
    findBars();
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    const ThemeColors& colors = theme_.colors();
    QPainter painter(this);
    // Rows of a pixel or two come out evenly.
    painter.setRenderHint(QPainter::Antialiasing);
    if (picture_.rows == 0) {
      painter.fillRect(rect(), colors.raised);
      return;
    }
    const std::size_t rows = picture_.rows;
    const double rowHeight = static_cast<double>(height()) / static_cast<double>(rows);
    const double gap = rowHeight >= 4 ? 1 : 0;
    for (std::size_t row = 0; row < rows; ++row) {
      painter.fillRect(QRectF(0, static_cast<double>(row) * rowHeight, width(), rowHeight - gap), colors.raised);
    }
    for (const bool strong : {false, true}) {
      QColor color = colors.resample;
      color.setAlphaF(strong ? 1.0F : 0.4F);
      for (const DirectionBar& bar : picture_.bars) {
        if (bar.strong != strong) continue;
        const double cell = static_cast<double>(width()) / static_cast<double>(bar.directions);
        painter.fillRect(QRectF(static_cast<double>(bar.start) * cell, static_cast<double>(bar.row) * rowHeight,
                                std::max(1.0, static_cast<double>(bar.count) * cell), rowHeight - gap),
                         color);
      }
    }
  }

 private:
  void findBars() {
    const ResampleMark* mark = nullptr;
    if (marks_ != nullptr && highlighted_) {
      for (const ResampleMark& one : marks_->marks()) {
        if (one.event.cycle == *highlighted_) mark = &one;
      }
    }
    picture_ = marks_ != nullptr ? directionRows(marks_->directions(), mark) : DirectionRows();
    update();
  }

  const Theme& theme_;
  const ResampleMarks* marks_ = nullptr;
  std::int64_t generation_ = -1;
  DirectionRows picture_;
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
  setToolTip(
      tr("One row for each layer, its singular directions from the largest on the left to the smallest. Strong: those "
         "that train now. Faint: those trained before. The figure is the share of all of them."));
}

void DirectionMap::setCurves(const RunCurves& curves) {
  const auto& resamples = curves.resamples();
  share_->setText(resamples.empty() ? QString() : formatShare(resamples.back().event.coverage));
  map_->setMarks(curves.marks());
}

void DirectionMap::clear() {
  map_->clear();
}

void DirectionMap::highlight(std::optional<std::int64_t> cycle) {
  map_->highlight(cycle);
}

}  // namespace rosa::ui
