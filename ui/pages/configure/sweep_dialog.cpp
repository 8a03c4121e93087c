// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/sweep_dialog.h"

#include <QFontDatabase>
#include <QHBoxLayout>
#include <QIntValidator>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStringList>
#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "jobs/latest_job.h"
#include "models/setting_words.h"
#include "widgets/buttons.h"
#include "widgets/combo_box.h"
#include "widgets/field.h"
#include "widgets/field_layout.h"
#include "widgets/format.h"
#include "widgets/labels.h"
#include "widgets/segmented_control.h"

namespace rosa::ui {
namespace {

enum Way { Combinations, Draws };

/// What is swept most comes first.
constexpr std::array<std::string_view, 9> kCommon = {"method", "lr",     "rank",  "seed",     "resample-every",
                                                     "batch",  "epochs", "steps", "optimizer"};

/// Plans beyond these would keep the person waiting; their settings are checked all the same.
constexpr std::size_t kMostPlans = 60;

void fillSettings(ComboBox& box) {
  const auto add = [&box](std::string_view key) {
    box.addItem(settingName(key), QString::fromUtf8(key.data(), static_cast<qsizetype>(key.size())));
  };
  for (const auto key : kCommon) add(key);
  box.insertSeparator(box.count());
  for (const ConfigField& field : configFields()) {
    const bool known = std::ranges::find(kCommon, field.key) != kCommon.end();
    if (!known && !field.repeatable && field.key != "name" && field.key != "out") add(field.key);
  }
}

}  // namespace

struct SweepDialog::Row {
  FieldRow* fields = nullptr;
  ComboBox* setting = nullptr;
  QLineEdit* values = nullptr;
};

SweepDialog::SweepDialog(Engine& engine, JobPool& pool, const RunConfig& base, QWidget* parent)
    : QDialog(parent),
      engine_(engine),
      base_(base),
      planning_(new LatestJob(pool, this)),
      rowsColumn_(new QVBoxLayout),
      way_(new SegmentedControl),
      draws_(new QLineEdit(QStringLiteral("10"))),
      drawsField_(new Field(tr("Runs"), tr("How many runs are drawn."), draws_)),
      seed_(new QLineEdit(QStringLiteral("1"))),
      seedField_(new Field(tr("Drawn by seed"), tr("The same seed draws the same runs."), seed_)),
      list_(new QPlainTextEdit),
      summary_(makeLabel({})),
      start_(makePrimaryButton(tr("Add to queue"))) {
  setWindowTitle(tr("Several runs"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 24, 24, 24);
  column->setSpacing(12);
  auto* intro =
      makeLabel(tr("Everything but these settings is as in Configure: the same data, seed and number of "
                   "steps. The runs wait in the queue for their turn."));
  intro->setWordWrap(true);
  column->addWidget(intro);
  rowsColumn_->setSpacing(8);
  column->addLayout(rowsColumn_);
  QPushButton* more = makeLinkButton(tr("Another setting"));
  column->addWidget(more, 0, Qt::AlignLeft);

  auto* wayRow = new FieldRow;
  way_->addSegment(tr("Every combination"));
  way_->addSegment(tr("Random draws"));
  way_->setCurrent(Combinations);
  wayRow->add(
      new Field(tr("Take"), tr("Whether each value is tried with each of the others, or some are drawn."), way_), 14);
  wayRow->add(drawsField_, 5);
  wayRow->add(seedField_, 5);
  for (QLineEdit* edit : {draws_, seed_})
    edit->setValidator(new QIntValidator(1, std::numeric_limits<int>::max(), edit));
  column->addWidget(wayRow);

  list_->setReadOnly(true);
  // The rounded field is drawn with the frame; square corners of the text's ground would stand out of it.
  list_->viewport()->setAutoFillBackground(false);
  list_->setAccessibleName(tr("These runs"));
  list_->setLineWrapMode(QPlainTextEdit::NoWrap);
  QFont mono = QFontDatabase::systemFont(QFontDatabase::FixedFont);
  mono.setPixelSize(list_->font().pixelSize());
  list_->setFont(mono);
  column->addWidget(list_, 1);
  summary_->setWordWrap(true);
  column->addWidget(summary_);

  auto* buttons = new QHBoxLayout;
  buttons->addStretch();
  QPushButton* close = makeButton(tr("Close"));
  buttons->addWidget(close);
  buttons->addWidget(start_);
  column->addLayout(buttons);
  start_->setDefault(true);

  connect(more, &QPushButton::clicked, this, [this] { addRow(QStringLiteral("lr"), {}); });
  connect(way_, &SegmentedControl::currentChanged, this, &SweepDialog::rebuild);
  connect(draws_, &QLineEdit::textChanged, this, &SweepDialog::rebuild);
  connect(seed_, &QLineEdit::textChanged, this, &SweepDialog::rebuild);
  connect(close, &QPushButton::clicked, this, &QDialog::reject);
  connect(start_, &QPushButton::clicked, this, [this] {
    chosen_ = wanted_;
    accept();
  });
  const int width = fontMetrics().averageCharWidth();
  resize(width * 105, fontMetrics().height() * 30);
  addRow(QStringLiteral("method"), QStringLiteral("rosa, lora, full"));
}

SweepDialog::~SweepDialog() = default;

void SweepDialog::addRow(const QString& key, const QString& values) {
  auto row = std::make_unique<Row>();
  row->fields = new FieldRow;
  row->setting = new ComboBox;
  fillSettings(*row->setting);
  row->setting->selectData(key);
  row->values = new QLineEdit(values);
  row->values->setPlaceholderText(tr("1e-4, 3e-4, 1e-3   or   1..5"));
  auto* setting = new Field(tr("Setting"), tr("The setting of which several values are tried."), row->setting);
  auto* valuesField = new Field(
      tr("Values"), tr("What is tried: values with commas between them, or a range of whole numbers as 1..5."),
      row->values);
  row->fields->add(setting, 8);
  row->fields->add(valuesField, 13);
  QPushButton* remove = makeLinkButton(tr("Remove"));
  row->fields->addBeside(remove, 3);
  rowsColumn_->addWidget(row->fields);
  connect(row->setting, &QComboBox::currentIndexChanged, this, &SweepDialog::rebuild);
  connect(row->values, &QLineEdit::textChanged, this, &SweepDialog::rebuild);
  connect(remove, &QPushButton::clicked, this, [this, made = row.get()] { removeRow(made); });
  if (values.isEmpty()) row->values->setFocus();
  rows_.push_back(std::move(row));
  rebuild();
}

void SweepDialog::removeRow(Row* row) {
  row->fields->deleteLater();
  std::erase_if(rows_, [row](const auto& kept) { return kept.get() == row; });
  rebuild();
}

Expected<std::vector<SweptRun>> SweepDialog::runs() const {
  std::vector<SweepAxis> axes;
  for (const auto& row : rows_) {
    QStringList values = row->values->text().split(QLatin1Char(','));
    for (QString& value : values) value = value.trimmed();
    const QString text = row->setting->currentData().toString() + QLatin1Char('=') + values.join(QLatin1Char(','));
    ROSA_TRY(auto axis, parseSweepAxis(text.toStdString()));
    axes.push_back(std::move(axis));
  }
  if (way_->current() == Combinations) return gridSweep(base_, axes);
  return randomSweep(base_, axes, draws_->text().toLongLong(), seed_->text().toULongLong());
}

void SweepDialog::rebuild() {
  const bool drawn = way_->current() == Draws;
  drawsField_->setVisible(drawn);
  seedField_->setVisible(drawn);
  showRuns(runs());
}

void SweepDialog::showRuns(const Expected<std::vector<SweptRun>>& runs) {
  wanted_.clear();
  start_->setEnabled(false);
  start_->setText(tr("Add to queue"));
  if (!runs) {
    planning_->cancel();
    list_->clear();
    summary_->setText(inWindowWords(toQString(runs.error().message)));
    setTone(*summary_, Tone::Bad);
    return;
  }
  QStringList names;
  for (const SweptRun& run : *runs) {
    wanted_.push_back(run.config);
    names << toQString(run.config.name);
  }
  list_->setPlainText(names.join(QLatin1Char('\n')));
  const auto count = static_cast<std::int64_t>(runs->size());
  summary_->setText(tr("%1. Checking …").arg(plural(count, tr("run"), tr("runs"))));
  setTone(*summary_, Tone::Muted);
  planning_->ask(
      [&engine = engine_, swept = *runs] {
        Outlook outlook;
        for (std::size_t i = 0; i < swept.size(); ++i) {
          auto problems = swept[i].problems;
          if (problems.empty() && i < kMostPlans) {
            const RunPlan plan = engine.plan(swept[i].config);
            problems = plan.problems;
            outlook.steps += plan.totalSteps;
            outlook.seconds += plan.estimatedSeconds;
          }
          if (!problems.empty()) outlook.problems.push_back(swept[i].label + ": " + problems.front().message);
        }
        return outlook;
      },
      [this](const Outlook& outlook) { showOutlook(outlook); });
}

void SweepDialog::showOutlook(const Outlook& outlook) {
  const auto count = static_cast<std::int64_t>(wanted_.size());
  const QString runs = plural(count, tr("run"), tr("runs"));
  if (!outlook.problems.empty()) {
    const auto others = static_cast<std::int64_t>(outlook.problems.size()) - 1;
    QString text = inWindowWords(toQString(outlook.problems.front()));
    if (others > 0) text += tr(" (and %1 more)").arg(plural(others, tr("problem"), tr("problems")));
    summary_->setText(text);
    setTone(*summary_, Tone::Bad);
    return;
  }
  QStringList parts = {runs};
  if (wanted_.size() <= kMostPlans) parts << tr("%1 in all").arg(plural(outlook.steps, tr("step"), tr("steps")));
  if (outlook.seconds > 0) parts << tr("about %1").arg(formatDuration(outlook.seconds));
  summary_->setText(parts.join(QStringLiteral(" · ")));
  setTone(*summary_, Tone::Normal);
  start_->setText(tr("Add %1 to queue").arg(runs));
  start_->setEnabled(true);
}

}  // namespace rosa::ui
