#include "held.hpp"

namespace conclave::c {

LockArguments::LockArguments(Arguments& in, conclave_client* client, const char* name_in, const conclave_lock_options* given) {
  in.require(client != nullptr, "client is NULL");
  in.require(name_in != nullptr, "name is NULL");
  const conclave_lock_options options = in.options(given);
  in.require(options.ttl_ms >= 0, "ttl_ms is negative");
  name = Arguments::text(name_in);
  ttl = std::chrono::milliseconds(options.ttl_ms > 0 ? options.ttl_ms : 10'000);
  owner = Arguments::text(options.owner);
  note = Arguments::text(options.note);
  in.require(options.lock_delay_ms >= 0, "lock_delay_ms is negative");
  lock_delay = std::chrono::milliseconds(options.lock_delay_ms);
}

namespace {

/// Begins the release of what is held.
auto release_of(conclave_hold* hold) {
  return [hold](const recipes::Wait& wait, std::function<void(Result<void>)> done) { hold->thing.release(std::move(done), wait); };
}

}  // namespace
}  // namespace conclave::c

conclave_line::conclave_line(std::vector<conclave::recipes::Holder> holders) : source(std::move(holders)) {
  for (const conclave::recipes::Holder& from : source) {
    rows.push_back({{from.key.data(), from.key.size()},
                    from.token.value(),
                    from.lease.value(),
                    from.owner.c_str(),
                    from.note.c_str(),
                    conclave::c::unix_millis(from.since),
                    from.weight});
  }
}

extern "C" {

bool conclave_hold_is_held(const conclave_hold* hold) { return hold != nullptr && hold->thing.is_held(); }
int64_t conclave_hold_certain_for_ms(const conclave_hold* hold) {
  return hold == nullptr ? 0 : conclave::c::millis_of(hold->thing.certain_for());
}
const conclave_guard* conclave_hold_guard(const conclave_hold* hold) { return hold == nullptr ? nullptr : &hold->guard; }
conclave_revision conclave_hold_token(const conclave_hold* hold) { return hold == nullptr ? 0 : hold->guard.create_revision; }
conclave_code conclave_hold_on_lost(conclave_hold* hold, conclave_hold_callback on_lost, void* user) {
  return conclave::c::listen<conclave::recipes::Hold>(hold, on_lost, user, &conclave::recipes::Hold::on_lost);
}
conclave_code conclave_hold_on_jeopardy(conclave_hold* hold, conclave_hold_callback on_jeopardy, void* user) {
  return conclave::c::listen<conclave::recipes::Hold>(hold, on_jeopardy, user, &conclave::recipes::Hold::on_jeopardy);
}
conclave_code conclave_hold_release(conclave_hold* hold, int64_t timeout_ms, conclave_error* error) {
  return conclave::c::carry_out(hold, timeout_ms, nullptr, error, conclave::c::release_of(hold));
}
conclave_code conclave_hold_release_async(conclave_hold* hold, int64_t timeout_ms, conclave_done_callback done, void* user) {
  return conclave::c::carry_out_async(hold, timeout_ms, nullptr, conclave::c::release_of(hold), done, user);
}
void conclave_hold_free(conclave_hold* hold) { delete hold; }

size_t conclave_line_size(const conclave_line* line) { return line == nullptr ? 0 : line->rows.size(); }
size_t conclave_line_holders(const conclave_line* line) { return line == nullptr ? 0 : line->holding; }
const conclave_holder* conclave_line_at(const conclave_line* line, size_t position) {
  return position < conclave_line_size(line) ? &line->rows[position] : nullptr;
}
uint64_t conclave_line_slots(const conclave_line* line) { return line == nullptr ? 0 : line->slots; }
uint64_t conclave_line_held(const conclave_line* line) { return line == nullptr ? 0 : line->held; }
uint64_t conclave_line_over_committed(const conclave_line* line) { return line == nullptr ? 0 : line->over_committed; }
void conclave_line_free(conclave_line* line) { delete line; }

}  // extern "C"
