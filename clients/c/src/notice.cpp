#include "notice.hpp"

#include "errors.hpp"
#include "reply.hpp"

namespace conclave::c {
namespace {

conclave_event_kind kind_of(const Event& event) {
  if (event.kind == EventKind::put) return CONCLAVE_EVENT_PUT;
  switch (event.cause) {
    case EventCause::request: return CONCLAVE_EVENT_DELETE;
    case EventCause::lease_expired: return CONCLAVE_EVENT_LEASE_EXPIRED;
    case EventCause::lease_revoked: return CONCLAVE_EVENT_LEASE_REVOKED;
  }
  return CONCLAVE_EVENT_DELETE;
}

struct FillNotice {
  conclave_notice& to;

  void operator()(const WatchEvents& from) const {
    to.kind = CONCLAVE_NOTICE_EVENTS;
    to.revision = from.revision.value();
    to.kvs.reserve(from.events.size() * 2);  // pointers into it are kept
    for (const Event& event : from.events) {
      const conclave_kv* kv = &to.kvs.emplace_back(kv_of(event.kv));
      const conclave_kv* previous = event.previous ? &to.kvs.emplace_back(kv_of(*event.previous)) : nullptr;
      to.events.push_back({kind_of(event), event.is_create(), kv, previous});
    }
  }
  void operator()(const WatchProgress& from) const {
    to.kind = CONCLAVE_NOTICE_PROGRESS;
    to.revision = from.revision.value();
  }
  void operator()(const WatchEnded& from) const {
    to.kind = CONCLAVE_NOTICE_ENDED;
    to.oldest = from.oldest.value();
    report(&to.error, from.reason);
  }
  void operator()(const TurnFired& from) const {
    to.kind = CONCLAVE_NOTICE_TURN;
    to.revision = from.revision.value();
    to.gone = from.gone;
    to.ahead = from.ahead;
  }
};

}  // namespace
}  // namespace conclave::c

conclave_notice::conclave_notice(conclave::WatchNotice notice) : source(std::move(notice)) {
  std::visit(conclave::c::FillNotice{*this}, source);
}

extern "C" {

void conclave_notice_free(conclave_notice* notice) { delete notice; }
conclave_notice_kind conclave_notice_kind_of(const conclave_notice* notice) {
  return notice == nullptr ? conclave_notice_kind{} : notice->kind;
}
conclave_revision conclave_notice_revision(const conclave_notice* notice) { return notice == nullptr ? 0 : notice->revision; }
size_t conclave_notice_events(const conclave_notice* notice) { return notice == nullptr ? 0 : notice->events.size(); }
const conclave_event* conclave_notice_event(const conclave_notice* notice, size_t position) {
  return position < conclave_notice_events(notice) ? &notice->events[position] : nullptr;
}
bool conclave_notice_gone(const conclave_notice* notice) { return notice != nullptr && notice->gone; }
uint64_t conclave_notice_ahead(const conclave_notice* notice) { return notice == nullptr ? 0 : notice->ahead; }
const conclave_error* conclave_notice_error(const conclave_notice* notice) {
  return notice != nullptr && notice->kind == CONCLAVE_NOTICE_ENDED ? &notice->error : nullptr;
}
conclave_revision conclave_notice_oldest(const conclave_notice* notice) { return notice == nullptr ? 0 : notice->oldest; }

}  // extern "C"
