// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/runs_delegate.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "models/runs_model.h"
#include "settings/fonts.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr int kBox = 15;

const RunRecord& recordAt(const QModelIndex& index) {
  return *static_cast<const RunRecord*>(index.data(RunsModel::RecordRole).value<const void*>());
}

bool isChecked(const QModelIndex& index) {
  return index.siblingAtColumn(RunsModel::Name).data(Qt::CheckStateRole).toInt() == Qt::Checked;
}

QRect boxRect(const QRect& cell) {
  return {cell.left() + RunsDelegate::kPadding, cell.center().y() - kBox / 2, kBox, kBox};
}

QColor ThemeColors::*stateColor(const RunRecord& record, bool paused) {
  if (paused) return &ThemeColors::warn;
  if (record.status == "running") return &ThemeColors::accent;
  if (record.status == "completed") return &ThemeColors::good;
  if (record.status == "failed") return &ThemeColors::bad;
  if (record.status == "interrupted") return &ThemeColors::warn;
  return &ThemeColors::muted;
}

}  // namespace

RunsDelegate::RunsDelegate(const RunsModel& model, const Theme& theme, QObject* parent)
    : QStyledItemDelegate(parent), model_(model), theme_(theme) {}

QSize RunsDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const QFontMetrics metrics(textFont(TextSize::Body));
  return {numberWidth(metrics, index.data().toString()) + 2 * kPadding, option.fontMetrics.height() + 16};
}

void RunsDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const ThemeColors& colors = theme_.colors();
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  if ((option.state & QStyle::State_Selected) || index.row() == hoveredRow_) {
    painter->fillRect(option.rect, colors.raised);
  }
  if ((option.state & QStyle::State_Selected) && index.column() == RunsModel::Name) {
    painter->fillRect(QRect(option.rect.left(), option.rect.top(), 3, option.rect.height()), colors.accent);
  }
  painter->setFont(textFont(TextSize::Body));
  painter->setPen(colors.text);
  const QRect cell = option.rect.adjusted(kPadding, 0, -kPadding, 0);
  switch (index.column()) {
    case RunsModel::Name:
      paintName(*painter, option, index);
      break;
    case RunsModel::Rank:
    case RunsModel::Metric:
    case RunsModel::Memory:
    case RunsModel::Disk:
    case RunsModel::Time:
      paintNumber(*painter, cell, index, colors);
      break;
    case RunsModel::Loss:
      paintSparkline(*painter, cell, index);
      break;
    case RunsModel::State:
      paintState(*painter, cell, index);
      break;
    default:
      painter->drawText(cell, Qt::AlignVCenter | Qt::AlignLeft,
                        painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideRight, cell.width()));
  }
  painter->restore();
}

void RunsDelegate::paintName(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const ThemeColors& colors = theme_.colors();
  const QRectF box = QRectF(boxRect(option.rect)).adjusted(0.5, 0.5, -0.5, -0.5);
  if (isChecked(index)) {
    const RunLook look = model_.look(recordAt(index));
    const QColor color = colors.runs[look.color];
    painter.setPen(color);
    painter.setBrush(color);
    painter.drawRoundedRect(box, 3, 3);
    // The eight colours come round again with dashes: a gap in the box says so.
    if (look.dashed)
      painter.fillRect(QRectF(box.center().x() - 1.5, box.top() - 1, 3, box.height() + 2), colors.surface);
  } else {
    painter.setPen(option.state & QStyle::State_MouseOver ? colors.muted : colors.border);
    painter.setBrush(colors.surface);
    painter.drawRoundedRect(box, 3, 3);
  }
  painter.setBrush(Qt::NoBrush);
  painter.setPen(colors.text);
  painter.setFont(textFont(TextSize::Body, QFont::Medium));
  const QRect name = option.rect.adjusted(2 * kPadding + kBox + 4, 0, -kPadding, 0);
  const QString text = painter.fontMetrics().elidedText(index.data().toString(), Qt::ElideRight, name.width());
  painter.drawText(name, Qt::AlignVCenter | Qt::AlignLeft, text);
  paintTags(painter, name.adjusted(painter.fontMetrics().horizontalAdvance(text) + kPadding, 0, 0, 0),
            recordAt(index).notes.tags);
}

void RunsDelegate::paintTags(QPainter& painter, const QRect& rect, const std::vector<std::string>& tags) const {
  painter.setFont(textFont(TextSize::Small));
  const QFontMetrics metrics = painter.fontMetrics();
  const QColor ground = theme_.colors().raised;
  int left = rect.left();
  for (const std::string& tag : tags) {
    // A tag that has no room is told by the tool tip.
    const QString word = toQString(tag);
    const QRect box(left, rect.center().y() - metrics.height() / 2 - 1, metrics.horizontalAdvance(word) + 10,
                    metrics.height() + 2);
    if (box.right() > rect.right()) return;
    painter.setPen(theme_.colors().border);
    painter.setBrush(ground);
    painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    painter.setPen(theme_.colors().muted);
    painter.drawText(box, Qt::AlignCenter, word);
    left = box.right() + 5;
  }
}

void RunsDelegate::paintNumber(QPainter& painter, const QRect& rect, const QModelIndex& index,
                               const ThemeColors& colors) {
  // "0.42 GiB": the unit is muted and as wide in every row of the column, so that the numbers stand in one line.
  const QString text = index.data().toString();
  const bool bytes = index.column() == RunsModel::Memory || index.column() == RunsModel::Disk;
  const bool hasUnit = index.column() == RunsModel::Metric || bytes;
  if (!hasUnit) {
    drawNumber(painter, rect, Qt::AlignRight | Qt::AlignVCenter, text);
    return;
  }
  const QString widestUnit = bytes ? QStringLiteral("MiB") : QStringLiteral("perplexity");
  const int unitWidth = painter.fontMetrics().horizontalAdvance(widestUnit);
  const qsizetype space = text.indexOf(QLatin1Char(' '));
  if (space < 0) return;
  drawNumber(painter, rect.adjusted(0, 0, -unitWidth - 4, 0), Qt::AlignRight | Qt::AlignVCenter, text.left(space));
  painter.setPen(colors.muted);
  painter.drawText(QRect(rect.right() - unitWidth + 1, rect.top(), unitWidth, rect.height()),
                   Qt::AlignLeft | Qt::AlignVCenter, text.mid(space + 1));
}

void RunsDelegate::paintSparkline(QPainter& painter, const QRect& rect, const QModelIndex& index) const {
  const RunRecord& record = recordAt(index);
  std::vector<float> points;
  std::copy_if(record.sparkline.begin(), record.sparkline.end(), std::back_inserter(points),
               [](float loss) { return std::isfinite(loss); });
  if (points.size() < 2) return;
  const auto [low, high] = std::minmax_element(points.begin(), points.end());
  const QRectF area = QRectF(rect).adjusted(0, 9, 0, -9);
  const double range = std::max(1e-6, static_cast<double>(*high - *low));
  QPolygonF line;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double x = area.left() + area.width() * static_cast<double>(i) / static_cast<double>(points.size() - 1);
    line << QPointF(x, area.bottom() - area.height() * static_cast<double>(points[i] - *low) / range);
  }
  const ThemeColors& colors = theme_.colors();
  QPen pen(colors.muted, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
  if (isChecked(index)) {
    const RunLook look = model_.look(record);
    pen.setColor(colors.runs[look.color]);
    if (look.dashed) pen.setStyle(Qt::DashLine);
  }
  painter.setPen(pen);
  painter.drawPolyline(line);
}

void RunsDelegate::paintState(QPainter& painter, const QRect& rect, const QModelIndex& index) const {
  constexpr int kDot = 8;
  const RunRecord& record = recordAt(index);
  painter.setPen(Qt::NoPen);
  painter.setBrush(theme_.colors().*stateColor(record, model_.isPaused(record) && record.status == "running"));
  painter.drawEllipse(QRectF(rect.left(), rect.center().y() - kDot / 2.0 + 0.5, kDot, kDot));
  painter.setPen(theme_.colors().text);
  const QRect word = rect.adjusted(kDot + 6, 0, 0, 0);
  painter.drawText(word, Qt::AlignVCenter | Qt::AlignLeft,
                   painter.fontMetrics().elidedText(index.data().toString(), Qt::ElideRight, word.width()));
}

void RunsDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                                        const QModelIndex& /*index*/) const {
  editor->setGeometry(option.rect.adjusted(kPadding + kBox + 4, 3, 0, -3));
}

bool RunsDelegate::editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                               const QModelIndex& index) {
  bool toggle = false;
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    toggle = key == Qt::Key_Space || key == Qt::Key_Select;
  } else if (event->type() == QEvent::MouseButtonRelease && index.column() == RunsModel::Name) {
    const auto* mouse = static_cast<QMouseEvent*>(event);
    toggle = mouse->button() == Qt::LeftButton && boxRect(option.rect).adjusted(-6, -8, 6, 8).contains(mouse->pos());
  }
  if (!toggle) return false;
  return model->setData(index.siblingAtColumn(RunsModel::Name), isChecked(index) ? Qt::Unchecked : Qt::Checked,
                        Qt::CheckStateRole);
}

}  // namespace rosa::ui
