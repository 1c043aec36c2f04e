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
using recipes::QueueCounts;
using recipes::QueuePage;
using recipes::Wait;
using recipes::WorkItem;
using MaybeItem = std::optional<WorkItem>;
using Done = std::function<void(Result<void>)>;

static_assert(static_cast<int>(recipes::ItemState::dead) == CONCLAVE_ITEM_DEAD);
static_assert(static_cast<int>(recipes::ItemState::delayed) == CONCLAVE_ITEM_DELAYED);

recipes::PushOptions options_of(Arguments& in, const conclave_push_options* given) {
  const conclave_push_options from = in.options(given);
  in.require(from.delay_ms >= 0, "delay_ms is negative");
  recipes::PushOptions to;
  to.id = Arguments::text(from.id);
  to.priority = from.priority;
  if (from.attempts_max > 0) to.attempts_max = from.attempts_max;
  to.delay = std::chrono::milliseconds(from.delay_ms);
  return to;
}
auto push_of(conclave_queue* queue, conclave_bytes body, const conclave_push_options* given) {
  return [=](Arguments& in) {
    return [queue, text = in.bytes(body, "the body"), options = options_of(in, given)](const Wait& wait,
                                                                                       std::function<void(Result<Pushed>)> done) {
      queue->recipe.push(text, options, std::move(done), wait);
    };
  };
}

recipes::TakeOptions take_options(Arguments& in, std::int64_t hold_for_ms) {
  in.require(hold_for_ms >= 0, "hold_for_ms is negative");
  return {std::chrono::milliseconds(hold_for_ms)};
}
auto take_of(conclave_queue* queue, std::int64_t hold_for_ms) {
  return [=](Arguments& in) {
    return [queue, options = take_options(in, hold_for_ms)](const Wait& wait, std::function<void(Result<WorkItem>)> done) {
      queue->recipe.take(options, std::move(done), wait);
    };
  };
}
auto try_take_of(conclave_queue* queue, std::int64_t hold_for_ms) {
  return [=](Arguments& in) {
    return [queue, options = take_options(in, hold_for_ms)](const Wait& wait, std::function<void(Result<MaybeItem>)> done) {
      queue->recipe.try_take(options, std::move(done), wait);
    };
  };
}

auto acknowledge_of(conclave_queue* queue, const conclave_guard* detached) {
  return [=](Arguments& in) {
    return [queue, claim = in.guard(detached)](const Wait& wait, Done done) {
      queue->recipe.acknowledge(std::move(done), claim, wait);
    };
  };
}
auto reject_of(conclave_queue* queue, const conclave_guard* detached, const char* why, std::int64_t delay_ms) {
  return [=](Arguments& in) {
    in.require(delay_ms >= 0, "delay_ms is negative");
    return [queue, claim = in.guard(detached), why = Arguments::text(why), delay_ms](const Wait& wait, Done done) {
      queue->recipe.reject(std::move(done), claim, why, std::chrono::milliseconds(delay_ms), wait);
    };
  };
}

auto count_of(conclave_queue* queue) {
  return [queue](const Wait& wait, std::function<void(Result<QueueCounts>)> done) { queue->recipe.counts(std::move(done), wait); };
}
auto list_of(conclave_queue* queue, conclave_item_state state, const char* from) {
  return [=](Arguments& in) {
    return [queue, wanted = in.choice<recipes::ItemState>(state, CONCLAVE_ITEM_DEAD, "an unknown state"),
            from = Arguments::text(from)](const Wait& wait, std::function<void(Result<QueuePage>)> done) {
      queue->recipe.list(std::move(done), wanted, from, wait);
    };
  };
}
Result<std::unique_ptr<conclave_queue_page>> to_page(const Operations&, QueuePage page) {
  return std::make_unique<conclave_queue_page>(std::move(page));
}

/// A change of a dead item, which may not be there.
using Dispose = void (recipes::WorkQueue::*)(std::function<void(Result<bool>)> done, std::string id, Wait wait);
auto dispose_of(conclave_queue* queue, const char* id, Dispose dispose) {
  return [=](Arguments& in) {
    in.require(id != nullptr, "id is NULL");
    return [queue, name = Arguments::text(id), dispose](const Wait& wait, Done done) {
      const auto told = [done = std::move(done)](const Result<bool>& there) {
        if (!there) return done(fail(there.error()));
        done(*there ? Result<void>() : fail(Errc::key_not_found, "no item with this id is dead"));
      };
      (queue->recipe.*dispose)(told, name, wait);
    };
  };
}

/// The same operation, unless the program passes a struct whose size is not set.
template <class T, class How>
auto into_struct(const T* to, How how) {
  return [to, how](Arguments& in) {
    in.require(to == nullptr || to->struct_size >= sizeof(std::size_t), "a struct_size is not set");
    return begin_of(in, how);
  };
}
/// Fills a struct of the program in, as far as it knows it.
template <class T>
void fill(T& to, T from) {
  const std::size_t known = std::min(to.struct_size, sizeof from);
  from.struct_size = to.struct_size;
  std::memcpy(static_cast<void*>(&to), &from, known);
}
conclave_pushed view_of(const Pushed& from) {
  conclave_pushed to{};
  to.struct_size = sizeof to;
  from.id.copy(to.id, sizeof to.id - 1);
  to.is_new = from.is_new;
  return to;
}
conclave_queue_counts view_of(const QueueCounts& from) {
  return {sizeof(conclave_queue_counts),
          from.ready,
          from.delayed,
          from.taken,
          from.returning,
          from.dead,
          from.first ? unix_millis(from.first->pushed_at) : 0};
}
/// Lends a callback the C view of a value.
template <class View>
auto lender(void (*done)(void*, const conclave_error*, const View*), void* user) {
  return [done, user](const conclave_error* error, const auto* from) {
    if (from == nullptr) return done(user, error, nullptr);
    const View lent = view_of(*from);
    done(user, error, &lent);
  };
}

}  // namespace
}  // namespace conclave::c

conclave_queue_page::conclave_queue_page(conclave::recipes::QueuePage page) : source(std::move(page)) {
  for (const conclave::recipes::QueuedItem& from : source.items) {
    rows.push_back({from.id.c_str(), static_cast<conclave_item_state>(from.state), from.priority, from.attempts, from.attempts_max,
                    conclave::c::unix_millis(from.pushed_at), from.pushed_by.c_str(), from.taken_by.c_str(), from.error.c_str()});
  }
}

using namespace conclave::c;

extern "C" {

conclave_code conclave_queue_new(conclave_client* client, const char* name, const conclave_lock_options* options,
                                 conclave_queue** queue, conclave_error* error) {
  return make_recipe(client, name, options, queue, error, [&](const LockArguments& with) {
    return new conclave_queue(client, with.name, conclave::recipes::WorkQueueOptions{with.ttl, with.owner});
  });
}
void conclave_queue_free(conclave_queue* queue) { delete queue; }

conclave_code conclave_queue_push(conclave_queue* queue, conclave_bytes body, const conclave_push_options* options,
                                  int64_t timeout_ms, conclave_pushed* pushed, conclave_error* error) {
  return learn<Pushed>(queue, timeout_ms, nullptr, error, into_struct(pushed, push_of(queue, body, options)),
                       [&](const Pushed& from) {
                         if (pushed != nullptr) fill(*pushed, view_of(from));
                       });
}
conclave_code conclave_queue_push_async(conclave_queue* queue, conclave_bytes body, const conclave_push_options* options,
                                        int64_t timeout_ms, conclave_pushed_callback done, void* user) {
  return learn_async<Pushed>(queue, timeout_ms, nullptr, push_of(queue, body, options), done, lender(done, user));
}
conclave_code conclave_queue_take(conclave_queue* queue, int64_t hold_for_ms, int64_t timeout_ms, conclave_stop* stop,
                                  conclave_item** item, conclave_error* error) {
  return take<WorkItem>(queue, timeout_ms, stop, item, error, take_of(queue, hold_for_ms), ToItem{});
}
conclave_code conclave_queue_take_async(conclave_queue* queue, int64_t hold_for_ms, int64_t timeout_ms, conclave_stop* stop,
                                        conclave_item_callback done, void* user) {
  return take_async<WorkItem>(queue, timeout_ms, stop, take_of(queue, hold_for_ms), done, user, ToItem{});
}
conclave_code conclave_queue_try_take(conclave_queue* queue, int64_t hold_for_ms, int64_t timeout_ms, conclave_item** item,
                                      conclave_error* error) {
  return take<MaybeItem>(queue, timeout_ms, nullptr, item, error, try_take_of(queue, hold_for_ms), ToItem{});
}
conclave_code conclave_queue_try_take_async(conclave_queue* queue, int64_t hold_for_ms, int64_t timeout_ms,
                                            conclave_item_callback done, void* user) {
  return take_async<MaybeItem>(queue, timeout_ms, nullptr, try_take_of(queue, hold_for_ms), done, user, ToItem{});
}
conclave_code conclave_queue_acknowledge(conclave_queue* queue, const conclave_guard* detached, int64_t timeout_ms,
                                         conclave_error* error) {
  return carry_out(queue, timeout_ms, nullptr, error, acknowledge_of(queue, detached));
}
conclave_code conclave_queue_acknowledge_async(conclave_queue* queue, const conclave_guard* detached, int64_t timeout_ms,
                                               conclave_done_callback done, void* user) {
  return carry_out_async(queue, timeout_ms, nullptr, acknowledge_of(queue, detached), done, user);
}
conclave_code conclave_queue_reject(conclave_queue* queue, const conclave_guard* detached, const char* why, int64_t delay_ms,
                                    int64_t timeout_ms, conclave_error* error) {
  return carry_out(queue, timeout_ms, nullptr, error, reject_of(queue, detached, why, delay_ms));
}
conclave_code conclave_queue_reject_async(conclave_queue* queue, const conclave_guard* detached, const char* why, int64_t delay_ms,
                                          int64_t timeout_ms, conclave_done_callback done, void* user) {
  return carry_out_async(queue, timeout_ms, nullptr, reject_of(queue, detached, why, delay_ms), done, user);
}

conclave_code conclave_queue_count(conclave_queue* queue, int64_t timeout_ms, conclave_queue_counts* counts,
                                   conclave_error* error) {
  return learn<QueueCounts>(queue, timeout_ms, nullptr, error, into_struct(counts, count_of(queue)), [&](const QueueCounts& from) {
    if (counts != nullptr) fill(*counts, view_of(from));
  });
}
conclave_code conclave_queue_count_async(conclave_queue* queue, int64_t timeout_ms, conclave_queue_counts_callback done,
                                         void* user) {
  return learn_async<QueueCounts>(queue, timeout_ms, nullptr, count_of(queue), done, lender(done, user));
}
conclave_code conclave_queue_list(conclave_queue* queue, conclave_item_state state, const char* from, int64_t timeout_ms,
                                  conclave_queue_page** page, conclave_error* error) {
  return take<QueuePage>(queue, timeout_ms, nullptr, page, error, list_of(queue, state, from), to_page);
}
conclave_code conclave_queue_list_async(conclave_queue* queue, conclave_item_state state, const char* from, int64_t timeout_ms,
                                        conclave_queue_page_callback done, void* user) {
  return take_async<QueuePage>(queue, timeout_ms, nullptr, list_of(queue, state, from), done, user, to_page);
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
  return carry_out(queue, timeout_ms, nullptr, error, dispose_of(queue, id, &conclave::recipes::WorkQueue::revive));
}
conclave_code conclave_queue_revive_async(conclave_queue* queue, const char* id, int64_t timeout_ms, conclave_done_callback done,
                                          void* user) {
  return carry_out_async(queue, timeout_ms, nullptr, dispose_of(queue, id, &conclave::recipes::WorkQueue::revive), done, user);
}
conclave_code conclave_queue_discard(conclave_queue* queue, const char* id, int64_t timeout_ms, conclave_error* error) {
  return carry_out(queue, timeout_ms, nullptr, error, dispose_of(queue, id, &conclave::recipes::WorkQueue::discard));
}
conclave_code conclave_queue_discard_async(conclave_queue* queue, const char* id, int64_t timeout_ms, conclave_done_callback done,
                                           void* user) {
  return carry_out_async(queue, timeout_ms, nullptr, dispose_of(queue, id, &conclave::recipes::WorkQueue::discard), done, user);
}

}  // extern "C"
