// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/memory_bar.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <array>

#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

struct Part {
  const char* name;
  std::int64_t MemoryParts::*bytes;
  QColor ThemeColors::*color;
};

constexpr std::array kParts = {
    Part{QT_TRANSLATE_NOOP("QObject", "weights"), &MemoryParts::weightsBytes, &ThemeColors::memoryWeights},
    Part{QT_TRANSLATE_NOOP("QObject", "trained"), &MemoryParts::trainableBytes, &ThemeColors::memoryTrainable},
    Part{QT_TRANSLATE_NOOP("QObject", "moments"), &MemoryParts::momentsBytes, &ThemeColors::memoryMoments},
    Part{QT_TRANSLATE_NOOP("QObject", "activations"), &MemoryParts::activationsBytes, &ThemeColors::memoryActivations},
    Part{QT_TRANSLATE_NOOP("QObject", "other"), &MemoryParts::otherBytes, &ThemeColors::memoryOther},
};

class Swatch : public QWidget {
 public:
  Swatch(const Theme& theme, QColor ThemeColors::*color) : theme_(theme), color_(color) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  }
  [[nodiscard]] QSize sizeHint() const override { return {10, 10}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme_.colors().*color_);
    painter.drawRoundedRect(rect(), 2, 2);
  }

 private:
  const Theme& theme_;
  QColor ThemeColors::*color_;
};

}  // namespace

/// The parts side by side as shares of the limit; where they are more than that, over the whole width with a line that
/// marks it.
class MemoryBar::Bar : public QWidget {
 public:
  explicit Bar(const Theme& theme) : theme_(theme) { setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed); }

  void setMemory(const MemoryParts& parts, std::int64_t limitBytes) {
    parts_ = parts;
    limitBytes_ = limitBytes;
    update();
  }
  [[nodiscard]] QSize sizeHint() const override { return {100, 18}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    const ThemeColors& colors = theme_.colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath outline;
    outline.addRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    painter.fillPath(outline, colors.raised);
    const auto total = static_cast<double>(parts_.totalBytes());
    if (total > 0) {
      painter.setClipPath(outline);
      const double whole = std::max(total, static_cast<double>(limitBytes_));
      double x = 0;
      for (const Part& part : kParts) {
        const double partWidth = width() * static_cast<double>(parts_.*part.bytes) / whole;
        painter.fillRect(QRectF(x, 0, partWidth, height()), colors.*part.color);
        x += partWidth;
      }
      if (limitBytes_ > 0 && total > static_cast<double>(limitBytes_)) {
        const double limit = width() * static_cast<double>(limitBytes_) / total;
        painter.fillRect(QRectF(limit - 1, 0, 3, height()), colors.bad);
      }
      painter.setClipping(false);
    }
    painter.setPen(colors.border);
    painter.drawPath(outline);
  }

 private:
  const Theme& theme_;
  MemoryParts parts_;
  std::int64_t limitBytes_ = 0;
};

MemoryBar::MemoryBar(const Theme& theme, QWidget* parent)
    : QWidget(parent), total_(new NumberLabel), bar_(new Bar(theme)) {
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(8);
  grid->setVerticalSpacing(6);
  grid->setColumnStretch(1, 1);
  auto* heading = new QHBoxLayout;  // of its own, so that the long total does not widen the column of values
  heading->addWidget(makeLabel(tr("Memory"), TextSize::Body, Tone::Normal, QFont::Medium));
  heading->addStretch();
  heading->addWidget(total_);
  grid->addLayout(heading, 0, 0, 1, 3);
  grid->addWidget(bar_, 1, 0, 1, 3);
  total_->setFont(textFont(TextSize::Small));
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    const int row = static_cast<int>(i) + 2;
    grid->addWidget(new Swatch(theme, kParts.at(i).color), row, 0, Qt::AlignVCenter);
    grid->addWidget(makeLabel(tr(kParts.at(i).name), TextSize::Small), row, 1);
    values_.append(new NumberLabel);
    values_.back()->setFont(textFont(TextSize::Small));
    setTone(*values_.back(), Tone::Muted);
    grid->addWidget(values_.back(), row, 2);
  }
  setMemory({}, 0);
}

void MemoryBar::setMemory(const MemoryParts& parts, std::int64_t limitBytes) {
  bar_->setMemory(parts, limitBytes);
  const std::int64_t total = parts.totalBytes();
  const bool over = limitBytes > 0 && total > limitBytes;
  if (total == 0) {
    total_->setText(tr("not known yet"));
  } else {
    total_->setText(limitBytes > 0 ? tr("%1 of %2").arg(formatBytes(total), formatBytes(limitBytes))
                                   : formatBytes(total));
  }
  setTone(*total_, over ? Tone::Bad : Tone::Muted);
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    values_[static_cast<qsizetype>(i)]->setText(total == 0 ? QString() : formatBytes(parts.*kParts.at(i).bytes));
  }
  setAccessibleName(tr("Memory"));
  setAccessibleDescription(total_->text());
}

}  // namespace rosa::ui
