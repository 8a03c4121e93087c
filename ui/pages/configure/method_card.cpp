// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/method_card.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <algorithm>
#include <array>
#include <limits>

#include "models/setting_tips.h"
#include "models/setting_words.h"
#include "pages/configure/advanced_form.h"
#include "pages/configure/config_draft.h"
#include "pages/configure/draft_fields.h"
#include "pages/configure/usual_line.h"
#include "rosa/method_traits.h"
#include "rosa/resolve.h"
#include "settings/icons.h"
#include "settings/studio_style.h"
#include "widgets/buttons.h"
#include "widgets/combo_box.h"
#include "widgets/field.h"
#include "widgets/format.h"
#include "widgets/labels.h"
#include "widgets/segmented_control.h"

namespace rosa::ui {
namespace {

struct MethodChoice {
  const char* spelling;
  const char* description;
};

/// In the order of Method. The first ones have a segment of their own, the others share one.
constexpr std::array kMethods = {
    MethodChoice{"rosa", QT_TRANSLATE_NOOP(
                             "MethodCard",
                             "Trains a slice of every weight, then moves on to another. Nothing is left to merge.")},
    MethodChoice{"lora",
                 QT_TRANSLATE_NOOP("MethodCard", "Trains a small product beside every weight, merged at the export.")},
    MethodChoice{"full", QT_TRANSLATE_NOOP("MethodCard", "Trains every weight. Takes the most memory.")},
    MethodChoice{"dora",
                 QT_TRANSLATE_NOOP("MethodCard", "LoRA that trains each column's length apart from its direction.")},
    MethodChoice{"ia3", QT_TRANSLATE_NOOP("MethodCard", "Trains one factor for each of a layer's outputs or inputs.")},
    MethodChoice{"relora", QT_TRANSLATE_NOOP("MethodCard", "LoRA that is merged and begun anew every so often.")},
    MethodChoice{"galore",
                 QT_TRANSLATE_NOOP("MethodCard", "Trains every weight along its gradient's largest directions.")},
    MethodChoice{"bitfit", QT_TRANSLATE_NOOP("MethodCard", "Trains the biases alone.")},
    MethodChoice{"head", QT_TRANSLATE_NOOP("MethodCard", "Trains the classification head on a frozen model.")},
    MethodChoice{"houlsby",
                 QT_TRANSLATE_NOOP("MethodCard",
                                   "Trains a narrow layer behind attention and MLP. It stays there and cannot be "
                                   "merged.")},
    MethodChoice{
        "pfeiffer",
        QT_TRANSLATE_NOOP("MethodCard", "Trains a narrow layer behind each MLP. It stays there and cannot be merged.")},
    MethodChoice{"prompt",
                 QT_TRANSLATE_NOOP("MethodCard", "Trains vectors that stand before every text, in place of words.")},
    MethodChoice{
        "prefix",
        QT_TRANSLATE_NOOP("MethodCard", "Trains keys and values that every layer's attention reads before the text.")},
};
/// Settings that decide how much trains for how long.
constexpr std::array<std::string_view, 26> kCounting = {
    "model",      "data",     "task",  "text",         "text-pair",   "label",          "prompt",
    "completion", "method",   "rank",  "layers",       "layer-rank",  "virtual-tokens", "train-also",
    "epochs",     "steps",    "batch", "accumulate",   "max-length",  "shape",          "chat-template",
    "loss-on",    "skip-bad", "mix",   "train-tokens", "batch-tokens"};

/// Beyond it, what is typed is refused anyway.
constexpr std::int64_t kMostExamples = 1'000'000;

constexpr int kSegments = 3;  ///< and one for all others

/// One line on a raised patch.
class SummaryLine : public QLabel {
 public:
  SummaryLine() {
    setFont(textFont(TextSize::Body, QFont::Medium));
    setTextFormat(Qt::PlainText);
    setWordWrap(true);
    setContentsMargins(12, 6, 12, 6);
  }

 protected:
  void paintEvent(QPaintEvent* event) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(palette().color(QPalette::AlternateBase));
    painter.drawRoundedRect(rect(), StudioStyle::kRadius, StudioStyle::kRadius);
    painter.end();
    QLabel::paintEvent(event);
  }
};

}  // namespace

MethodCard::MethodCard(ConfigDraft& draft, UsualValues& usual, QWidget* parent)
    : Card(tr("3  Method"), parent),
      draft_(draft),
      method_(new SegmentedControl),
      rival_(new ComboBox),
      description_(makeLabel({}, TextSize::Small, Tone::Muted)),
      methodRow_(new FieldRow),
      rank_(makeTextField(draft, "rank", tr("8 or 5%"))),
      resample_(makeIntervalField(draft, "resample-every")),
      alpha_(makeTextField(draft, "alpha", tr("twice the rank"))),
      layers_(makeChoiceField(draft, "layers", {"all", "attention", "mlp"}, true)),
      virtualTokens_(makeTextField(draft, "virtual-tokens")),
      lr_(makeTextField(draft, "lr")),
      duration_(makeDurationField(draft)),
      batch_(makeTextField(draft, "batch")),
      length_(makeTextField(draft, "max-length")),
      advancedButton_(makeLinkButton({})),
      advanced_(new AdvancedForm(draft)),
      summary_(new SummaryLine) {
  for (std::size_t i = 0; i < kMethods.size(); ++i) {
    const auto& choice = kMethods.at(i);
    if (i < kSegments) {
      method_->addSegment(choiceName("method", QLatin1String(choice.spelling)), tr(choice.description));
    } else {
      rival_->addItem(choiceName("method", QLatin1String(choice.spelling)), QLatin1String(choice.spelling));
      rival_->setItemData(rival_->count() - 1, tr(choice.description), Qt::ToolTipRole);
    }
  }
  method_->addSegment(tr("Other"),
                      tr("DoRA, IA³, ReLoRA, GaLore, BitFit, head only, adapters, prompt and prefix tuning"));
  method_->setAccessibleName(tr("Method"));
  rival_->setAccessibleName(tr("Other method"));
  rival_->setToolTip(settingTip("method"));
  auto* methods = new QHBoxLayout;
  methods->setSpacing(16);
  methods->addWidget(method_);
  methods->addWidget(rival_);
  rival_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  description_->setWordWrap(true);
  methods->addWidget(description_, 1);
  body()->addLayout(methods);

  methodRow_->add(rank_, 4);
  methodRow_->add(resample_, 8);
  methodRow_->add(alpha_, 4);
  methodRow_->add(layers_, 8);
  methodRow_->add(virtualTokens_, 4);
  body()->addWidget(methodRow_);

  auto* trainingRow = new FieldRow;
  trainingRow->add(lr_, 4);
  trainingRow->add(duration_, 8);
  trainingRow->add(batch_, 4);
  trainingRow->add(length_, 4);
  body()->addWidget(trainingRow);
  body()->addWidget(new UsualLine(usual));

  header()->addWidget(advancedButton_);
  advancedButton_->setObjectName(QStringLiteral("advanced"));
  advancedButton_->setCheckable(true);
  advancedButton_->setToolTip(tr("All other settings of the run."));
  advanced_->hide();
  body()->addWidget(advanced_);
  body()->addStretch();
  body()->addWidget(summary_);

  connect(method_, &SegmentedControl::currentChanged, this, [this](int index) {
    draft_.set("method", index < kSegments ? QLatin1String(kMethods.at(static_cast<std::size_t>(index)).spelling)
                                           : rival_->currentData().toString());
  });
  connect(rival_, &ComboBox::currentIndexChanged, this, [this] {
    if (method_->current() == kSegments) draft_.set("method", rival_->currentData().toString());
  });
  connect(advancedButton_, &QPushButton::toggled, advanced_, &QWidget::setVisible);
  const auto refresh = [this] {
    showMethod();
    showNumbers();
    showHelp();
  };
  connect(&draft_, &ConfigDraft::changed, this, refresh);
  connect(&draft_, &ConfigDraft::problemsChanged, this, refresh);
  refresh();
}

void MethodCard::setPlan(const RunPlan& plan) {
  plan_ = plan;
  planned_ = draft_.config();
  showNumbers();
  showHelp();
}

void MethodCard::showMethod() {
  const Method method = draft_.config().method;
  const int index = static_cast<int>(method);
  const auto& choice = kMethods.at(static_cast<std::size_t>(index));
  if (index >= kSegments) rival_->selectData(QLatin1String(choice.spelling));
  rival_->setVisible(index >= kSegments);
  method_->setCurrent(std::min(index, kSegments));
  description_->setText(tr(choice.description));
  methodRow_->setFieldVisible(rank_, hasRank(method));
  methodRow_->setFieldVisible(resample_, hasCycles(method));
  methodRow_->setFieldVisible(alpha_, isLora(method));
  methodRow_->setFieldVisible(layers_, choosesLayers(method));
  methodRow_->setFieldVisible(virtualTokens_, isPrompt(method));
  methodRow_->setVisible(choosesLayers(method) || isPrompt(method));
  const int changed = advanced_->changedCount();
  advancedButton_->setText(changed == 0 ? tr("Advanced") : tr("Advanced (%1 changed)").arg(changed));
}

void MethodCard::showAdvanced() {
  advancedButton_->setChecked(true);
}

void MethodCard::setValidationFile(const QString& name) {
  advanced_->setValidationFile(name);
}

void MethodCard::showNumbers() {
  summary_->setText(numbers());
}

bool MethodCard::planStands() const {
  const RunConfig& now = draft_.config();
  return plan_.totalSteps > 0 && planned_.model == now.model && planned_.data == now.data &&
         planned_.valid == now.valid && planned_.task == now.task && planned_.method == now.method;
}

QString MethodCard::numbers() const {
  const RunConfig& config = draft_.config();
  if (config.model.empty() && config.data.empty()) return tr("Choose a model and data to see what this trains.");
  if (config.model.empty()) return tr("Choose a model to see what this trains.");
  if (config.data.empty()) return tr("Choose data to see what this trains.");
  // While one of them is wrong, what the others come to is not known.
  for (const ConfigProblem& problem : draft_.problems()) {
    if (std::find(kCounting.begin(), kCounting.end(), problem.key) == kCounting.end()) continue;
    return tr("What this trains shows as soon as “%1” is right.").arg(settingName(problem.key));
  }
  const bool wrong = std::any_of(draft_.problems().begin(), draft_.problems().end(), [](const ConfigProblem& problem) {
    return problem.key != "resample-every";  // which the other numbers do not follow from
  });
  if (wrong) return tr("What this trains shows as soon as the problems are fixed.");
  if (!planStands()) return tr("Working out what this trains …");
  const QString about = plan_.estimated ? tr("about ") : QString();
  QStringList parts;
  const double share = plan_.totalParameters > 0
                           ? static_cast<double>(plan_.trainableParameters) / static_cast<double>(plan_.totalParameters)
                           : 0;
  parts << tr("Trains %1 of %2 parameters (%3)")
               .arg(formatBigCount(plan_.trainableParameters), formatBigCount(plan_.totalParameters),
                    formatShare(share))
        << about + plural(plan_.totalSteps, tr("step"), tr("steps"));
  if (hasCycles(config.method) && draft_.problem("resample-every").isEmpty()) {
    parts << about + plural(plan_.expectedResamples, tr("resample"), tr("resamples"));
    if (plan_.expectedCoverage > 0) parts << tr("%1 of all directions seen").arg(formatShare(plan_.expectedCoverage));
  }
  return parts.join(QStringLiteral(" · "));
}

void MethodCard::showHelp() {
  const RunConfig& config = draft_.config();
  rank_->setHelp(draft_.problem("rank").isEmpty() ? rankHelp() : QString());
  resample_->setHelp(draft_.problem("resample-every").isEmpty() ? resampleHelp() : QString());
  layers_->setHelp(plan_.layers.empty() || planned_.layers != config.layers
                       ? QString()
                       : plural(static_cast<std::int64_t>(plan_.layers.size()), tr("layer"), tr("layers")));
  const QString warmup = toQString(configFieldText(config, "warmup"));
  lr_->setHelp(warmup == QLatin1String("0") || warmup == QLatin1String("0%") ? tr("the peak")
                                                                             : tr("after %1 warm-up").arg(warmup));
  const bool inSteps = config.steps.has_value();
  duration_->setHelp(
      !planStands() || plan_.stepsPerEpoch <= 0 || !draft_.problems().empty() ? tr("steps or epochs")
      : inSteps
          ? tr("%1 epochs")
                .arg(formatNumber(static_cast<double>(plan_.totalSteps) / static_cast<double>(plan_.stepsPerEpoch), 2))
          : plural(plan_.totalSteps, tr("step"), tr("steps")));
  batch_->setHelp(config.batchTokens > 0 ? tr("filled by tokens: batch-tokens")
                  : config.accumulate > 1 && config.batch < kMostExamples
                      ? tr("%1 in a step").arg(formatCount(config.batch * std::min(config.accumulate, kMostExamples)))
                      : tr("examples in a step"));
  length_->setHelp(tr("the rest is cut"));
}

QString MethodCard::rankHelp() const {
  if (plan_.layers.empty() || !hasRank(draft_.config().method)) return {};
  if (planned_.layers != draft_.config().layers || planned_.model != draft_.config().model) return {};
  const Rank& rank = draft_.config().rank;
  std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
  std::int64_t most = 0;
  double smallest = 1;
  double largest = 0;
  for (const LayerPlan& layer : plan_.layers) {
    const std::int64_t side = std::min(layer.inFeatures, layer.outFeatures);
    const std::int64_t directions = config::layerRank(rank, side);
    fewest = std::min(fewest, directions);
    most = std::max(most, directions);
    const double share = std::min(1.0, static_cast<double>(directions) / static_cast<double>(side));
    smallest = std::min(smallest, share);
    largest = std::max(largest, share);
  }
  if (std::holds_alternative<double>(rank.value)) {
    return fewest == most ? tr("%1 in each layer").arg(fewest) : tr("%1 to %2 a layer").arg(fewest).arg(most);
  }
  if (largest - smallest < 0.0005) return tr("%1 of each layer").arg(formatShare(smallest));
  return tr("%1 to %2 a layer").arg(formatShare(smallest), formatShare(largest));
}

QString MethodCard::resampleHelp() const {
  const Interval& every = draft_.config().resampleEvery;
  if (every.unit == Interval::Unit::Never) {
    return draft_.config().method == Method::Rosa ? tr("one slice for the whole run")
                                                  : tr("the same for the whole run");
  }
  if (plan_.stepsPerEpoch <= 0) return {};
  const auto perEpoch = static_cast<double>(plan_.stepsPerEpoch);
  if (every.unit == Interval::Unit::Steps) return tr("every %1 epochs").arg(formatNumber(every.count / perEpoch, 2));
  return plural(config::intervalSteps(every, plan_.stepsPerEpoch), tr("step"), tr("steps"));
}

}  // namespace rosa::ui
