#include "watcher.hpp"

#include <algorithm>
#include <asio/post.hpp>
#include <utility>
#include <vector>

namespace conclave::scheduler::api {
namespace {

constexpr Duration confirm_every = seconds(2);

}  // namespace

Watcher::Watcher(asio::io_context& io, recipes::Base base, const Keys& keys, std::chrono::milliseconds patience,
                 std::function<void()> changed)
    : io_(io),
      base_(std::move(base)),
      live_(keys),
      patience_(patience),
      changed_(std::move(changed)),
      view_(std::make_shared<recipes::core::View>(base_.hub->store(), keys.directory(), confirm_every)) {}

void Watcher::start() {
  base_.loop->post([self = shared_from_this()] {
    self->on_view_ = self->view_->on_change([weak = self->weak_from_this()](const recipes::core::MirrorChange& change) {
      const auto watcher = weak.lock();
      if (watcher == nullptr) return;
      asio::post(watcher->io_,
                 [watcher, copy = std::make_shared<const recipes::core::MirrorChange>(change)] { watcher->take(*copy); });
    });
    self->view_->start();
  });
}

void Watcher::stop() {
  is_stopped_ = true;
  base_.loop->post([self = shared_from_this()] {
    self->on_view_.end();
    self->view_->stop();
  });
}

void Watcher::take(const recipes::core::MirrorChange& change) {
  if (is_stopped_) return;
  std::vector<RowChange> rows;
  rows.reserve(change.keys.size());
  for (const recipes::core::KeyChange& key : change.keys) {
    RowChange row{key.key, {}};
    if (key.after) row.row = Row{key.after->value, key.after->create_revision, key.after->mod_revision, key.after->lease};
    rows.push_back(row);
  }
  live_.apply(change.revision, rows);
  changed_();
}

std::optional<Duration> Watcher::age() const {
  const auto confirmed = view_->confirmed_at();
  if (!confirmed || !live_.is_filled()) return std::nullopt;
  return std::max(Duration::zero(), base_.loop->time() - *confirmed);
}

void Watcher::sync(Synced then) {
  waiting_.push_back(std::move(then));
  if (!is_asking_) ask();
}

void Watcher::ask() {
  is_asking_ = true;
  // What the view told of before is on its way to this thread, and so is before what is posted now.
  recipes::run<Revision>(
      base_.loop, recipes::Wait{patience_, {}},
      [view = view_](recipes::core::Call call) { return recipes::core::View::sync(view, std::move(call)); },
      [self = shared_from_this(), asked = std::exchange(waiting_, {})](Result<Revision> revision) {
        asio::post(self->io_, [self, asked, revision = std::move(revision)] {
          self->is_asking_ = false;
          for (const Synced& then : asked) then(revision);
          if (!self->waiting_.empty() && !self->is_asking_) self->ask();
        });
      });
}

}  // namespace conclave::scheduler::api
