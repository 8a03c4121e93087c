// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/token_view.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QShortcut>
#include <algorithm>
#include <utility>

#include "jobs/latest_job.h"
#include "models/setting_words.h"
#include "pages/configure/length_histogram.h"
#include "pages/configure/token_flow.h"
#include "pages/configure/token_legend.h"
#include "settings/icons.h"
#include "widgets/buttons.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

constexpr std::int64_t kRowsAtATime = 100;
/// As long as typing pauses; the same as for a plan.
constexpr int kDelayMs = 150;
/// A text editor lays out all that it holds: of a text of many pages the rest is left out.
constexpr qsizetype kLongestText = 20'000;

/// The settings that a preview reads.
RunConfig previewed(const RunConfig& config) {
  RunConfig read;
  read.model = config.model;
  read.data = config.data;
  read.task = config.task;
  read.text = config.text;
  read.textPair = config.textPair;
  read.label = config.label;
  read.prompt = config.prompt;
  read.completion = config.completion;
  read.header = config.header;
  read.quotes = config.quotes;
  read.separator = config.separator;
  read.shape = config.shape;
  read.chatTemplate = config.chatTemplate;
  read.lossOn = config.lossOn;
  read.maskRate = config.maskRate;
  read.seed = config.seed;
  read.skipBad = config.skipBad;
  read.maxLength = config.maxLength;
  read.maxRows = config.maxRows;
  return read;
}

QPushButton* makeArrow(const QString& icon, const QString& name, const QString& keys) {
  QPushButton* button = makeButton({});
  button->setIcon(lineIcon(icon));
  button->setAccessibleName(name);
  button->setToolTip(QStringLiteral("%1 (%2)").arg(name, keys));
  return button;
}

}  // namespace

TokenView::TokenView(Engine& engine, JobPool& pool, const Theme& theme, QWidget* parent)
    : QWidget(parent),
      engine_(engine),
      theme_(theme),
      asking_(new LatestJob(pool, this)),
      previous_(makeArrow(QStringLiteral("chevron-left"), tr("Previous row"), tr("Alt+Left"))),
      next_(makeArrow(QStringLiteral("chevron-right"), tr("Next row"), tr("Alt+Right"))),
      place_(makeLabel({}, TextSize::Body, Tone::Normal, QFont::Medium)),
      legend_(new TokenLegend(theme)),
      lengths_(new LengthHistogram(theme)),
      search_(new QLineEdit),
      panes_(new QWidget),
      flow_(new TokenFlow(theme)),
      text_(new QPlainTextEdit),
      message_(makeLabel({}, TextSize::Body, Tone::Muted)),
      remarks_(new ElidedLabel),
      found_(makeLabel({}, TextSize::Small, Tone::Muted)) {
  search_->setPlaceholderText(tr("Search the texts …"));
  search_->setAccessibleName(tr("Search the texts"));
  search_->setToolTip(tr(
      "In the rows that were read, a hundred at a time. Return goes to the next one with it, Shift+Return to the one "
      "before. Ctrl+F comes here."));
  search_->setClearButtonEnabled(true);
  search_->addAction(lineIcon(QStringLiteral("search")), QLineEdit::LeadingPosition);
  search_->installEventFilter(this);
  text_->setReadOnly(true);
  text_->setTabChangesFocus(true);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  text_->viewport()->setAutoFillBackground(false);
  text_->setAccessibleName(tr("Text of the row"));
  message_->setWordWrap(true);
  message_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  remarks_->setFont(textFont(TextSize::Small));
  setTone(*remarks_, Tone::Muted);

  auto* head = new QHBoxLayout;
  head->setSpacing(8);
  head->addWidget(previous_);
  head->addWidget(next_);
  head->addWidget(place_);
  head->addSpacing(8);
  head->addWidget(remarks_, 3);
  head->addWidget(found_);
  head->addWidget(search_, 2);
  auto* panes = new QHBoxLayout(panes_);
  panes->setContentsMargins(0, 0, 0, 0);
  panes->setSpacing(8);
  panes->addWidget(flow_, 3);
  panes->addWidget(text_, 2);
  auto* foot = new QHBoxLayout;
  foot->setSpacing(16);
  foot->addWidget(legend_, 1);
  foot->addWidget(lengths_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(8);
  column->addLayout(head);
  column->addWidget(panes_, 1);
  column->addWidget(message_, 1);
  column->addLayout(foot);

  const auto shortcut = [this](const QKeySequence& keys, auto act) {
    auto* made = new QShortcut(keys, this, nullptr, nullptr, Qt::WidgetWithChildrenShortcut);
    connect(made, &QShortcut::activated, this, act);
  };
  shortcut(Qt::ALT | Qt::Key_Left, &TokenView::showPrevious);
  shortcut(Qt::ALT | Qt::Key_Right, &TokenView::showNext);
  shortcut(QKeySequence::Find, [this] {
    search_->setFocus(Qt::ShortcutFocusReason);
    search_->selectAll();
  });
  connect(previous_, &QPushButton::clicked, this, &TokenView::showPrevious);
  connect(next_, &QPushButton::clicked, this, &TokenView::showNext);
  connect(search_, &QLineEdit::textChanged, this, &TokenView::search);
  delay_.setSingleShot(true);
  delay_.setInterval(kDelayMs);
  connect(&delay_, &QTimer::timeout, this, [this] { ask(first_, Land::Here); });
  connect(asking_, &LatestJob::failed, this, [this](const QString& sentence) {
    rows_.clear();
    showMessage(sentence, true);
  });
  connect(asking_, &LatestJob::busyChanged, this, &TokenView::showPlace);
  connect(&theme_, &Theme::changed, this, &TokenView::showHits);
  showMessage({}, false);
}

void TokenView::setConfig(const RunConfig& config) {
  RunConfig read = previewed(config);
  if (read == config_) return;
  const bool otherRows = read.model != config_.model || read.data != config_.data;
  config_ = std::move(read);
  due_ = true;
  asking_->cancel();
  if (otherRows) {
    rows_.clear();
    first_ = 0;
    at_ = 0;
    showMessage({}, false);
  }
  if (isVisible()) delay_.start();
  showPlace();
}

void TokenView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (due_) ask(first_, Land::Here);
}

void TokenView::ask(std::int64_t first, Land land) {
  delay_.stop();
  if (!isVisible()) return;
  due_ = false;
  if (config_.model.empty() || config_.data.empty()) {
    asking_->cancel();
    return showMessage(config_.model.empty() ? tr("Choose a model: its tokenizer cuts the texts into tokens.")
                                             : tr("Choose data to see its tokens."),
                       false);
  }
  if (rows_.empty()) showMessage(tr("Reading the first rows …"), false);
  asking_->ask([&engine = engine_, config = config_, first](
                   const LatestJob::GiveUp& giveUp) { return engine.previewData(config, first, kRowsAtATime, giveUp); },
               [this, first, land](Expected<DataPreview> preview) { take(std::move(preview), first, land); });
}

void TokenView::take(Expected<DataPreview> preview, std::int64_t first, Land land) {
  if (!preview) {
    rows_.clear();
    return showMessage(inWindowWords(toQString(preview.error().message)), true);
  }
  if (preview->rows.empty() && first > 0) {
    // The rows before were the last ones, or there are fewer of them than there were.
    atEnd_ = true;
    if (land == Land::Here) return ask(0, Land::First);
    return showPlace();
  }
  rows_ = std::move(preview->rows);
  first_ = first;
  atEnd_ = static_cast<std::int64_t>(rows_.size()) < kRowsAtATime;
  QStringList remarks;
  for (const std::string& remark : preview->remarks) remarks << inWindowWords(toQString(remark));
  remarks_->setText(remarks.join(QLatin1Char(' ')));
  if (rows_.empty()) return showMessage(tr("No row of the data is trained on with these settings."), true);
  if (land == Land::First) at_ = 0;
  if (land == Land::Last) at_ = rows_.size() - 1;
  at_ = std::min(at_, rows_.size() - 1);
  QList<qsizetype> lengths;
  for (const PreviewRow& row : rows_) lengths << static_cast<qsizetype>(row.tokens.size());
  lengths_->setLengths(lengths);
  showRow();
  showHits();
}

void TokenView::showRow() {
  message_->hide();
  panes_->show();
  const PreviewRow& row = rows_[at_];
  flow_->setRow(TokenRow(row));
  const QString& text = flow_->row().text();
  const bool whole = text.size() <= kLongestText;
  text_->setPlainText(whole ? text : text.left(kLongestText) + QStringLiteral(" …"));
  legend_->setRow(row);
  lengths_->setCurrent(at_);
  legend_->show();
  lengths_->setVisible(lengths_->varies());
  showPlace();
}

void TokenView::showMessage(const QString& sentence, bool problem) {
  panes_->hide();
  legend_->hide();
  lengths_->hide();
  remarks_->setText({});
  found_->hide();
  message_->setText(sentence);
  setTone(*message_, problem ? Tone::Bad : Tone::Muted);
  message_->show();
  showPlace();
}

void TokenView::showPlace() {
  const bool busy = asking_->busy() || delay_.isActive();
  QString place;
  if (!rows_.empty()) {
    const auto row = first_ + static_cast<std::int64_t>(at_) + 1;
    place =
        atEnd_ ? tr("Row %1 of %2").arg(formatCount(row), formatCount(first_ + static_cast<std::int64_t>(rows_.size())))
               : tr("Row %1").arg(formatCount(row));
    if (!rows_[at_].label.empty()) place += tr(" · label %1").arg(toQString(rows_[at_].label));
    if (busy) place += QStringLiteral(" …");
  }
  place_->setText(place);
  previous_->setEnabled(!rows_.empty() && !busy && (at_ > 0 || first_ > 0));
  next_->setEnabled(!rows_.empty() && !busy && (at_ + 1 < rows_.size() || !atEnd_));
  search_->setEnabled(!rows_.empty());
}

void TokenView::showNext() {
  if (!next_->isEnabled()) return;
  if (at_ + 1 == rows_.size()) return ask(first_ + kRowsAtATime, Land::First);
  ++at_;
  showRow();
  showHits();
}

void TokenView::showPrevious() {
  if (!previous_->isEnabled()) return;
  if (at_ == 0) return ask(std::max<std::int64_t>(0, first_ - kRowsAtATime), Land::Last);
  --at_;
  showRow();
  showHits();
}

void TokenView::keyPressEvent(QKeyEvent* event) {
  if (event->modifiers() != Qt::NoModifier) return QWidget::keyPressEvent(event);
  switch (event->key()) {
    case Qt::Key_Left:
      return showPrevious();
    case Qt::Key_Right:
      return showNext();
    default:
      QWidget::keyPressEvent(event);
  }
}

bool TokenView::eventFilter(QObject* watched, QEvent* event) {
  if (watched == search_ && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
      // Not with Ctrl, which starts the run.
      if (key->modifiers() & Qt::ControlModifier) return false;
      goToHit(key->modifiers() & Qt::ShiftModifier ? -1 : 1);
      return true;
    }
    if (key->key() == Qt::Key_Escape) {
      search_->clear();
      flow_->setFocus();
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

bool TokenView::holds(std::size_t row, const QString& wanted) const {
  return toQString(rows_[row].text).contains(wanted, Qt::CaseInsensitive);
}

void TokenView::search() {
  const QString wanted = search_->text();
  if (!wanted.isEmpty() && !rows_.empty() && !holds(at_, wanted)) return goToHit(1);
  showHits();
}

void TokenView::goToHit(int direction) {
  const QString wanted = search_->text();
  if (wanted.isEmpty() || rows_.empty()) return showHits();
  const std::size_t count = rows_.size();
  for (std::size_t step = 1; step < count; ++step) {
    const std::size_t row = (at_ + (direction > 0 ? step : count - step)) % count;
    if (!holds(row, wanted)) continue;
    at_ = row;
    showRow();
    break;
  }
  showHits();
}

void TokenView::showHits() {
  if (rows_.empty()) return;
  const QString wanted = search_->text();
  flow_->setHits(flow_->row().tokensWith(wanted));
  QList<QTextEdit::ExtraSelection> marks;
  QTextDocument* document = text_->document();
  for (QTextCursor at = wanted.isEmpty() ? QTextCursor() : document->find(wanted); !at.isNull();
       at = document->find(wanted, at)) {
    QTextEdit::ExtraSelection mark;
    mark.cursor = at;
    mark.format.setBackground(TokenFlow::hitColor(theme_.colors().surface, theme_.colors()));
    marks << mark;
  }
  text_->setExtraSelections(marks);
  if (!marks.isEmpty()) {
    QTextCursor first = marks.front().cursor;
    first.setPosition(first.selectionStart());
    text_->setTextCursor(first);
  }
  found_->setVisible(!wanted.isEmpty());
  if (wanted.isEmpty()) return;
  std::int64_t rows = 0;
  for (std::size_t row = 0; row < rows_.size(); ++row) rows += holds(row, wanted) ? 1 : 0;
  const auto all = static_cast<std::int64_t>(rows_.size());
  found_->setText(rows == 0 ? tr("in none of %1").arg(plural(all, tr("row"), tr("rows")))
                            : tr("in %1 of %2").arg(formatCount(rows), plural(all, tr("row"), tr("rows"))));
}

}  // namespace rosa::ui
