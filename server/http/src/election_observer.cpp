#include "election_observer.hpp"

#include "conclave/codec/event_reader.hpp"
#include "conclave/gateway_core/queue_json.hpp"

namespace conclave::gateway {
namespace {

constexpr std::size_t contenders_max = 10'000;

}  // namespace

ElectionObserver::~ElectionObserver() {
  if (stream_) context_.link.close(*stream_);
}

void ElectionObserver::take(const JsonObject& json) {
  const QueueAsk ask = parse_queue_ask(json);
  if (json.refused() || !prefix_.empty()) return;
  prefix_ = queue_prefix(ask.name);
  begin();
}

void ElectionObserver::written(std::size_t credit) {
  if (stream_) context_.link.written(*stream_, credit);
}

void ElectionObserver::begin() {
  const auto keep = std::make_shared<Keep>();
  mvcc::RangeOp all;
  all.keys = {mvcc::KeySelector::Kind::prefix, keep->text(prefix_), {}};
  all.limit = contenders_max;
  const auto make = [keep, all] {
    engine::ReadRequest read;
    read.backing = Bytes(keep, {});
    read.query = all;
    return engine::ClientBody(std::move(read));
  };
  const std::weak_ptr<bool> alive = alive_;
  context_.link.ask_patiently(identity_, make, [this, alive](const engine::ReplyHeader&, const engine::ReplyBody& body) {
    if (alive.expired()) return;
    if (const auto* refused = refused_in(body)) return out_.fail(api_error(*refused));
    const mvcc::Response* response = response_in(body);
    const auto& found = std::get<mvcc::RangeResult>(response->body);
    if (found.more) return out_.fail({Code::resource_exhausted, "conclave: too many keys below the name"});
    for (const auto& kv : found.kvs) put(fields_of(*kv));
    watch(response->revision.next());
    tell(response->revision);
  });
}

void ElectionObserver::watch(Revision from) {
  stream_ = context_.link.open(identity_, *this);
  engine::WatchCreate create;
  create.id = engine::WatchId(1);
  create.spec.kind = mvcc::KeySelector::Kind::prefix;
  create.spec.begin = prefix_;
  create.from = from;
  create.bookmarks = false;
  context_.link.ask_on(*stream_, engine::RequestId(1), std::move(create));
}

void ElectionObserver::put(const KeyValueFields& kv) {
  const std::string key(kv.key);
  created_[key] = kv.versions.create;
  queue_[{kv.versions.create, key}] = {key, std::string(kv.value), kv.versions};
}

void ElectionObserver::tell(Revision revision) {
  if (queue_.empty()) return;
  const Contender& leader = queue_.begin()->second;
  // A new leader's key may be older than what was told last: it waited. So not the order counts but the difference.
  if (leader.versions.mod == told_) return;
  told_ = leader.versions.mod;
  engine::ReplyHeader header = context_.link.last_header();
  out_.send(observe_line(context_.head(header, revision), {leader.key, leader.value, leader.versions}));
}

void ElectionObserver::on_reply(engine::RequestId, const engine::ReplyHeader&, const engine::ReplyBody& body) {
  if (const auto* refused = refused_in(body)) out_.fail(api_error(*refused));
}

void ElectionObserver::on_events(const PushedEvents& pushed) {
  const auto views = codec::read_events(pushed.events.view());
  if (!views.has_value()) return out_.fail({Code::internal, "conclave: events that cannot be read"});
  for (const codec::EventView& view : *views) {
    if (view.kind == mvcc::EventKind::put) {
      put({view.kv.key, view.kv.value, view.kv.versions});
    } else if (const auto gone = created_.find(std::string(view.kv.key)); gone != created_.end()) {
      queue_.erase({gone->second, gone->first});
      created_.erase(gone);
    }
  }
  if (queue_.size() > contenders_max) return out_.fail({Code::resource_exhausted, "conclave: too many keys below the name"});
  if (!pushed.more) tell(pushed.revision);
  out_.owe(pushed.credit);
}

void ElectionObserver::on_bookmark(const PushedBookmark& pushed) { out_.owe(pushed.credit); }

void ElectionObserver::on_watch_ended(engine::WatchId, const engine::WatchEnded& why) { out_.fail(api_error(why.reason, {})); }

}  // namespace conclave::gateway
