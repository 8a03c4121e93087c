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
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QUrl>
#include <algorithm>
#include <array>
#include <limits>

#include "jobs/latest_job.h"
#include "models/runs_model.h"
#include "pages/history/comparison_table.h"
#include "pages/history/export_dialog.h"
#include "pages/history/queue_card.h"
#include "pages/history/runs_delegate.h"
#include "plots/comparison_plot.h"
#include "settings/icons.h"
#include "settings/preferences.h"
#include "widgets/buttons.h"
#include "widgets/card.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

/// Column widths in characters of the body font; the name takes what is left.
constexpr std::array<std::pair<RunsModel::Column, int>, 10> kWidths = {{{RunsModel::Date, 13},
                                                                        {RunsModel::Model, 15},
                                                                        {RunsModel::Data, 12},
                                                                        {RunsModel::Method, 9},
                                                                        {RunsModel::Rank, 6},
                                                                        {RunsModel::Metric, 17},
                                                                        {RunsModel::Memory, 10},
                                                                        {RunsModel::Time, 8},
                                                                        {RunsModel::Loss, 9},
                                                                        {RunsModel::State, 13}}};

/// Bytes of all files below `folder`; what cannot be read counts nothing.
std::int64_t folderBytes(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::int64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) bytes += static_cast<std::int64_t>(it->file_size(ignored));
  }
  return bytes;
}

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
      proxy_(new QSortFilterProxyModel(this)),
      reading_(new LatestJob(pool, this)),
      comparing_(new LatestJob(pool, this)),
      duplicating_(new LatestJob(pool, this)),
      deleting_(new LatestJob(pool, this)),
      renaming_(new LatestJob(pool, this)),
      extending_(new LatestJob(pool, this)),
      queue_(new QueueCard(runs, pool)),
      count_(makeLabel({}, TextSize::Body, Tone::Muted)),
      search_(new QLineEdit),
      export_(makeButton(tr("Export…"))),
      open_(makePrimaryButton(tr("Open"))),
      table_(new QTableView),
      delegate_(new RunsDelegate(*model_, theme, table_)),
      empty_(makeLabel({}, TextSize::Body, Tone::Muted)),
      losses_(new ComparisonPlot(theme)),
      comparison_(new ComparisonTable(theme)),
      compareArea_(new QWidget),
      footer_(new QWidget(this)) {
  footer_->hide();
  auto* header = new QHBoxLayout;
  header->setSpacing(8);
  header->addWidget(makeLabel(tr("History"), TextSize::Title, Tone::Normal, QFont::DemiBold), 0, Qt::AlignBaseline);
  header->addWidget(count_, 0, Qt::AlignBaseline);
  header->addStretch();
  search_->setPlaceholderText(tr("Search name, model, data …"));
  search_->setAccessibleName(tr("Search runs"));
  search_->setClearButtonEnabled(true);
  search_->addAction(lineIcon(QStringLiteral("search")), QLineEdit::LeadingPosition);
  search_->setMinimumWidth(fontMetrics().averageCharWidth() * 40);
  header->addWidget(search_);
  header->addWidget(export_);
  header->addWidget(open_);

  proxy_->setSourceModel(model_);
  proxy_->setSortRole(RunsModel::SortRole);
  proxy_->setFilterRole(RunsModel::SearchRole);
  proxy_->setFilterCaseSensitivity(Qt::CaseInsensitive);

  table_->setModel(proxy_);
  table_->setItemDelegate(delegate_);
  table_->setFrameShape(QFrame::NoFrame);
  table_->setShowGrid(false);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
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

  empty_->setAlignment(Qt::AlignCenter);
  empty_->setWordWrap(true);
  auto* tableCard = new Card;
  tableCard->body()->setContentsMargins(4, 4, 4, 4);
  tableCard->body()->addWidget(table_, 1);
  tableCard->body()->addWidget(empty_, 1);

  auto* compareRow = new QHBoxLayout(compareArea_);
  compareRow->setContentsMargins(0, 0, 0, 0);
  compareRow->setSpacing(12);
  compareRow->addWidget(losses_, 3);
  compareRow->addWidget(comparison_, 2);
  compareArea_->hide();

  auto* page = new QVBoxLayout(this);
  page->setContentsMargins(24, 16, 24, 16);
  page->setSpacing(12);
  page->addLayout(header);
  page->addWidget(queue_);
  page->addWidget(tableCard, 1);
  page->addWidget(compareArea_, 1);
  buildFooter();

  connect(search_, &QLineEdit::textChanged, proxy_, &QSortFilterProxyModel::setFilterFixedString);
  connect(search_, &QLineEdit::textChanged, this, [this] {
    // A row that the search hid is no longer the one to act on.
    if (!table_->currentIndex().isValid() && proxy_->rowCount() > 0) table_->selectRow(0);
    showCount();
  });
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &HistoryPage::showActions);
  // A click beside the rows takes the mark away, not the run that the buttons act on.
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this](const QItemSelection& now) {
    if (now.isEmpty() && table_->currentIndex().isValid()) table_->selectRow(table_->currentIndex().row());
  });
  connect(table_, &QTableView::entered, this, [this](const QModelIndex& index) { setHoveredRow(index.row()); });
  connect(table_, &QTableView::activated, open_, &QPushButton::click);
  connect(model_, &RunsModel::checkedChanged, this, &HistoryPage::compare);
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
  if (event->type() == QEvent::Leave) setHoveredRow(-1);
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

std::optional<RunRecord> HistoryPage::current() const {
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
  empty_->setText(all == 0 ? emptyCatalogue_
                           : tr("No run matches “%1”. A run is found by its name, date, model, data, method or state.")
                                 .arg(shortName(search_->text())));
  showActions();
}

void HistoryPage::showActions() {
  const auto record = current();
  const bool any = record.has_value();
  const bool running = any && record->status == "running";
  const bool waiting = any && record->status == "queued";
  open_->setEnabled(any);
  export_->setEnabled(any && record->resumable && !running);
  const bool done = any && record->status == "completed";
  continue_->setText(done ? tr("Train longer…") : tr("Continue"));
  continue_->setEnabled(any && record->resumable && !running && !waiting);
  continue_->setToolTip(!any || continue_->isEnabled()
                            ? training_ ? tr("Waits until the run that is training has ended, then continues this one")
                                        : tr("Continues training from the last checkpoint")
                        : running ? tr("This run is training.")
                        : waiting ? tr("This run waits for its turn.")
                                  : tr("This run ended before its first checkpoint was saved."));
  try_->setEnabled(any && record->resumable);
  duplicate_->setEnabled(any);
  command_->setEnabled(any);
  rename_->setEnabled(any && !running);
  openFolder_->setEnabled(any);
  delete_->setEnabled(any && !running);
  footerText_->setText(any ? toQString(record->directory) : QString());
}

void HistoryPage::compare() {
  const std::vector<RunRecord> checked = model_->checked();
  compareArea_->setVisible(!checked.empty());
  if (checked.empty()) {
    comparing_->cancel();
    return;
  }
  comparing_->ask(
      [&engine = engine_, checked] {
        std::pair<std::vector<ComparedRun>, std::vector<RunCurves>> compared;
        for (const RunRecord& record : checked) {
          auto config = engine.runConfig(record.directory);
          compared.first.push_back({record, config ? std::optional(*config) : std::nullopt});
          // A run whose events cannot be read has its figures all the same.
          RunCurves curves;
          if (const auto events = engine.runEvents(record.directory)) {
            for (const Event& event : *events) curves.take(event);
          }
          compared.second.push_back(std::move(curves));
        }
        return compared;
      },
      [this](std::pair<std::vector<ComparedRun>, std::vector<RunCurves>> compared) {
        std::vector<RunLook> looks;
        std::vector<ComparedCurve> curves;
        for (std::size_t i = 0; i < compared.first.size(); ++i) {
          const RunLook look = model_->look(compared.first[i].record);
          looks.push_back(look);
          curves.push_back(
              {toQString(compared.first[i].record.name), std::move(compared.second[i]), look.color, look.dashed});
        }
        comparison_->setRuns(compared.first, looks);
        losses_->setCurves(std::move(curves));
      });
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

void HistoryPage::confirmDelete() {
  const auto record = current();
  if (!record) return;
  deleting_->ask([directory = record->directory] { return folderBytes(directory); },
                 [this, run = *record](std::int64_t bytes) {
                   QMessageBox box(this);
                   box.setIcon(QMessageBox::Warning);
                   box.setWindowTitle(tr("Delete run"));
                   box.setText(tr("Delete %1 with all its files?").arg(shortName(toQString(run.name))));
                   box.setInformativeText(tr("%1 of checkpoints, curves and logs in %2 are deleted for good. Exported "
                                             "models elsewhere stay.")
                                              .arg(formatBytes(bytes), toQString(run.directory)));
                   QPushButton* yes = box.addButton(tr("Delete files"), QMessageBox::DestructiveRole);
                   box.setDefaultButton(box.addButton(tr("Keep"), QMessageBox::RejectRole));
                   box.exec();
                   if (box.clickedButton() == yes) deleteRun(run);
                 });
}

void HistoryPage::deleteRun(const RunRecord& record) {
  deleting_->ask([&engine = engine_, directory = record.directory] { return engine.deleteRun(directory); },
                 [this, record](const Status& status) {
                   if (status) {
                     preferences_.forgetRun(toQString(record.directory));
                   } else {
                     say(tr("The run was not deleted"), toQString(status.error().message));
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
