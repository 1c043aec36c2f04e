#include "queue_place.hpp"

#include <array>
#include <utility>

namespace conclave::gateway {
namespace {

/// Of a place that comes without one: as long as etcd's.
constexpr Duration own_lease = seconds(60);

mvcc::KeySelector single(ByteView key) { return {mvcc::KeySelector::Kind::single, key, {}}; }

mvcc::Compare created_at(ByteView key, Revision revision) {
  return {single(key), mvcc::CompareTarget::create, mvcc::CompareRelation::equal, revision.value(), {}};
}

}  // namespace

QueuePlace::~QueuePlace() {
  if (stream_) context_.link.close(*stream_);
}

void QueuePlace::start() {
  call_.on_gone([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->client_gone();
  });
  if (!ask_.lease.is_zero()) return enter();
  mvcc::LeaseGrant grant;
  grant.ttl = std::chrono::duration_cast<milliseconds>(own_lease);
  carry_out(context_, call_.identity, grant, [self = shared_from_this()](const Outcome& outcome) {
    if (!outcome.has_value()) return self->finish(refusal(outcome.error()));
    self->ask_.lease = std::get<mvcc::LeaseGranted>(outcome->body).id;
    self->enter();
  });
}

void QueuePlace::enter() {
  place_ = {ask_.name, queue_key(ask_.name, ask_.lease), {}, ask_.lease};
  const std::array<mvcc::Compare, 1> compares{created_at(place_.key, Revision())};
  mvcc::PutOp put;
  put.key = place_.key;
  put.value = ask_.value;
  put.lease = ask_.lease;
  mvcc::RangeOp get;
  get.keys = single(place_.key);
  const std::array<mvcc::Op, 1> success{mvcc::Op{put}};
  const std::array<mvcc::Op, 1> failure{mvcc::Op{get}};
  carry_out(context_, call_.identity, mvcc::Op{mvcc::TxnOp{compares, success, failure}},
            [self = shared_from_this()](const Outcome& outcome) {
              if (!outcome.has_value()) return self->finish(refusal(outcome.error()));
              self->entered(outcome->head, std::get<mvcc::TxnResult>(outcome->body));
            });
}

void QueuePlace::entered(const Head& head, const mvcc::TxnResult& result) {
  if (!result.succeeded) return take_over(result);
  made_ = true;
  place_.revision = head.revision;
  wait();
}

/// The lease has a place already: a request that is repeated goes on waiting there.
void QueuePlace::take_over(const mvcc::TxnResult& result) {
  const auto& found = std::get<mvcc::RangeResult>(result.results.front().body).kvs;
  if (found.empty()) return finish(refusal({Code::unknown, service_.lost}));
  place_.revision = found.front()->create_revision();
  if (!service_.with_value || found.front()->value() == ask_.value) return wait();
  const std::array<mvcc::Compare, 1> compares{created_at(place_.key, place_.revision)};
  mvcc::PutOp put;
  put.key = place_.key;
  put.value = ask_.value;
  put.lease = ask_.lease;
  const std::array<mvcc::Op, 1> success{mvcc::Op{put}};
  carry_out(context_, call_.identity, mvcc::Op{mvcc::TxnOp{compares, success, {}}},
            [self = shared_from_this()](const Outcome& outcome) {
              if (!outcome.has_value()) return self->finish(refusal(outcome.error()));
              if (!std::get<mvcc::TxnResult>(outcome->body).succeeded)
                return self->finish(refusal({Code::unknown, self->service_.lost}));
              self->wait();
            });
}

void QueuePlace::wait() {
  if (done_) return leave();
  self_ = shared_from_this();
  stream_ = context_.link.open(call_.identity, *this);
  context_.link.ask_on(*stream_, engine::RequestId(1),
                       engine::TurnWatch{engine::WatchId(1), {queue_prefix(ask_.name), place_.key, 1}});
}

void QueuePlace::on_reply(engine::RequestId, const engine::ReplyHeader&, const engine::ReplyBody& body) {
  if (const auto* refused = refused_in(body)) {
    leave();
    finish(refusal(api_error(*refused)));
  }
}

void QueuePlace::on_turn(engine::WatchId, const mvcc::TurnFired& turn) {
  if (turn.gone) return finish(refusal({Code::unknown, service_.lost}));
  finish(done(service_.render(context_.head(context_.link.last_header(), turn.revision), place_)));
}

void QueuePlace::on_watch_ended(engine::WatchId, const engine::WatchEnded& why) { finish(refusal(api_error(why.reason, {}))); }

void QueuePlace::finish(const Answer& answer) {
  const auto self = std::exchange(self_, nullptr);
  if (!std::exchange(done_, true)) call_.finish(answer);
}

void QueuePlace::client_gone() {
  const auto self = std::exchange(self_, nullptr);
  // Before its place was made it has nothing to leave; when it is made, wait() finds it done.
  if (!std::exchange(done_, true) && self != nullptr) leave();
}

void QueuePlace::leave() {
  if (!std::exchange(made_, false)) return;
  const std::array<mvcc::Compare, 1> compares{created_at(place_.key, place_.revision)};
  mvcc::DeleteOp erase;
  erase.keys = single(place_.key);
  const std::array<mvcc::Op, 1> success{mvcc::Op{erase}};
  carry_out(context_, call_.identity, mvcc::Op{mvcc::TxnOp{compares, success, {}}}, [](const Outcome&) {});
}

}  // namespace conclave::gateway
