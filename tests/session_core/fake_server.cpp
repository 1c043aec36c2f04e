#include "fake_server.hpp"

#include <flatbuffers/flatbuffers.h>

#include <stdexcept>

#include "conclave/protocol/client_generated.h"
#include "conclave/protocol/handshake.hpp"

namespace conclave::client::test {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;

std::string text_of(const flatbuffers::Vector<std::uint8_t>* bytes) {
  return bytes == nullptr ? std::string() : std::string(bytes->begin(), bytes->end());
}

protocol::Frame parse(const Bytes& bytes) {
  protocol::FrameParser parser(1 << 20);
  for (std::size_t done = 0; done < bytes.size();) {
    const auto space = parser.space();
    const std::size_t count = std::min(space.size(), bytes.size() - done);
    std::copy_n(bytes.data() + done, count, space.data());
    parser.received(count);
    done += count;
  }
  auto frame = parser.next();
  if (!frame || !*frame) throw std::runtime_error("not a whole frame");
  return **frame;
}

void describe_write(const wire::WriteRequest& write, Sent& sent) {
  sent.session = write.session();
  sent.sequence = write.sequence();
  sent.first_outstanding = write.first_outstanding();
  if (const auto* put = write.body_as_PutOp()) sent.what = "put " + text_of(put->key());
  if (const auto* open = write.body_as_SessionOpen()) {
    sent.what = "open";
    sent.nonce = open->nonce();
  }
  if (write.body_as_SessionClose() != nullptr) sent.what = "close";
  if (write.body_as_LeaseRenew() != nullptr) sent.what = "renew";
}

void describe_ask(const wire::Ask& ask, Sent& sent) {
  if (const auto* watch = ask.body_as_WatchCreate()) sent.what = "watch from " + std::to_string(watch->from());
  if (ask.body_as_WatchCancel() != nullptr) sent.what = "cancel";
  if (const auto* turn = ask.body_as_TurnWatch()) {
    sent.what = "turn " + text_of(turn->own_key());
    if (turn->with() != 0) sent.what += " with " + std::to_string(turn->with());
  }
  if (ask.body_as_MemberListAsk() != nullptr) sent.what = "members";
  if (ask.body_as_StatusAsk() != nullptr) sent.what = "status";
}

Sent describe(const Bytes& bytes) {
  const protocol::Frame frame = parse(bytes);
  Sent sent{frame.kind, frame.id, {}, 0, 0, 0, 0};
  const char* payload = frame.payload.data();
  if (frame.kind == protocol::FrameKind::write) describe_write(*flatbuffers::GetRoot<wire::WriteRequest>(payload), sent);
  if (frame.kind == protocol::FrameKind::ask) describe_ask(*flatbuffers::GetRoot<wire::Ask>(payload), sent);
  if (frame.kind == protocol::FrameKind::read) sent.what = "get";
  if (frame.kind == protocol::FrameKind::ping) sent.what = "ping";
  if (frame.kind == protocol::FrameKind::client_hello) sent.what = "hello";
  return sent;
}

ByteView view(const Builder& built) { return {reinterpret_cast<const char*>(built.GetBufferPointer()), built.GetSize()}; }

template <class Make>
Bytes reply_frame(std::uint64_t leader, std::uint64_t id, std::uint64_t revision, wire::ReplyBody kind, Make make) {
  Builder to;
  const flatbuffers::Offset<void> body = make(to).Union();
  to.Finish(wire::CreateReply(to, 1, leader, 3, revision, 0, kind, body));
  return protocol::make_frame(protocol::FrameKind::reply, id, view(to));
}

std::string describe(const WatchNotice& notice) {
  if (const auto* events = std::get_if<WatchEvents>(&notice)) {
    std::string text = "events " + to_string(events->revision);
    for (const Event& event : events->events) text += " " + event.kv.key;
    return text;
  }
  if (const auto* progress = std::get_if<WatchProgress>(&notice)) return "progress " + to_string(progress->revision);
  if (const auto* ended = std::get_if<WatchEnded>(&notice)) return "ended " + std::string(name_of(ended->reason.code));
  return "turn";
}

}  // namespace

SessionOptions Bench::defaults() {
  SessionOptions options;
  options.endpoints = {"a:1", "b:2", "c:3"};
  return options;
}

Bench::Bench(SessionOptions options) : core(std::move(options), Prng(11), now) { pump(); }

void Bench::pump() {
  for (Action& action : core.take_actions()) {
    if (const auto* connect = std::get_if<Connect>(&action)) {
      connects.push_back(connect->endpoint);
      link = connect->link;
    } else if (const auto* send = std::get_if<Send>(&action)) {
      sent.push_back(describe(send->frame));
    } else if (const auto* gone = std::get_if<Disconnect>(&action)) {
      disconnects.push_back(gone->link);
    } else if (auto* done = std::get_if<Completed>(&action)) {
      if (!completed.emplace(done->operation, std::move(done->outcome)).second) throw std::runtime_error("completed twice");
    } else if (const auto* told = std::get_if<WatchTold>(&action)) {
      notices.insert(notices.end(), told->watches.size(), describe(told->notice));
    } else {
      leases.push_back(std::get<LeaseTold>(action));
    }
  }
}

void Bench::run(Duration time) {
  for (const Instant until = now + time; now < until;) {
    now += milliseconds(10);
    core.on_time(now);
    pump();
  }
}

void Bench::deliver(const Bytes& frame) {
  core.on_frame(link, parse(frame), now);
  pump();
}

void Bench::hello(std::uint64_t member, std::uint64_t leader, std::uint64_t features) {
  core.on_connected(link, now);
  pump();
  protocol::ServerHello hello;
  hello.cluster = ClusterId(77);
  hello.member = MemberId(member);
  hello.leader = MemberId(leader);
  hello.features = features;
  leader_ = leader;
  deliver(protocol::encode(hello));
}

void Bench::lose_link(const std::string& why) {
  core.on_closed(link, {Errc::connection_lost, why}, now);
  pump();
}

void Bench::answer_put(std::uint64_t id, std::uint64_t revision, const std::string& key) {
  deliver(reply_frame(leader_, id, revision, wire::ReplyBody::PutResult, [&](Builder& to) {
    return wire::CreatePutResult(to, to.CreateVector(reinterpret_cast<const std::uint8_t*>(key.data()), key.size()));
  }));
}
void Bench::push_turn(std::uint64_t watch) {
  Builder turn;
  turn.Finish(wire::CreateTurnFired(turn, watch, 5));
  deliver(protocol::make_frame(protocol::FrameKind::turn_fired_push, 0, view(turn)));
}
void Bench::answer_opened(std::uint64_t id, std::uint64_t session, std::uint64_t ttl_millis) {
  deliver(reply_frame(leader_, id, 5, wire::ReplyBody::SessionOpened,
                      [&](Builder& to) { return wire::CreateSessionOpened(to, session, ttl_millis); }));
}
void Bench::answer_renewed(std::uint64_t id, std::uint64_t lease, std::uint64_t ttl_millis) {
  deliver(reply_frame(leader_, id, 5, wire::ReplyBody::LeaseRenewed, [&](Builder& to) {
    const wire::RenewedRow row(lease, ttl_millis);
    return wire::CreateLeaseRenewed(to, to.CreateVectorOfStructs(&row, 1));
  }));
}
void Bench::answer_refused(std::uint64_t id, Errc code) {
  deliver(reply_frame(leader_, id, 5, wire::ReplyBody::Refused,
                      [&](Builder& to) { return wire::CreateRefused(to, static_cast<std::uint16_t>(code)); }));
}
void Bench::answer_watch(std::uint64_t id, std::uint64_t start) {
  deliver(
      reply_frame(leader_, id, 5, wire::ReplyBody::WatchCreated, [&](Builder& to) { return wire::CreateWatchCreated(to, start); }));
}
void Bench::answer_members(std::uint64_t id, const std::map<std::uint64_t, std::string>& addresses) {
  deliver(reply_frame(leader_, id, 5, wire::ReplyBody::MemberList, [&](Builder& to) {
    std::vector<flatbuffers::Offset<wire::Member>> members;
    for (const auto& [member, address] : addresses) {
      const auto text = to.CreateString(address);
      members.push_back(wire::CreateMember(to, member, 1, 0, 0, text));
    }
    const auto list = to.CreateVector(members);
    return wire::CreateMemberList(to, wire::CreateMembership(to, 0, 0, 0, 0, list));
  }));
}

void Bench::push_events(const std::vector<std::uint64_t>& watches, std::uint64_t revision, const std::string& key, bool more) {
  Builder head;
  const auto numbers = head.CreateVector(watches);
  head.Finish(wire::CreateEventsPush(head, numbers, revision, more));
  Builder tail;
  const auto key_at = tail.CreateVector(reinterpret_cast<const std::uint8_t*>(key.data()), key.size());
  const auto kv = wire::CreateKeyValue(tail, key_at, 0, revision, revision, 1);
  const std::vector<flatbuffers::Offset<wire::Event>> events = {
      wire::CreateEvent(tail, wire::EventKind::put, wire::EventCause::request, kv)};
  tail.Finish(wire::CreateEvents(tail, tail.CreateVector(events)));
  const auto frame = protocol::make_frame(protocol::FrameKind::events_push, 0, view(head), {Bytes::copy_of(view(tail))});
  std::string whole(frame.head.view());
  for (const Bytes& part : frame.tail) whole.append(part.view());
  deliver(Bytes(std::move(whole)));
}

OperationId Bench::put(const std::string& key, Duration timeout) {
  const OperationId id = core.submit(Write{PutOp{key, "v"}, {}}, now + timeout, now);
  pump();
  return id;
}

Sent Bench::last(const std::string& what) const {
  for (auto it = sent.rbegin(); it != sent.rend(); ++it)
    if (it->what.compare(0, what.size(), what) == 0) return *it;
  throw std::runtime_error("nothing like '" + what + "' was sent");
}

std::size_t Bench::count(const std::string& what) const {
  return static_cast<std::size_t>(
      std::count_if(sent.begin(), sent.end(), [&](const Sent& one) { return one.what.compare(0, what.size(), what) == 0; }));
}

const Result<Reply>* Bench::outcome(OperationId operation) const {
  const auto it = completed.find(operation);
  return it == completed.end() ? nullptr : &it->second;
}

}  // namespace conclave::client::test
