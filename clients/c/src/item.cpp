#include "item.hpp"

#include "txn.hpp"

namespace conclave::c {
namespace {

using recipes::Wait;
using Done = std::function<void(Result<void>)>;

auto acknowledge_of(conclave_item* item, const conclave_txn* with) {
  return [=](Arguments& in) {
    const bool plain = with == nullptr || (with->txn.compares.empty() && with->txn.failure.empty());
    in.require(plain, "what happens with an acknowledgement has no conditions and no ELSE branch");
    return [item, operations = with == nullptr ? std::vector<Op>() : with->txn.success](const Wait& wait, Done done) {
      item->thing.acknowledge(std::move(done), operations, wait);
    };
  };
}

auto reject_of(conclave_item* item, const char* why, std::int64_t delay_ms) {
  return [=](Arguments& in) {
    in.require(delay_ms >= 0, "delay_ms is negative");
    return [item, why = Arguments::text(why), delay_ms](const Wait& wait, Done done) {
      item->thing.reject(std::move(done), why, std::chrono::milliseconds(delay_ms), wait);
    };
  };
}

auto detach_of(conclave_item* item, std::int64_t ttl_ms) {
  return [item, ttl_ms](const Wait& wait, std::function<void(Result<Guard>)> done) {
    item->thing.detach(std::move(done), std::chrono::milliseconds(ttl_ms), wait);
  };
}
/// The guard of the detached item, which the handle keeps.
const conclave_guard* keep(conclave_item* item, Guard guard) {
  item->detached_source = std::move(guard);
  item->detached = guard_of(item->detached_source);
  return &item->detached;
}

}  // namespace
}  // namespace conclave::c

using namespace conclave::c;

extern "C" {

const char* conclave_item_id(const conclave_item* item) { return item == nullptr ? "" : item->thing.id().c_str(); }
conclave_bytes conclave_item_body(const conclave_item* item) {
  return item == nullptr ? conclave_bytes{} : conclave_bytes{item->thing.body().data(), item->thing.body().size()};
}
uint64_t conclave_item_attempt(const conclave_item* item) { return item == nullptr ? 0 : item->thing.attempt(); }
uint64_t conclave_item_attempts_max(const conclave_item* item) { return item == nullptr ? 0 : item->thing.attempts_max(); }
int64_t conclave_item_pushed_unix_ms(const conclave_item* item) {
  return item == nullptr ? 0 : unix_millis(item->thing.pushed_at());
}
const char* conclave_item_pushed_by(const conclave_item* item) { return item == nullptr ? "" : item->thing.pushed_by().c_str(); }
uint32_t conclave_item_priority(const conclave_item* item) { return item == nullptr ? 0 : item->thing.priority(); }
bool conclave_item_is_held(const conclave_item* item) { return item != nullptr && item->thing.is_held(); }
const conclave_guard* conclave_item_guard(const conclave_item* item) { return item == nullptr ? nullptr : &item->guard; }
conclave_code conclave_item_on_lost(conclave_item* item, conclave_hold_callback on_lost, void* user) {
  return listen<conclave::recipes::WorkItem>(item, on_lost, user, &conclave::recipes::WorkItem::on_lost);
}
void conclave_item_extend(conclave_item* item, int64_t span_ms) {
  if (item != nullptr && span_ms > 0) item->thing.extend(std::chrono::milliseconds(span_ms));
}
conclave_code conclave_item_acknowledge(conclave_item* item, const conclave_txn* with, int64_t timeout_ms, conclave_error* error) {
  return carry_out(item, timeout_ms, nullptr, error, acknowledge_of(item, with));
}
conclave_code conclave_item_acknowledge_async(conclave_item* item, const conclave_txn* with, int64_t timeout_ms,
                                              conclave_done_callback done, void* user) {
  return carry_out_async(item, timeout_ms, nullptr, acknowledge_of(item, with), done, user);
}
conclave_code conclave_item_reject(conclave_item* item, const char* why, int64_t delay_ms, int64_t timeout_ms,
                                   conclave_error* error) {
  return carry_out(item, timeout_ms, nullptr, error, reject_of(item, why, delay_ms));
}
conclave_code conclave_item_reject_async(conclave_item* item, const char* why, int64_t delay_ms, int64_t timeout_ms,
                                         conclave_done_callback done, void* user) {
  return carry_out_async(item, timeout_ms, nullptr, reject_of(item, why, delay_ms), done, user);
}
conclave_code conclave_item_detach(conclave_item* item, int64_t ttl_ms, int64_t timeout_ms, const conclave_guard** guard,
                                   conclave_error* error) {
  return learn<conclave::Guard>(item, timeout_ms, nullptr, error, detach_of(item, ttl_ms), [&](conclave::Guard claim) {
    const conclave_guard* const kept = keep(item, std::move(claim));
    if (guard != nullptr) *guard = kept;
  });
}
conclave_code conclave_item_detach_async(conclave_item* item, int64_t ttl_ms, int64_t timeout_ms, conclave_guard_callback done,
                                         void* user) {
  return learn_async<conclave::Guard>(item, timeout_ms, nullptr, detach_of(item, ttl_ms), done,
                                      [item, done, user](const conclave_error* error, const conclave::Guard* claim) {
                                        done(user, error, claim == nullptr ? nullptr : keep(item, *claim));
                                      });
}
void conclave_item_free(conclave_item* item) { delete item; }

}  // extern "C"
