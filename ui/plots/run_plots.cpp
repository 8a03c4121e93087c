// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/run_plots.h"

#include <QBuffer>
#include <QHBoxLayout>
#include <QImage>
#include <QMenu>
#include <QPushButton>
#include <QSvgGenerator>
#include <QVBoxLayout>
#include <array>

#include "plots/plot_canvas.h"
#include "plots/plot_overlay.h"
#include "widgets/buttons.h"
#include "widgets/combo_box.h"

namespace rosa::ui {
namespace {

constexpr std::array kSmoothings = {0.0, 0.6, 0.9, 0.97};

}  // namespace

RunPlots::RunPlots(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      canvas_(new PlotCanvas(theme)),
      controls_(new QWidget(this)),
      smoothing_(new ComboBox),
      back_(makeLinkButton(tr("Back to live"))) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(canvas_);
  canvas_->setAccessibleName(tr("Plots"));
  canvas_->setAccessibleDescription(tr("Loss, memory, learning rate and gradient norm over steps"));
  buildControls();
  connect(canvas_, &PlotCanvas::resampleHovered, this, &RunPlots::resampleHovered);
  connect(canvas_, &PlotCanvas::liveChanged, this, [this](bool live) {
    back_->setVisible(!live);
    placeControls();
    Q_EMIT liveChanged(live);
  });
}

void RunPlots::buildControls() {
  auto* row = new QHBoxLayout(controls_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(8);
  back_->hide();
  row->addWidget(back_);
  QPushButton* logarithmic = makeButton(tr("log"));
  logarithmic->setCheckable(true);
  logarithmic->setToolTip(tr("Loss on a logarithmic axis"));
  row->addWidget(logarithmic);
  smoothing_->setAccessibleName(tr("Smoothing"));
  smoothing_->setToolTip(
      tr("How much of the past the strong line takes along; the faint line is the loss of each step"));
  for (const double weight : kSmoothings) {
    smoothing_->addItem(weight > 0 ? tr("smooth %1").arg(weight) : tr("not smoothed"), weight);
  }
  smoothing_->selectData(RunCurves::kSmoothing);
  smoothing_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  row->addWidget(smoothing_);
  ComboBox* along = makeAlongBox();
  row->addWidget(along);
  QPushButton* save = makeButton(tr("Save as…"));
  save->setToolTip(tr("A picture of these curves, or their figures"));
  auto* menu = new QMenu(save);
  connect(menu->addAction(tr("Picture (PNG)…")), &QAction::triggered, this,
          [this] { Q_EMIT pictureWanted(PictureForm::Png); });
  connect(menu->addAction(tr("Picture of vectors (SVG)…")), &QAction::triggered, this,
          [this] { Q_EMIT pictureWanted(PictureForm::Svg); });
  connect(menu->addAction(tr("Figures (CSV)…")), &QAction::triggered, this, &RunPlots::figuresWanted);
  save->setMenu(menu);
  row->addWidget(save);
  controls_->raise();

  connect(back_, &QPushButton::clicked, this, &RunPlots::backToLive);
  connect(logarithmic, &QPushButton::toggled, canvas_, &PlotCanvas::setLogarithmic);
  connect(along, &QComboBox::currentIndexChanged, this,
          [this, along] { canvas_->setAlong(static_cast<Along>(along->currentData().toInt())); });
  connect(smoothing_, &QComboBox::currentIndexChanged, this, [this] {
    if (curves_ == nullptr) return;
    curves_->setSmoothing(smoothing_->currentData().toDouble());
    canvas_->refresh();
    Q_EMIT smoothingChanged();
  });
}

QByteArray RunPlots::picture(PictureForm form) const {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  if (form == PictureForm::Svg) {
    QSvgGenerator vectors;
    vectors.setOutputDevice(&buffer);
    vectors.setSize(canvas_->size());
    vectors.setViewBox(canvas_->rect());
    canvas_->drawOn(vectors);
  } else {
    constexpr int kScale = 2;
    QImage image(canvas_->size() * kScale, QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(kScale);
    canvas_->drawOn(image);
    image.save(&buffer, "PNG");
  }
  return bytes;
}

void RunPlots::setCurves(RunCurves* curves) {
  curves_ = curves;
  if (curves_ != nullptr) {
    curves_->setSmoothing(smoothing_->currentData().toDouble());
  }
  canvas_->setCurves(curves_);
}

void RunPlots::setGrowing(bool growing) {
  const QString text = growing ? tr("Back to live") : tr("Whole run");
  if (back_->text() == text) return;
  back_->setText(text);
  placeControls();
}

void RunPlots::refresh() {
  if (isVisible()) canvas_->refresh();
}

void RunPlots::highlight(std::optional<std::int64_t> cycle) {
  canvas_->setHighlight(cycle);
}

bool RunPlots::live() const {
  return canvas_->live();
}

std::pair<double, double> RunPlots::visibleSteps() const {
  const QCPRange range = canvas_->visibleSteps();
  return {range.lower, range.upper};
}

QPoint RunPlots::positionOf(double step) const {
  return {qRound(canvas_->pixelOf(step)), canvas_->panelArea(PlotCanvas::Loss).center().y()};
}

QWidget* RunPlots::canvas() const {
  return canvas_;
}

void RunPlots::backToLive() {
  canvas_->setLive(true);
}

void RunPlots::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  placeControls();
}

void RunPlots::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  canvas_->refresh();
  placeControls();
}

void RunPlots::placeControls() {
  controls_->adjustSize();
  const int top = 2 + (plotTitleHeight() - controls_->height()) / 2 + 3;
  controls_->move(width() - controls_->width() - kPlotInset + 4, top);
}

}  // namespace rosa::ui
