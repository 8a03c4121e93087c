// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QPainter>
#include <QRect>
#include <QString>
#include <optional>

#include "plots/readouts.h"
#include "settings/theme.h"

/// What is painted around and over the curves. Plain functions of what is given; pixels of the canvas.
namespace rosa::ui {

void drawPlotCard(QPainter& painter, const QRect& card, const ThemeColors& colors);
/// Title and present values at the top left of a card.
void drawPlotTitle(QPainter& painter, const QRect& card, const QString& title, const QList<Readout>& values,
                   const ThemeColors& colors);
/// The names of the memory parts with their colours, right-aligned on the title's line; left out where it is too
/// narrow.
void drawMemoryLegend(QPainter& painter, const QRect& card, int taken, const ThemeColors& colors);
/// What the parts are, for those who point at their names.
[[nodiscard]] QString memoryLegendTip();
void drawEmptyText(QPainter& painter, const QRect& area, const QString& text, const ThemeColors& colors);
/// A line of one point is none: the point stands for it.
void drawLonePoint(QPainter& painter, QPointF at, const QColor& color);
void drawValidationPoint(QPainter& painter, QPointF at, const ThemeColors& colors);
/// The best of the evaluations, with its name.
void drawBestPoint(QPainter& painter, const QRect& area, QPointF at, const ThemeColors& colors);
/// A small wedge on the lower edge where a checkpoint was saved.
void drawSaveMark(QPainter& painter, const QRect& area, double x, const ThemeColors& colors);
/// A full-height line with its name where a run ended before its last step.
void drawEarlyStop(QPainter& painter, const QRect& area, double x, const ThemeColors& colors);
/// A full-height dashed line with a small diamond on its top edge.
void drawResampleMark(QPainter& painter, const QRect& area, double x, bool highlighted, const ThemeColors& colors);
void drawResampleTip(QPainter& painter, const QRect& area, double x, const ResampleMark& mark,
                     const ThemeColors& colors);
void drawCrosshair(QPainter& painter, const QRect& area, double x, const ThemeColors& colors);
/// The step under the crosshair, on a small patch below the last plot. Of `labels`, the places of the axis' own, those
/// that it would cover in part make way.
void drawStepPatch(QPainter& painter, const QRect& area, double x, const QString& text, const QList<QRect>& labels,
                   const ThemeColors& colors);

/// Height of the title's line in a card, and how far values stand in from its edge.
[[nodiscard]] int plotTitleHeight();
constexpr int kPlotInset = 16;

}  // namespace rosa::ui
