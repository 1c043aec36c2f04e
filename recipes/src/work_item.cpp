#include "work_item.hpp"

#include <utility>

#include "hold_access.hpp"
#include "teller.hpp"

namespace conclave::recipes {

struct WorkItem::State {
  std::shared_ptr<ClientLoop> loop;
  core::TakenItemPtr item;
  Teller teller;
  /// On the client's thread alone.
  std::shared_ptr<std::vector<core::Subscription>> told = std::make_shared<std::vector<core::Subscription>>();
};

WorkItem::WorkItem() = default;
WorkItem::WorkItem(std::unique_ptr<State> state) : state_(std::move(state)) {}
WorkItem::WorkItem(WorkItem&&) noexcept = default;
WorkItem& WorkItem::operator=(WorkItem&& other) noexcept {
  if (this != &other) {
    const WorkItem old(std::move(*this));
    state_ = std::move(other.state_);
  }
  return *this;
}

/// The last reference is let go of on the client's thread, where the item is given back.
WorkItem::~WorkItem() {
  if (!state_) return;
  state_->teller.close();
  const auto loop = state_->loop;
  loop->post([state = std::shared_ptr<State>(std::move(state_))] {
    state->told->clear();
    state->item.reset();
  });
}

namespace {
const core::ItemRecord no_record;
const std::string no_text;
const Guard no_guard;
}  // namespace

const std::string& WorkItem::id() const { return state_ ? state_->item->record().item : no_record.item; }
const std::string& WorkItem::body() const { return state_ ? state_->item->body() : no_text; }
unsigned WorkItem::priority() const { return state_ ? state_->item->record().priority : 0; }
std::uint64_t WorkItem::attempt() const { return state_ ? state_->item->record().attempts : 0; }
std::uint64_t WorkItem::attempts_max() const { return state_ ? state_->item->record().attempts_max : 0; }
std::chrono::system_clock::time_point WorkItem::pushed_at() const {
  return people_time(state_ ? state_->item->record().at_millis : 0);
}
const std::string& WorkItem::pushed_by() const { return state_ ? state_->item->record().owner : no_text; }
bool WorkItem::is_held() const { return state_ && state_->item->is_held(); }
const Guard& WorkItem::guard() const { return state_ ? state_->item->claim()->guard() : no_guard; }

void WorkItem::on_lost(std::function<void()> handler) {
  if (!state_) return;
  state_->loop->post([item = state_->item, told = state_->told, handler = state_->teller.pass(std::move(handler))] {
    if (item->lost().raised()) return handler();
    told->push_back(item->lost().on_raise(handler));
  });
}

void WorkItem::extend(std::chrono::milliseconds span) {
  if (!state_) return;
  state_->item->extend(state_->loop->time() + span);
  state_->loop->post([item = state_->item] { item->arm(); });
}

void WorkItem::acknowledge(std::function<void(Result<void>)> done, std::vector<Op> with, Wait wait) {
  if (!state_) return done(fail(Errc::fenced, "there is no item"));
  run_to_end(
      state_->loop, wait,
      [item = state_->item, with = std::move(with)](core::Call call) {
        return core::WorkQueue::acknowledge(item, with, std::move(call));
      },
      std::move(done));
}
Result<void> WorkItem::acknowledge(std::vector<Op> with, Wait wait) {
  if (!state_) return fail(Errc::fenced, "there is no item");
  return blocking<void>(*state_->loop, [&](auto done) { acknowledge(std::move(done), std::move(with), wait); });
}

void WorkItem::reject(std::function<void(Result<void>)> done, std::string why, std::chrono::milliseconds delay, Wait wait) {
  if (!state_) return done(fail(Errc::fenced, "there is no item"));
  run_to_end(
      state_->loop, wait,
      [item = state_->item, why = std::move(why), delay](core::Call call) {
        return core::WorkQueue::reject(item, delay, why, std::move(call));
      },
      std::move(done));
}
Result<void> WorkItem::reject(std::string why, std::chrono::milliseconds delay, Wait wait) {
  if (!state_) return fail(Errc::fenced, "there is no item");
  return blocking<void>(*state_->loop, [&](auto done) { reject(std::move(done), std::move(why), delay, wait); });
}

void WorkItem::detach(std::function<void(Result<Guard>)> done, std::chrono::milliseconds ttl, Wait wait) {
  if (!state_) return done(fail(Errc::fenced, "there is no item"));
  run<Guard>(
      state_->loop, wait,
      [item = state_->item, ttl](core::Call call) { return core::WorkQueue::detach(item, ttl, std::move(call)); }, std::move(done));
}
Result<Guard> WorkItem::detach(std::chrono::milliseconds ttl, Wait wait) {
  if (!state_) return fail(Errc::fenced, "there is no item");
  return blocking<Guard>(*state_->loop, [&](auto done) { detach(std::move(done), ttl, wait); });
}

WorkItem WorkItemAccess::make(std::shared_ptr<ClientLoop> loop, core::TakenItemPtr item) {
  auto state = std::make_unique<WorkItem::State>();
  state->loop = std::move(loop);
  state->item = std::move(item);
  return WorkItem(std::move(state));
}

}  // namespace conclave::recipes
