// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/resample_facts.h"

#include <QObject>
#include <cmath>
#include <set>
#include <string_view>

#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr std::int64_t kSettlingSteps = 20;

}  // namespace

QString resampleTitle(const ResampleMark& mark) {
  if (mark.isRound()) return QObject::tr("Resamples %1 to %2").arg(mark.event.cycle).arg(mark.lastCycle());
  return QObject::tr("Resample %1").arg(mark.event.cycle);
}

std::int64_t layersIn(const ResampleCompleted& event) {
  std::set<std::string_view> names;
  for (const LayerSlice& slice : event.layers) names.insert(slice.layer);
  return static_cast<std::int64_t>(names.size());
}

QString formatChange(double change) {
  const QString size = QString::number(std::abs(change), 'f', 3);
  return (change < 0 ? QStringLiteral("−") : QStringLiteral("+")) + size;
}

QList<QPair<QString, QString>> resampleFacts(const ResampleMark& mark) {
  const ResampleCompleted& event = mark.event;
  QList<QPair<QString, QString>> facts = {
      mark.isRound() ? QPair(QObject::tr("steps"),
                             QObject::tr("%1 to %2").arg(formatCount(event.step), formatCount(mark.lastStep())))
                     : QPair(QObject::tr("step"), formatCount(event.step)),
      {QObject::tr("layers"), formatCount(layersIn(event))},
      {mark.isRound() ? QObject::tr("took in all") : QObject::tr("took"),
       QObject::tr("%1 ms").arg(event.milliseconds < 10 ? QString::number(event.milliseconds, 'f', 1)
                                                        : formatCount(std::llround(event.milliseconds)))},
  };
  if (std::isfinite(event.lossBefore) && std::isfinite(event.lossAfter)) {
    facts.append({QObject::tr("loss before"), QString::number(event.lossBefore, 'f', 5)});
    facts.append({QObject::tr("loss after"), QString::number(event.lossAfter, 'f', 5)});
  }
  if (!mark.isRound()) {
    facts.append({QObject::tr("loss over the next %1 steps").arg(kSettlingSteps),
                  mark.change ? formatChange(*mark.change)
                              : QObject::tr("known at %1").arg(formatCount(event.step + kSettlingSteps))});
  }
  if (std::isfinite(event.roundingLoss)) {
    facts.append({QObject::tr("lost to rounding"),
                  QObject::tr("%1 % of the slices").arg(QString::number(100 * event.roundingLoss, 'g', 3))});
  }
  facts.append({QObject::tr("trained so far"), QObject::tr("%1 of directions").arg(formatShare(event.coverage))});
  return facts;
}

}  // namespace rosa::ui
