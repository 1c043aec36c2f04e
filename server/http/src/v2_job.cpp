#include "v2_job.hpp"

#include "conclave/codec/client_codec.hpp"
#include "conclave/codec/command_encoder.hpp"

namespace conclave::gateway {
namespace {

constexpr int tries_max = 100;  // of a change that others get ahead of

/// The read that a request is decided on: its nodes, and what is below the last (as a count where that is enough).
mvcc::TxnOp reads_of(const v2::Request& request, bool whole, Keep& keep) {
  using Kind = mvcc::KeySelector::Kind;
  std::vector<mvcc::Op> ops;
  for (const std::string& path : v2::paths_to(request.path)) {
    mvcc::RangeOp node;
    node.keys = {Kind::single, keep.text(v2::node_key(path)), {}};
    ops.push_back({node});
  }
  const auto [begin, end] = v2::below(request.path);
  mvcc::RangeOp children;
  children.keys = {Kind::range, keep.text(begin), keep.text(end)};
  children.count_only = !whole;
  ops.push_back({children});
  const std::span<mvcc::Op> kept = keep.arena.make_span<mvcc::Op>(ops.size());
  std::ranges::copy(ops, kept.begin());
  return {{}, kept, {}};
}

v2::Node node_of(const mvcc::KeyValue& kv, std::string_view path) {
  auto node = v2::decode_node(path, kv.value(), kv.mod_revision().value());
  // Something else was written there through another interface: it is shown as a file.
  if (!node)
    node = v2::Node{.path = std::string(path),
                    .value = std::string(kv.value()),
                    .created = kv.create_revision().value(),
                    .modified = kv.mod_revision().value(),
                    .revision = kv.mod_revision().value()};
  return *node;
}

const mvcc::RangeResult& range_at(const mvcc::TxnResult& result, std::size_t i) {
  return std::get<mvcc::RangeResult>(result.results[i].body);
}

v2::Snapshot snapshot_of(const v2::Request& request, const mvcc::TxnResult& result, std::uint64_t revision) {
  v2::Snapshot snapshot{revision, wall_clock_ms(), {}, false};
  const auto paths = v2::paths_to(request.path);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto& rows = range_at(result, i).kvs;
    snapshot.nodes.push_back(rows.empty() ? std::nullopt : std::optional(node_of(*rows.front(), paths[i])));
  }
  snapshot.has_children = range_at(result, paths.size()).count != 0;
  return snapshot;
}

}  // namespace

void V2Job::start() {
  const auto make = [this, self = shared_from_this()] {
    const auto keep = std::make_shared<Keep>();
    engine::ReadRequest read;
    read.query = reads_of(request_, reads(), *keep);
    read.backing = Bytes(keep, {});
    if (reads() && !request_.quorum) read.consistency = engine::Consistency::serializable;
    return engine::ClientBody(std::move(read));
  };
  context_.link.ask_patiently(exchange_->request().remote.common_name, make,
                              [self = shared_from_this()](const engine::ReplyHeader& header, const engine::ReplyBody& body) {
                                self->on_read(header, body);
                              });
}

void V2Job::refuse(const v2::Failure& failure) {
  stats_.count(v2::operation_of(request_), false);
  reply_failure(context_, exchange_, failure);
}

void V2Job::on_read(const engine::ReplyHeader& header, const engine::ReplyBody& body) {
  if (const auto* refused = refused_in(body)) return refuse(failure_of(*refused, 0));
  const mvcc::Response* response = response_in(body);
  const auto& result = std::get<mvcc::TxnResult>(response->body);
  const v2::Snapshot snapshot = snapshot_of(request_, result, response->revision.value());
  if (reads()) return answer_get(header, result, snapshot);
  change(snapshot);
}

void V2Job::answer_get(const engine::ReplyHeader& header, const mvcc::TxnResult& result, const v2::Snapshot& snapshot) {
  const auto found = v2::find(request_, snapshot);
  if (const auto* failure = std::get_if<v2::Failure>(&found)) return refuse(*failure);
  v2::Listing listing{std::get<v2::Node>(found), {}};
  const std::size_t root_bytes = v2::node_key("").size();
  if (listing.node.dir) {
    for (const auto& kv : range_at(result, snapshot.nodes.size()).kvs)
      listing.below.push_back(node_of(*kv, kv->key().substr(root_bytes)));
  }
  stats_.count(v2::Action::get, true);
  exchange_->reply({200, v2::listing_json(listing, request_.recursive, snapshot.now_ms), "application/json",
                    v2_fields(context_, header, snapshot.revision)});
}

void V2Job::change(const v2::Snapshot& snapshot) {
  const auto decided = v2::decide(request_, snapshot);
  if (const auto* failure = std::get_if<v2::Failure>(&decided)) return refuse(*failure);
  const auto& change = std::get<v2::Change>(decided);
  Keep keep;
  const Bytes bytes = codec::encode_command(mvcc::Op{v2::transaction(change, keep)});
  auto write = codec::decode_request(protocol::FrameKind::write, bytes, context_.settings.limits);
  if (!write.has_value()) return refuse({300, write.error().message(), 0});
  context_.link.ask_patiently(
      exchange_->request().remote.common_name,
      [request = std::get<engine::WriteRequest>(std::move(*write))] { return engine::ClientBody(request); },
      [self = shared_from_this(), event = change.event](const engine::ReplyHeader& header, const engine::ReplyBody& body) {
        self->on_written(header, body, event);
      });
}

void V2Job::on_written(const engine::ReplyHeader& header, const engine::ReplyBody& body, const v2::Event& event) {
  if (const auto* refused = refused_in(body)) return refuse(failure_of(*refused, 0));
  const mvcc::Response* response = response_in(body);
  if (!std::get<mvcc::TxnResult>(response->body).succeeded) {
    if (++tries_ < tries_max) return start();
    return refuse({300, "etcdserver: too many requests change the same keys", response->revision.value()});
  }
  stats_.count(v2::operation_of(request_), true);
  const std::uint64_t index = response->revision.value();
  const v2::Event done = v2::settled(event, index);
  const bool bare = request_.no_value_on_success && request_.method != v2::Method::erase;
  const std::string text =
      bare ? "{\"action\":\"" + std::string(v2::name_of(done.action)) + "\"}\n" : v2::event_json(done, wall_clock_ms());
  exchange_->reply({static_cast<int>(v2::http_status(done)), text, "application/json", v2_fields(context_, header, index)});
}

}  // namespace conclave::gateway
