#include "conclave/c/queue.h"

#include "conclave/recipes/work_queue.hpp"
#include "held.hpp"
#include "item.hpp"

struct conclave_queue : conclave::c::RecipeHandle<conclave::recipes::WorkQueue> {
  using RecipeHandle::RecipeHandle;
};

/// A page and its C views into it.
struct conclave_queue_page {
  explicit conclave_queue_page(conclave::recipes::QueuePage page);

  conclave::recipes::QueuePage source;
  std::vector<conclave_queued_item> rows;
};

namespace conclave::c {
namespace {

using recipes::Pushed;
using recipes::Wait;
using recipes::WorkItem;

static_assert(static_cast<int>(recipes::ItemState::dead) == CONCLAVE_ITEM_DEAD);
static_assert(static_cast<int>(recipes::ItemState::delayed) == CONCLAVE_ITEM_DELAYED);

struct Push {
  conclave_queue* queue;
  std::string body;
  recipes::PushOptions options;

  void operator()(const Wait& wait, std::function<void(Result<Pushed>)> done) const {
    queue->recipe.push(body, options, std::move(done), wait);
  }
};

Push push_of(Arguments& in, conclave_queue* queue, conclave_bytes body, const conclave_push_options* given) {
  const conclave_push_options from = in.options(given);
  in.require(from.delay_ms >= 0, "delay_ms is negative");
  Push push{queue, in.bytes(body, "the body"), {}};
  push.options.id = Arguments::text(from.id);
  push.options.priority = from.priority;
  if (from.attempts_max > 0) push.options.attempts_max = from.attempts_max;
  push.options.delay = std::chrono::milliseconds(from.delay_ms);
  return push;
}

recipes::TakeOptions take_options(Arguments& in, std::int64_t hold_for_ms) {
  in.require(hold_for_ms >= 0, "hold_for_ms is negative");
  return {std::chrono::milliseconds(hold_for_ms)};
}
auto take_of(conclave_queue* queue, recipes::TakeOptions options) {
  return [queue, options](const Wait& wait, std::function<void(Result<WorkItem>)> done) {
    queue->recipe.take(options, std::move(done), wait);
  };
}
auto try_take_of(conclave_queue* queue, recipes::TakeOptions options) {
  return [queue, options](const Wait& wait, std::function<void(Result<std::optional<WorkItem>>)> done) {
    queue->recipe.try_take(options, std::move(done), wait);
  };
}

Result<std::unique_ptr<conclave_queue_page>> to_page(Result<recipes::QueuePage> page) {
  if (!page) return fail(std::move(page.error()));
  return std::make_unique<conclave_queue_page>(std::move(*page));
}

/// A change of a dead item, which may not be there.
Result<void> if_there(const Result<bool>& done) {
  if (!done) return fail(done.error());
  if (!*done) return fail(Errc::key_not_found, "no item with this id is dead");
  return {};
}

void fill(conclave_queue_counts& to, const recipes::QueueCounts& from) {
  conclave_queue_counts all{to.struct_size, from.ready, from.delayed, from.taken, from.returning, from.dead};
  std::memcpy(&to, &all, std::min(to.struct_size, sizeof all));
}

}  // namespace
}  // namespace conclave::c

conclave_queue_page::conclave_queue_page(conclave::recipes::QueuePage page) : source(std::move(page)) {
  for (const conclave::recipes::QueuedItem& from : source.items) {
    const auto pushed = std::chrono::duration_cast<std::chrono::milliseconds>(from.pushed_at.time_since_epoch());
    rows.push_back({from.id.c_str(), static_cast<conclave_item_state>(from.state), from.priority, from.attempts, from.attempts_max,
                    pushed.count(), from.pushed_by.c_str(), from.taken_by.c_str(), from.error.c_str()});
  }
}

using conclave::c::attempt_on;
using conclave::c::guarded;
using conclave::c::LockArguments;
using conclave::c::ToItem;
using conclave::recipes::Pushed;
using conclave::recipes::Wait;
using conclave::recipes::WorkItem;

extern "C" {

conclave_code conclave_queue_new(conclave_client* client, const char* name, const conclave_lock_options* options,
                                 conclave_queue** queue, conclave_error* error) {
  return conclave::c::make_recipe(client, name, options, queue, error, [&](const LockArguments& with) {
    return new conclave_queue(client, with.name, conclave::recipes::WorkQueueOptions{with.ttl, with.owner});
  });
}
void conclave_queue_free(conclave_queue* queue) { delete queue; }

conclave_code conclave_queue_push(conclave_queue* queue, conclave_bytes body, const conclave_push_options* options,
                                  int64_t timeout_ms, bool* is_new, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(queue, timeout_ms);
    auto push = conclave::c::push_of(attempt.in, queue, body, options);
    return conclave::c::learn<Pushed>(attempt, nullptr, error, std::move(push), [&](const Pushed& pushed) {
      if (is_new != nullptr) *is_new = pushed.is_new;
    });
  });
}
conclave_code conclave_queue_push_async(conclave_queue* queue, conclave_bytes body, const conclave_push_options* options,
                                        int64_t timeout_ms, conclave_done_callback done, void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(queue, timeout_ms);
    auto push = conclave::c::push_of(attempt.in, queue, body, options);
    attempt.in.require(done != nullptr, "the callback is NULL");
    return conclave::c::learn_async<Pushed>(attempt, nullptr, std::move(push),
                                            [done, user](const conclave_error& error, const Pushed*) { done(user, &error); });
  });
}
conclave_code conclave_queue_take(conclave_queue* queue, int64_t hold_for_ms, int64_t timeout_ms, conclave_stop* stop,
                                  conclave_item** item, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(queue, timeout_ms);
    const auto options = conclave::c::take_options(attempt.in, hold_for_ms);
    return conclave::c::take<WorkItem>(attempt, stop, item, error, conclave::c::take_of(queue, options),
                                       ToItem{operations_of(queue)});
  });
}
conclave_code conclave_queue_take_async(conclave_queue* queue, int64_t hold_for_ms, int64_t timeout_ms, conclave_stop* stop,
                                        conclave_item_callback done, void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(queue, timeout_ms);
    const auto options = conclave::c::take_options(attempt.in, hold_for_ms);
    return conclave::c::take_async<WorkItem>(attempt, stop, done, user, conclave::c::take_of(queue, options),
                                             ToItem{operations_of(queue)});
  });
}
conclave_code conclave_queue_try_take(conclave_queue* queue, int64_t hold_for_ms, int64_t timeout_ms, conclave_item** item,
                                      conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(queue, timeout_ms);
    const auto options = conclave::c::take_options(attempt.in, hold_for_ms);
    return conclave::c::take<std::optional<WorkItem>>(attempt, nullptr, item, error, conclave::c::try_take_of(queue, options),
                                                      ToItem{operations_of(queue)});
  });
}

conclave_code conclave_queue_count(conclave_queue* queue, int64_t timeout_ms, conclave_queue_counts* counts,
                                   conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(queue, timeout_ms);
    attempt.in.require(counts != nullptr && counts->struct_size >= sizeof(size_t), "counts is NULL or its struct_size is not set");
    return conclave::c::ask_value(
        attempt, error, [&](const Wait& wait) { return queue->recipe.counts(wait); },
        [&](const conclave::recipes::QueueCounts& from) { conclave::c::fill(*counts, from); });
  });
}
conclave_code conclave_queue_list(conclave_queue* queue, conclave_item_state state, const char* from, int64_t timeout_ms,
                                  conclave_queue_page** page, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(queue, timeout_ms);
    const auto wanted = attempt.in.choice<conclave::recipes::ItemState>(state, CONCLAVE_ITEM_DEAD, "an unknown state");
    return conclave::c::ask_handle(attempt, page, error, [&](const Wait& wait) {
      return conclave::c::to_page(queue->recipe.list(wanted, conclave::c::Arguments::text(from), wait));
    });
  });
}
size_t conclave_queue_page_size(const conclave_queue_page* page) { return page == nullptr ? 0 : page->rows.size(); }
const conclave_queued_item* conclave_queue_page_at(const conclave_queue_page* page, size_t position) {
  return position < conclave_queue_page_size(page) ? &page->rows[position] : nullptr;
}
const char* conclave_queue_page_next(const conclave_queue_page* page) {
  return page == nullptr || page->source.next.empty() ? nullptr : page->source.next.c_str();
}
void conclave_queue_page_free(conclave_queue_page* page) { delete page; }
conclave_code conclave_queue_revive(conclave_queue* queue, const char* id, int64_t timeout_ms, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(queue, timeout_ms);
    attempt.in.require(id != nullptr, "id is NULL");
    return conclave::c::ask_done(attempt, error,
                                 [&](const Wait& wait) { return conclave::c::if_there(queue->recipe.revive(id, wait)); });
  });
}
conclave_code conclave_queue_discard(conclave_queue* queue, const char* id, int64_t timeout_ms, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(queue, timeout_ms);
    attempt.in.require(id != nullptr, "id is NULL");
    return conclave::c::ask_done(attempt, error,
                                 [&](const Wait& wait) { return conclave::c::if_there(queue->recipe.discard(id, wait)); });
  });
}

}  // extern "C"
