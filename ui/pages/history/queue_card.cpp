// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/queue_card.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QListWidget>
#include <QPointer>
#include <QPushButton>
#include <algorithm>
#include <utility>

#include "jobs/job_pool.h"
#include "models/setting_words.h"
#include "widgets/buttons.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr int kRowPadding = 12;
constexpr int kMostRows = 4;  // of the list's height; the rest is scrolled

std::filesystem::path folderOf(const QListWidgetItem& item) {
  return item.data(Qt::UserRole).toString().toStdString();
}

QString lineOf(std::size_t place, const QueuedRun& entry, const std::vector<RunRecord>& records) {
  const auto found = std::ranges::find(records, entry.folder, &RunRecord::directory);
  if (found == records.end()) return QStringLiteral("%1   %2").arg(place + 1).arg(toQString(entry.folder.filename()));
  QStringList parts;
  if (!found->method.empty()) parts << methodName(found->method);
  if (!found->rank.empty()) parts << QObject::tr("rank %1").arg(toQString(found->rank));
  parts << toQString(found->model) << toQString(found->data);
  if (entry.resume) parts << QObject::tr("goes on from step %1").arg(formatCount(found->step));
  return QStringLiteral("%1   %2   %3")
      .arg(place + 1)
      .arg(shortName(toQString(found->name)), parts.join(QStringLiteral(" · ")));
}

}  // namespace

QueueCard::QueueCard(Runs& runs, JobPool& pool, QWidget* parent)
    : Card(tr("Queue"), parent),
      runs_(runs),
      pool_(pool),
      list_(new QListWidget),
      first_(makeLinkButton(tr("Start next"))),
      remove_(makeLinkButton(tr("Remove from queue"))) {
  first_->setToolTip(tr("Moves the run to the front (Ctrl+Up moves it by one)"));
  remove_->setToolTip(tr("The run stays in History and can be continued or deleted there (Delete)"));
  header()->addStretch();
  header()->addWidget(first_);
  header()->addWidget(remove_);
  list_->setAccessibleName(tr("Waiting runs"));
  list_->setFrameShape(QFrame::NoFrame);
  list_->setDragDropMode(QAbstractItemView::InternalMove);
  list_->setDefaultDropAction(Qt::MoveAction);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->installEventFilter(this);
  body()->addWidget(list_);
  connect(list_->model(), &QAbstractItemModel::rowsMoved, this,
          [this](const QModelIndex&, int from, int, const QModelIndex&, int to) {
            // Where it stands now: the model counts the place before the row was taken out.
            const int now = to > from ? to - 1 : to;
            const auto folder = folderOf(*list_->item(now));
            change([folder, now](Runs& queue) { return queue.move(folder, static_cast<std::size_t>(now)); });
          });
  connect(list_, &QListWidget::currentRowChanged, this, &QueueCard::showActions);
  connect(first_, &QPushButton::clicked, this, [this] { moveTo(list_->currentRow(), 0); });
  connect(remove_, &QPushButton::clicked, this, &QueueCard::removeCurrent);
  hide();
}

void QueueCard::setQueue(const std::vector<QueuedRun>& queue, const std::vector<RunRecord>& records) {
  const auto* before = list_->currentItem();
  const QString kept = before != nullptr ? before->data(Qt::UserRole).toString() : QString();
  list_->clear();
  for (std::size_t place = 0; place < queue.size(); ++place) {
    auto* item = new QListWidgetItem(lineOf(place, queue[place], records), list_);
    item->setData(Qt::UserRole, toQString(queue[place].folder));
    item->setSizeHint(QSize(0, fontMetrics().height() + kRowPadding));
    if (item->data(Qt::UserRole).toString() == kept) list_->setCurrentItem(item);
  }
  if (list_->currentRow() < 0 && list_->count() > 0) list_->setCurrentRow(0);
  const int rows = std::clamp(list_->count(), 1, kMostRows);
  list_->setFixedHeight(rows * (fontMetrics().height() + kRowPadding) + 2 * list_->frameWidth());
  setVisible(!queue.empty());
  showActions();
}

void QueueCard::moveTo(int from, int to) {
  if (from < 0 || to < 0 || to >= list_->count() || from == to) return;
  const auto folder = folderOf(*list_->item(from));
  change([folder, to](Runs& queue) { return queue.move(folder, static_cast<std::size_t>(to)); });
}

void QueueCard::removeCurrent() {
  const auto* item = list_->currentItem();
  if (item == nullptr) return;
  change([folder = folderOf(*item)](Runs& queue) { return queue.withdraw(folder); });
}

void QueueCard::change(std::function<Status(Runs&)> work) {
  pool_.run([self = QPointer<QueueCard>(this), &runs = runs_, work = std::move(work)]() -> std::function<void()> {
    const Status status = work(runs);
    return [self, status] {
      if (!self) return;
      if (!status) Q_EMIT self->failed(toQString(status.error().message));
      Q_EMIT self->changed();
    };
  });
}

void QueueCard::showActions() {
  const int row = list_->currentRow();
  first_->setEnabled(row > 0);
  remove_->setEnabled(row >= 0);
}

bool QueueCard::eventFilter(QObject* watched, QEvent* event) {
  if (watched == list_ && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    const int row = list_->currentRow();
    const bool control = key->modifiers() == Qt::ControlModifier;
    if (control && (key->key() == Qt::Key_Up || key->key() == Qt::Key_Down)) {
      moveTo(row, key->key() == Qt::Key_Up ? row - 1 : row + 1);
      return true;
    }
    if (key->key() == Qt::Key_Delete) {
      removeCurrent();
      return true;
    }
  }
  return Card::eventFilter(watched, event);
}

}  // namespace rosa::ui
