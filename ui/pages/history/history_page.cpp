// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/history_page.h"

#include <QAction>
#include <QClipboard>
#include <QDesktopServices>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QInputDialog>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMessageBox>
#include <QPointer>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTableView>
#include <QUrl>
#include <algorithm>
#include <array>
#include <limits>

#include "jobs/job_pool.h"
#include "jobs/latest_job.h"
#include "models/runs_filter.h"
#include "models/runs_model.h"
#include "pages/history/compare_area.h"
#include "pages/history/experiment_dialog.h"
#include "pages/history/experiment_view.h"
#include "pages/history/export_dialog.h"
#include "pages/history/notes_bar.h"
#include "pages/history/queue_card.h"
#include "pages/history/runs_delegate.h"
#include "settings/icons.h"
#include "settings/preferences.h"
#include "widgets/buttons.h"
#include "widgets/card.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

/// Column widths in characters of the body font; the name takes what is left.
constexpr std::array<std::pair<RunsModel::Column, int>, 11> kWidths = {{{RunsModel::Date, 12},
                                                                        {RunsModel::Model, 12},
                                                                        {RunsModel::Data, 9},
                                                                        {RunsModel::Method, 9},
                                                                        {RunsModel::Rank, 6},
                                                                        {RunsModel::Metric, 17},
                                                                        {RunsModel::Memory, 9},
                                                                        {RunsModel::Disk, 9},
                                                                        {RunsModel::Time, 10},
                                                                        {RunsModel::Loss, 7},
                                                                        {RunsModel::State, 13}}};

}  // namespace

HistoryPage::HistoryPage(Engine& engine, Runs& runs, JobPool& pool, const Theme& theme, Preferences& preferences,
                         std::filesystem::path home, QWidget* parent)
    : QWidget(parent),
      engine_(engine),
      runs_(runs),
      pool_(pool),
      theme_(theme),
      preferences_(preferences),
      home_(std::move(home)),
      model_(new RunsModel(preferences, this)),
      proxy_(new RunsFilter(*model_, this)),
      reading_(new LatestJob(pool, this)),
      duplicating_(new LatestJob(pool, this)),
      deleting_(new LatestJob(pool, this)),
      renaming_(new LatestJob(pool, this)),
      extending_(new LatestJob(pool, this)),
      queue_(new QueueCard(runs, pool)),
      count_(makeLabel({}, TextSize::Body, Tone::Muted)),
      search_(new QLineEdit),
      experiments_(makeButton(tr("Experiments…"))),
      export_(makeButton(tr("Export…"))),
      open_(makePrimaryButton(tr("Open"))),
      table_(new QTableView),
      delegate_(new RunsDelegate(*model_, theme, table_)),
      empty_(makeLabel({}, TextSize::Body, Tone::Muted)),
      notes_(new NotesBar),
      comparison_(new CompareArea(engine, pool, *model_, theme)),
      footer_(new QWidget(this)) {
  footer_->hide();
  auto* header = new QHBoxLayout;
  header->setSpacing(8);
  header->addWidget(makeLabel(tr("History"), TextSize::Title, Tone::Normal, QFont::DemiBold), 0, Qt::AlignBaseline);
  header->addWidget(count_, 0, Qt::AlignBaseline);
  header->addStretch();
  search_->setPlaceholderText(tr("Search name, model, data, tags, notes …"));
  search_->setToolTip(tr(
      "Shows the runs in which each of these words stands: in name, date, model, data, method, tags, note or state"));
  search_->setAccessibleName(tr("Search runs"));
  search_->setClearButtonEnabled(true);
  search_->addAction(lineIcon(QStringLiteral("search")), QLineEdit::LeadingPosition);
  search_->setMinimumWidth(fontMetrics().averageCharWidth() * 40);
  header->addWidget(search_);
  experiments_->setToolTip(tr("Runs one of the paper's experiments again, after the runs that wait already"));
  header->addWidget(experiments_);
  header->addWidget(export_);
  header->addWidget(open_);

  buildTable();
  auto* tableCard = new Card;
  tableCard->body()->setContentsMargins(4, 4, 4, 4);
  tableCard->body()->addWidget(table_, 1);
  tableCard->body()->addWidget(empty_, 1);
  tableCard->body()->addWidget(notes_);

  auto* split = new QSplitter(Qt::Vertical);
  split->setChildrenCollapsible(false);
  split->setHandleWidth(12);
  split->addWidget(tableCard);
  split->addWidget(comparison_);
  for (int part : {0, 1}) split->setStretchFactor(part, 1);

  auto* page = new QVBoxLayout(this);
  page->setContentsMargins(24, 16, 24, 16);
  page->setSpacing(12);
  page->addLayout(header);
  page->addWidget(queue_);
  page->addWidget(split, 1);
  buildFooter();

  connect(search_, &QLineEdit::textChanged, proxy_, &RunsFilter::setWords);
  connect(search_, &QLineEdit::textChanged, this, [this] {
    // A row that the search hid is no longer the one to act on.
    if (!table_->currentIndex().isValid() && proxy_->rowCount() > 0) table_->selectRow(0);
    showCount();
  });
  connect(model_, &RunsModel::checkedChanged, this, [this, split] {
    const bool hidden = comparison_->isHidden();
    comparison_->setRuns(model_->checked());
    // List and comparison share the height until a person divides it otherwise.
    if (hidden && !comparison_->isHidden()) split->setSizes({1, 1});
  });
  connect(comparison_, &CompareArea::picked, this, &HistoryPage::select);
  connect(notes_, &NotesBar::changed, this, &HistoryPage::annotate);
  connect(experiments_, &QPushButton::clicked, this, &HistoryPage::startExperiment);
  connect(open_, &QPushButton::clicked, this, [this] {
    if (const auto record = current()) Q_EMIT openRequested(*record);
  });
  connect(export_, &QPushButton::clicked, this, [this] {
    if (const auto record = current()) exportRun(*record);
  });
  connect(queue_, &QueueCard::changed, this, &HistoryPage::refresh);
  connect(queue_, &QueueCard::failed, this,
          [this](const QString& sentence) { say(tr("The queue was not changed"), sentence); });
  connect(&theme_, &Theme::changed, table_->viewport(), qOverload<>(&QWidget::update));
  showCount();
}

void HistoryPage::buildTable() {
  table_->setModel(proxy_);
  table_->setItemDelegate(delegate_);
  table_->setFrameShape(QFrame::NoFrame);
  table_->setShowGrid(false);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  table_->setSortingEnabled(true);
  table_->sortByColumn(RunsModel::Date, Qt::DescendingOrder);
  table_->setTabKeyNavigation(false);
  table_->setEditTriggers(QAbstractItemView::EditKeyPressed);  // F2; a double click opens the run
  table_->setMouseTracking(true);
  table_->setAccessibleName(tr("Runs"));
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 18);
  QHeaderView* columns = table_->horizontalHeader();
  columns->setHighlightSections(false);
  columns->setSectionResizeMode(RunsModel::Name, QHeaderView::Stretch);
  fitColumns();
  connect(columns, &QHeaderView::sortIndicatorChanged, this, &HistoryPage::fitColumns);
  table_->viewport()->installEventFilter(this);
  table_->installEventFilter(this);
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setWordWrap(true);

  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &HistoryPage::showActions);
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
    // A click beside the rows takes the mark away, not the run that the buttons act on.
    if (!table_->selectionModel()->hasSelection() && table_->currentIndex().isValid()) {
      table_->selectRow(table_->currentIndex().row());
    }
    showActions();
  });
  connect(table_, &QTableView::entered, this, [this](const QModelIndex& index) { setHoveredRow(index.row()); });
  connect(table_, &QTableView::activated, open_, &QPushButton::click);
}

void HistoryPage::fitColumns() {
  QHeaderView* header = table_->horizontalHeader();
  for (const auto& [column, characters] : kWidths) {
    // The title of the sorted column has an arrow beside it, for which the hint has room in any; the others leave that
    // room to the names.
    const QString title = proxy_->headerData(column, Qt::Horizontal).toString();
    const int needed = column == header->sortIndicatorSection()
                           ? header->sectionSizeHint(column)
                           : header->fontMetrics().horizontalAdvance(title) + 2 * RunsDelegate::kPadding;
    header->resizeSection(column, std::max(fontMetrics().averageCharWidth() * characters, needed));
  }
}

bool HistoryPage::eventFilter(QObject* watched, QEvent* event) {
  if (watched != table_) {
    if (event->type() == QEvent::Leave) setHoveredRow(-1);
  } else if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Space && selected().size() > 1) {
      toggleMarks();
      return true;
    }
    if (key == Qt::Key_Delete && delete_->isEnabled()) {
      confirmDelete();
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

void HistoryPage::setHoveredRow(int row) {
  delegate_->setHoveredRow(row);
  table_->viewport()->update();
}

void HistoryPage::buildFooter() {
  auto* row = new QHBoxLayout(footer_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(16);
  footerText_ = new ElidedLabel(Qt::ElideMiddle);
  row->addWidget(footerText_, 1);
  try_ = makeLinkButton(tr("Try"));
  try_->setToolTip(tr("Asks its newest checkpoint, and its base model beside it"));
  continue_ = makeLinkButton(tr("Continue"));
  duplicate_ = makeLinkButton(tr("Duplicate"));
  duplicate_->setToolTip(tr("Puts its settings into Configure for a new run"));
  command_ = makeLinkButton(tr("Copy command"));
  command_->setToolTip(tr("The same run from a terminal, to the clipboard"));
  rename_ = makeLinkButton(tr("Rename"));
  rename_->setToolTip(tr("Gives the run another name; its folder keeps its own (F2 on the name)"));
  openFolder_ = makeLinkButton(tr("Open folder"));
  delete_ = makeLinkButton(tr("Delete…"));
  for (QPushButton* button : {try_, continue_, duplicate_, command_, rename_, openFolder_, delete_}) {
    row->addWidget(button);
  }
  connect(try_, &QPushButton::clicked, this, [this] {
    if (const auto record = current()) Q_EMIT tryRequested(*record);
  });
  connect(continue_, &QPushButton::clicked, this, &HistoryPage::goOn);
  connect(duplicate_, &QPushButton::clicked, this, &HistoryPage::duplicate);
  connect(command_, &QPushButton::clicked, this, &HistoryPage::copyCommand);
  connect(rename_, &QPushButton::clicked, this, [this] {
    const QModelIndex name = table_->currentIndex().siblingAtColumn(RunsModel::Name);
    table_->setCurrentIndex(name);
    table_->edit(name);
  });
  connect(model_, &RunsModel::nameEdited, this, &HistoryPage::rename);
  connect(openFolder_, &QPushButton::clicked, this, [this] {
    if (const auto record = current()) QDesktopServices::openUrl(QUrl::fromLocalFile(toQString(record->directory)));
  });
  connect(delete_, &QPushButton::clicked, this, &HistoryPage::confirmDelete);
}

void HistoryPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

void HistoryPage::refresh() {
  struct Lists {
    Expected<std::vector<RunRecord>> runs;
    std::vector<QueuedRun> queue;
  };
  reading_->ask(
      [&engine = engine_, &processes = runs_] {
        // The queue first: a run that begins meanwhile then stands in the table as training.
        auto queue = processes.queue();
        return Lists{engine.runs(), queue ? *std::move(queue) : std::vector<QueuedRun>()};
      },
      [this](Lists lists) {
        if (!lists.runs) {
          emptyCatalogue_ = toQString(lists.runs.error().message);
          model_->setRecords({});
          queue_->setQueue({}, {});
        } else {
          emptyCatalogue_ = tr("No runs yet. Start one in Configure; it will appear here.");
          const auto selected = current();
          queue_->setQueue(lists.queue, *lists.runs);
          model_->setRecords(*std::move(lists.runs));
          // A run that is gone or a table filled for the first time leaves no row to act on: take the newest.
          if ((!selected || !current()) && proxy_->rowCount() > 0) table_->selectRow(0);
        }
        showCount();
      });
}

void HistoryPage::setTraining(bool training) {
  training_ = training;
  showActions();
}

void HistoryPage::setPaused(const std::filesystem::path& directory) {
  model_->setPaused(directory);
}

std::optional<RunRecord> HistoryPage::find(const std::filesystem::path& directory) const {
  const auto& records = model_->records();
  const auto found = std::find_if(records.begin(), records.end(),
                                  [&](const RunRecord& record) { return record.directory == directory; });
  return found == records.end() ? std::nullopt : std::optional(*found);
}

std::vector<RunRecord> HistoryPage::selected() const {
  std::vector<RunRecord> records;
  for (const QModelIndex& row : table_->selectionModel()->selectedRows()) {
    records.push_back(model_->record(proxy_->mapToSource(row).row()));
  }
  return records;
}

void HistoryPage::select(const std::filesystem::path& directory) {
  for (int row = 0; row < model_->rowCount(); ++row) {
    if (model_->record(row).directory != directory) continue;
    const QModelIndex shown = proxy_->mapFromSource(model_->index(row, RunsModel::Name));
    if (!shown.isValid()) search_->clear();
    const QModelIndex found = proxy_->mapFromSource(model_->index(row, RunsModel::Name));
    table_->selectRow(found.row());
    table_->scrollTo(found);
    return;
  }
}

void HistoryPage::toggleMarks() {
  std::vector<int> rows;
  bool all = true;
  for (const QModelIndex& index : table_->selectionModel()->selectedRows(RunsModel::Name)) {
    rows.push_back(proxy_->mapToSource(index).row());
    all = all && index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
  }
  model_->setChecked(rows, !all);
}

std::optional<RunRecord> HistoryPage::current() const {
  if (table_->selectionModel()->selectedRows().size() > 1) return std::nullopt;
  const QModelIndex index = proxy_->mapToSource(table_->currentIndex());
  if (!index.isValid()) return std::nullopt;
  return model_->record(index.row());
}

void HistoryPage::showCount() {
  const int all = model_->rowCount();
  const int shown = proxy_->rowCount();
  count_->setText(all == shown ? plural(all, tr("run"), tr("runs")) : tr("%1 of %2 runs").arg(shown).arg(all));
  table_->setVisible(shown > 0);
  empty_->setVisible(shown == 0);
  empty_->setText(
      all == 0 ? emptyCatalogue_
               : tr("No run matches “%1”. A run is found by its name, date, model, data, method, tags, note or state.")
                     .arg(shortName(search_->text())));
  showActions();
}

void HistoryPage::showActions() {
  const auto record = current();
  const bool any = record.has_value();
  const bool running = any && record->status == "running";
  const bool waiting = any && record->status == "queued";
  open_->setEnabled(any);
  const bool run = any && !record->isExperiment();
  export_->setEnabled(run && record->resumable && !running);
  const bool done = any && record->status == "completed";
  continue_->setText(done ? tr("Train longer…") : tr("Continue"));
  // Whether it can go on, the other machine knows.
  continue_->setEnabled(any && (record->resumable || !record->host.empty()) && !running && !waiting && (run || !done));
  continue_->setToolTip(!any || continue_->isEnabled()
                            ? training_ ? tr("Waits until the run that is training has ended, then continues this one")
                                        : tr("Continues training from the last checkpoint")
                        : running ? tr("This run is training.")
                        : waiting ? tr("This run waits for its turn.")
                                  : tr("This run ended before its first checkpoint was saved."));
  try_->setEnabled(run && record->resumable);
  duplicate_->setEnabled(run);
  command_->setEnabled(run);
  rename_->setEnabled(any && !running);
  openFolder_->setEnabled(any);
  showSelection();
}

void HistoryPage::showSelection() {
  const auto records = selected();
  std::int64_t bytes = 0;
  for (const RunRecord& record : records) bytes += record.diskBytes;
  delete_->setEnabled(
      std::any_of(records.begin(), records.end(), [](const RunRecord& record) { return !record.trainsHere(); }));
  footerText_->setText(records.empty() ? QString()
                       : records.size() == 1
                           ? toQString(records.front().directory)
                           : tr("%1 runs are selected, %2 on disk. Space marks them for the comparison.")
                                 .arg(formatCount(static_cast<std::int64_t>(records.size())), formatBytes(bytes)));
  notes_->setRuns(records);
}

void HistoryPage::startExperiment() {
  ExperimentDialog dialog(preferences_, this);
  if (dialog.exec() != QDialog::Accepted) return;
  pool_.run([self = QPointer<HistoryPage>(this), &runs = runs_, order = dialog.order()]() -> std::function<void()> {
    const auto folder = runs.startExperiment(order);
    return [self, folder] {
      if (!self) return;
      if (!folder) self->say(tr("The experiment was not started"), toQString(folder.error().message));
      self->refresh();
    };
  });
}

void HistoryPage::showExperiment(const RunRecord& record) {
  ExperimentView view(engine_, runs_, pool_, record, this);
  connect(&view, &ExperimentView::changed, this, &HistoryPage::refresh);
  view.exec();
  refresh();
}

void HistoryPage::duplicate() {
  const auto record = current();
  if (!record) return;
  duplicating_->ask([&engine = engine_, directory = record->directory] { return engine.runConfig(directory); },
                    [this, name = toQString(record->name)](const Expected<RunConfig>& config) {
                      if (!config) {
                        say(tr("The settings were not read"), toQString(config.error().message));
                        return;
                      }
                      RunConfig copy = *config;
                      copy.out.clear();  // the new run gets a folder of its own
                      Q_EMIT duplicateRequested(copy, name);
                    });
}

void HistoryPage::goOn() {
  const auto record = current();
  if (!record) return;
  if (record->status != "completed") {
    Q_EMIT resumeRequested(*record);
    return;
  }
  constexpr int kMost = std::numeric_limits<int>::max();
  const int done = static_cast<int>(std::min<std::int64_t>(record->step, kMost / 2));
  bool wanted = false;
  const int steps = QInputDialog::getInt(
      this, tr("Train longer"),
      tr("Steps in all (%1 are done). The learning rate goes on along the longer schedule.").arg(formatCount(done)),
      2 * done, done + 1, kMost, 1, &wanted);
  if (!wanted) return;
  extending_->ask(
      [&engine = engine_, directory = record->directory, steps] { return engine.extendRun(directory, steps); },
      [this, run = *record](const Status& status) {
        if (status) {
          Q_EMIT resumeRequested(run);
        } else {
          say(tr("The run was not continued"), toQString(status.error().message));
        }
      });
}

void HistoryPage::copyCommand() {
  const auto record = current();
  if (!record) return;
  duplicating_->ask([&engine = engine_, directory = record->directory] { return engine.runConfig(directory); },
                    [this](const Expected<RunConfig>& config) {
                      if (!config) {
                        say(tr("The settings were not read"), toQString(config.error().message));
                        return;
                      }
                      RunConfig copy = *config;
                      copy.out.clear();
                      QGuiApplication::clipboard()->setText(toQString(configCommand(copy)));
                      footerText_->setText(tr("The command is in the clipboard."));
                    });
}

void HistoryPage::exportRun(const RunRecord& record) {
  ExportDialog dialog(engine_, pool_, theme_, record, home_ / "exports", this);
  connect(&dialog, &ExportDialog::exported, this, &HistoryPage::refresh);
  dialog.exec();
}

void HistoryPage::rename(const RunRecord& record, const QString& name) {
  renaming_->ask([&engine = engine_, directory = record.directory,
                  text = name.toStdString()] { return engine.renameRun(directory, text); },
                 [this](const Status& status) {
                   if (!status) say(tr("The run was not renamed"), toQString(status.error().message));
                   refresh();
                 });
}

void HistoryPage::annotate(const std::vector<std::filesystem::path>& runs, const RunNotesChange& change) {
  // Of notes every one counts, not the newest alone.
  pool_.run([&engine = engine_, runs, change, page = QPointer(this)] {
    Status done;
    for (const auto& run : runs) {
      const Status one = engine.annotateRun(run, change);
      if (done) done = one;
    }
    return [page, done] {
      if (page == nullptr) return;
      if (!done) page->say(tr("The notes were not saved"), toQString(done.error().message));
      page->refresh();
    };
  });
}

void HistoryPage::confirmDelete() {
  std::vector<std::filesystem::path> runs;
  std::int64_t bytes = 0;
  const auto records = selected();
  for (const RunRecord& record : records) {
    if (record.trainsHere()) continue;
    runs.push_back(record.directory);
    bytes += record.diskBytes;
  }
  if (runs.empty()) return;
  QMessageBox box(this);
  box.setIcon(QMessageBox::Warning);
  box.setWindowTitle(runs.size() == 1 ? tr("Delete run") : tr("Delete runs"));
  const bool one = records.size() == 1;
  box.setText(one ? tr("Delete %1 with all its files?").arg(shortName(toQString(records.front().name)))
                  : tr("Delete %1 with all their files?")
                        .arg(plural(static_cast<std::int64_t>(runs.size()), tr("run"), tr("runs"))));
  QString more =
      one ? tr("%1 of checkpoints, curves and logs in %2 are deleted for good. Exported models elsewhere stay.")
                .arg(formatBytes(bytes), toQString(runs.front()))
          : tr("%1 of checkpoints, curves and logs are deleted for good. Exported models elsewhere stay.")
                .arg(formatBytes(bytes));
  if (runs.size() < records.size()) more += QLatin1Char(' ') + tr("What is training stays.");
  box.setInformativeText(more);
  QPushButton* yes = box.addButton(tr("Delete files"), QMessageBox::DestructiveRole);
  box.setDefaultButton(box.addButton(tr("Keep"), QMessageBox::RejectRole));
  box.exec();
  if (box.clickedButton() == yes) deleteRuns(runs);
}

void HistoryPage::deleteRuns(const std::vector<std::filesystem::path>& runs) {
  struct Deleted {
    std::vector<std::filesystem::path> runs;
    Status status;  ///< the first that stayed
  };
  deleting_->ask(
      [&engine = engine_, runs] {
        Deleted deleted;
        for (const auto& run : runs) {
          const Status done = engine.deleteRun(run);
          if (done) {
            deleted.runs.push_back(run);
          } else if (deleted.status) {
            deleted.status = done;
          }
        }
        return deleted;
      },
      [this, runs](const Deleted& deleted) {
        for (const auto& run : deleted.runs) preferences_.forgetRun(toQString(run));
        if (!deleted.status) {
          say(runs.size() == 1 ? tr("The run was not deleted")
                               : tr("%1 of %2 runs were deleted").arg(deleted.runs.size()).arg(runs.size()),
              toQString(deleted.status.error().message));
        }
        refresh();
      });
}

void HistoryPage::say(const QString& title, const QString& text) {
  QMessageBox box(QMessageBox::Warning, title, title, QMessageBox::Ok, this);
  box.setInformativeText(text);
  box.exec();
}

}  // namespace rosa::ui
