#include "item.hpp"

#include "txn.hpp"

namespace conclave::c {
namespace {

using recipes::Wait;
using Done = std::function<void(Result<void>)>;

auto acknowledge_of(Arguments& in, conclave_item* item, const conclave_txn* with) {
  const bool plain = with == nullptr || (with->txn.compares.empty() && with->txn.failure.empty());
  in.require(plain, "what happens with an acknowledgement has no conditions and no ELSE branch");
  std::vector<Op> operations;
  if (with != nullptr) operations = with->txn.success;
  return [item, operations = std::move(operations)](const Wait& wait, Done done) {
    item->thing.acknowledge(std::move(done), operations, wait);
  };
}

auto reject_of(Arguments& in, conclave_item* item, const char* why, std::int64_t delay_ms) {
  in.require(delay_ms >= 0, "delay_ms is negative");
  return [item, why = Arguments::text(why), delay_ms](const Wait& wait, Done done) {
    item->thing.reject(std::move(done), why, std::chrono::milliseconds(delay_ms), wait);
  };
}

}  // namespace
}  // namespace conclave::c

using conclave::c::attempt_on;
using conclave::c::guarded;

extern "C" {

const char* conclave_item_id(const conclave_item* item) { return item == nullptr ? "" : item->thing.id().c_str(); }
conclave_bytes conclave_item_body(const conclave_item* item) {
  return item == nullptr ? conclave_bytes{} : conclave_bytes{item->thing.body().data(), item->thing.body().size()};
}
uint64_t conclave_item_attempt(const conclave_item* item) { return item == nullptr ? 0 : item->thing.attempt(); }
uint64_t conclave_item_attempts_max(const conclave_item* item) { return item == nullptr ? 0 : item->thing.attempts_max(); }
uint32_t conclave_item_priority(const conclave_item* item) { return item == nullptr ? 0 : item->thing.priority(); }
bool conclave_item_is_held(const conclave_item* item) { return item != nullptr && item->thing.is_held(); }
const conclave_guard* conclave_item_guard(const conclave_item* item) { return item == nullptr ? nullptr : &item->guard; }
conclave_code conclave_item_on_lost(conclave_item* item, conclave_hold_callback on_lost, void* user) {
  if (item == nullptr || on_lost == nullptr) return CONCLAVE_INVALID_ARGUMENT;
  return guarded(nullptr, [&] {
    item->thing.on_lost(item->callback(on_lost, user));
    return CONCLAVE_OK;
  });
}
void conclave_item_extend(conclave_item* item, int64_t span_ms) {
  if (item != nullptr && span_ms > 0) item->thing.extend(std::chrono::milliseconds(span_ms));
}
conclave_code conclave_item_acknowledge(conclave_item* item, const conclave_txn* with, int64_t timeout_ms, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(item, timeout_ms);
    auto begin = conclave::c::acknowledge_of(attempt.in, item, with);
    return conclave::c::carry_out(attempt, nullptr, error, std::move(begin));
  });
}
conclave_code conclave_item_acknowledge_async(conclave_item* item, const conclave_txn* with, int64_t timeout_ms,
                                              conclave_done_callback done, void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(item, timeout_ms);
    auto begin = conclave::c::acknowledge_of(attempt.in, item, with);
    return conclave::c::carry_out_async(attempt, nullptr, done, user, std::move(begin));
  });
}
conclave_code conclave_item_reject(conclave_item* item, const char* why, int64_t delay_ms, int64_t timeout_ms,
                                   conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(item, timeout_ms);
    auto begin = conclave::c::reject_of(attempt.in, item, why, delay_ms);
    return conclave::c::carry_out(attempt, nullptr, error, std::move(begin));
  });
}
conclave_code conclave_item_reject_async(conclave_item* item, const char* why, int64_t delay_ms, int64_t timeout_ms,
                                         conclave_done_callback done, void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(item, timeout_ms);
    auto begin = conclave::c::reject_of(attempt.in, item, why, delay_ms);
    return conclave::c::carry_out_async(attempt, nullptr, done, user, std::move(begin));
  });
}
void conclave_item_free(conclave_item* item) { delete item; }

}  // extern "C"
