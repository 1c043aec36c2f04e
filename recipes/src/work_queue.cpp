#include "conclave/recipes/work_queue.hpp"

#include "conclave/recipes_core/names.hpp"
#include "hold_access.hpp"
#include "work_item.hpp"

namespace conclave::recipes {

struct WorkQueue::State {
  State(Client& client, const std::string& name, const WorkQueueOptions& options)
      : base(client),
        valid(core::check_name(name)),
        queue(base.hub, {options.ttl, options.owner.empty() ? default_owner() : options.owner}, core::directory_of("queue", name)) {
  }
  ~State() {
    base.loop->post([queue = queue, hub = base.hub] { queue.stop(); });
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  Base base;
  Result<void> valid;
  core::WorkQueue queue;
};

namespace {

using ListedState = core::ListedItem::State;

ItemState state_of(ListedState state) {
  switch (state) {
    case ListedState::ready: return ItemState::ready;
    case ListedState::taken: return ItemState::taken;
    case ListedState::delayed: return ItemState::delayed;
    case ListedState::returning: return ItemState::returning;
    case ListedState::dead: return ItemState::dead;
  }
  return ItemState::ready;
}

core::Shelf shelf_of(ItemState state) {
  if (state == ItemState::ready) return core::Shelf::ready;
  return state == ItemState::dead ? core::Shelf::dead : core::Shelf::held;
}

QueuedItem queued(const core::ListedItem& item) {
  const core::ItemRecord& record = item.record;
  return {record.item,  state_of(item.state), record.priority, record.attempts, record.attempts_max, people_time(record.at_millis),
          record.owner, item.holder,          record.error};
}

QueueCounts counts_of(const core::QueueCounts& counted) {
  QueueCounts counts{counted.ready, counted.delayed, counted.taken, counted.returning, counted.dead, {}};
  if (counted.first) counts.first = queued({*counted.first, ListedState::ready, {}});
  return counts;
}

QueuePage page_of(core::ItemPage listed) {
  QueuePage page{{}, std::move(listed.next)};
  for (const core::ListedItem& item : listed.items) page.items.push_back(queued(item));
  return page;
}

Duration patience_of(const TakeOptions& options) {
  return options.hold_for > std::chrono::milliseconds::zero() ? Duration(options.hold_for) : Duration::max();
}

}  // namespace

WorkQueue::WorkQueue(Client& client, std::string name, WorkQueueOptions options)
    : state_(std::make_unique<State>(client, name, options)) {}
WorkQueue::WorkQueue(WorkQueue&&) noexcept = default;
WorkQueue& WorkQueue::operator=(WorkQueue&&) noexcept = default;
WorkQueue::~WorkQueue() = default;

void WorkQueue::push(std::string body, PushOptions options, std::function<void(Result<Pushed>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  core::PushRequest request{std::move(body), std::move(options.id), options.priority, options.attempts_max, options.delay};
  run<core::Pushed>(
      state_->base.loop, wait,
      [queue = state_->queue, request = std::move(request)](core::Call call) { return queue.push(request, std::move(call)); },
      [done = std::move(done)](Result<core::Pushed> pushed) {
        if (!pushed) return done(fail(std::move(pushed.error())));
        done(Pushed{std::move(pushed->id), pushed->is_new});
      });
}
Result<Pushed> WorkQueue::push(std::string body, PushOptions options, Wait wait) {
  return blocking<Pushed>(*state_->base.loop, [&](auto done) { push(std::move(body), std::move(options), std::move(done), wait); });
}

void WorkQueue::take(TakeOptions options, std::function<void(Result<WorkItem>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run<core::TakenItemPtr>(
      state_->base.loop, wait,
      [queue = state_->queue, patience = patience_of(options)](core::Call call) {
        return queue.take(true, patience, std::move(call));
      },
      [loop = state_->base.loop, done = std::move(done)](Result<core::TakenItemPtr> item) {
        if (!item) return done(fail(std::move(item.error())));
        done(WorkItemAccess::make(loop, std::move(*item)));
      });
}
Result<WorkItem> WorkQueue::take(TakeOptions options, Wait wait) {
  return blocking<WorkItem>(*state_->base.loop, [&](auto done) { take(options, std::move(done), wait); });
}

void WorkQueue::try_take(TakeOptions options, std::function<void(Result<std::optional<WorkItem>>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run<core::TakenItemPtr>(
      state_->base.loop, wait,
      [queue = state_->queue, patience = patience_of(options)](core::Call call) {
        return queue.take(false, patience, std::move(call));
      },
      [loop = state_->base.loop, done = std::move(done)](Result<core::TakenItemPtr> item) {
        if (!item) return done(fail(std::move(item.error())));
        std::optional<WorkItem> taken;
        if (*item) taken.emplace(WorkItemAccess::make(loop, std::move(*item)));
        done(std::move(taken));
      });
}
Result<std::optional<WorkItem>> WorkQueue::try_take(TakeOptions options, Wait wait) {
  return blocking<std::optional<WorkItem>>(*state_->base.loop, [&](auto done) { try_take(options, std::move(done), wait); });
}

void WorkQueue::acknowledge(std::function<void(Result<void>)> done, Guard detached, Wait wait) {
  if (!state_->valid) return done(state_->valid);
  run_to_end(
      state_->base.loop, wait,
      [queue = state_->queue, claim = std::move(detached)](core::Call call) {
        return core::acknowledge_claim(queue.hub(), queue.keys(), claim, std::move(call));
      },
      std::move(done));
}
Result<void> WorkQueue::acknowledge(Guard detached, Wait wait) {
  return blocking<void>(*state_->base.loop, [&](auto done) { acknowledge(std::move(done), std::move(detached), wait); });
}
void WorkQueue::reject(std::function<void(Result<void>)> done, Guard detached, std::string why, std::chrono::milliseconds delay,
                       Wait wait) {
  if (!state_->valid) return done(state_->valid);
  run_to_end(
      state_->base.loop, wait,
      [queue = state_->queue, claim = std::move(detached), why = std::move(why), delay](core::Call call) {
        return core::reject_claim(queue.hub(), queue.keys(), claim, delay, why, std::move(call));
      },
      std::move(done));
}
Result<void> WorkQueue::reject(Guard detached, std::string why, std::chrono::milliseconds delay, Wait wait) {
  return blocking<void>(*state_->base.loop,
                        [&](auto done) { reject(std::move(done), std::move(detached), std::move(why), delay, wait); });
}

void WorkQueue::counts(std::function<void(Result<QueueCounts>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run_and_convert<core::QueueCounts>(
      state_->base.loop, wait, [queue = state_->queue](core::Call call) { return queue.counts(std::move(call)); }, std::move(done),
      counts_of);
}
Result<QueueCounts> WorkQueue::counts(Wait wait) {
  return blocking<QueueCounts>(*state_->base.loop, [&](auto done) { counts(std::move(done), wait); });
}

void WorkQueue::list(std::function<void(Result<QueuePage>)> done, ItemState state, std::string from, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run_and_convert<core::ItemPage>(
      state_->base.loop, wait,
      [queue = state_->queue, shelf = shelf_of(state), from = std::move(from)](core::Call call) {
        return core::list_items(queue.hub(), queue.keys(), shelf, from, core::page_rows_max, std::move(call));
      },
      std::move(done), page_of);
}
Result<QueuePage> WorkQueue::list(ItemState state, std::string from, Wait wait) {
  return blocking<QueuePage>(*state_->base.loop, [&](auto done) { list(std::move(done), state, std::move(from), wait); });
}

void WorkQueue::revive(std::function<void(Result<bool>)> done, std::string id, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run<bool>(
      state_->base.loop, wait,
      [queue = state_->queue, id = std::move(id)](core::Call call) {
        return core::revive_item(queue.hub(), queue.keys(), id, std::move(call));
      },
      std::move(done));
}
Result<bool> WorkQueue::revive(std::string id, Wait wait) {
  return blocking<bool>(*state_->base.loop, [&](auto done) { revive(std::move(done), std::move(id), wait); });
}
void WorkQueue::discard(std::function<void(Result<bool>)> done, std::string id, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run<bool>(
      state_->base.loop, wait,
      [queue = state_->queue, id = std::move(id)](core::Call call) {
        return core::discard_item(queue.hub(), queue.keys(), id, std::move(call));
      },
      std::move(done));
}
Result<bool> WorkQueue::discard(std::string id, Wait wait) {
  return blocking<bool>(*state_->base.loop, [&](auto done) { discard(std::move(done), std::move(id), wait); });
}

}  // namespace conclave::recipes
