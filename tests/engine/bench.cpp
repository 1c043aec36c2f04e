#include "bench.hpp"

#include <stdexcept>

namespace conclave::engine::test {

Bench::Bench(std::size_t members, const std::function<void(Config&)>& adjust) {
  raft::Membership membership;
  for (std::size_t i = 0; i < members; ++i) {
    membership.voters.emplace_back(i + 1);
    membership.members.push_back({MemberId(i + 1), Incarnation(100 + i), "n" + std::to_string(i + 1), "", ""});
  }
  for (std::size_t i = 0; i < members; ++i) {
    auto& node = *nodes_.emplace_back(std::make_unique<Node>());
    Config config;
    config.self = MemberId(i + 1);
    config.incarnation = Incarnation(100 + i);
    config.name = "n" + std::to_string(i + 1);
    if (adjust) adjust(config);
    Recovered recovered;
    recovered.raft.membership = membership;
    recovered.machine = std::make_unique<mvcc::Machine>(config.machine);
    const Ports ports{node.log, node.state, node.snapshots, node.peers, node.clients, codec_, encoder_};
    node.engine = std::make_unique<Engine>(config, std::move(recovered), ports, sink_, Prng(7 + i), now);
    node.engine->deliver(ClientConnected{connection, {}});
    for (std::size_t peer = 0; peer < members; ++peer)
      if (peer != i) node.engine->deliver(PeerConnected{MemberId(peer + 1), Incarnation(100 + peer)});
  }
  settle();
}

bool Bench::step() {
  bool moved = false;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = *nodes_[i];
    if (!node.disk_stopped && !node.log.pending.empty()) {
      const raft::WriteId id = node.log.pending.back().id;
      node.log.pending.clear();
      node.engine->deliver(LogDurable{id, node.log_write_bytes, node.flush});
      moved = true;
    }
    for (auto& [to, message] : std::exchange(node.peers.sent, {})) {
      if (to.value() > nodes_.size()) continue;  // a member that does not run
      Node& target = *nodes_[to.value() - 1];
      if (node.cut_off || target.cut_off) continue;
      target.engine->deliver(PeerSaid{MemberId(i + 1), std::move(message)});
      moved = true;
    }
  }
  for (auto& node : nodes_)
    if (!node->paused) node->engine->run_once(now);
  return moved;
}

void Bench::settle() {
  for (int round = 0; round < 1000; ++round)
    if (!step()) return;
  throw std::runtime_error("the engines never come to rest");
}

void Bench::run(Duration time) {
  for (const Instant until = now + time; now < until;) {
    now += milliseconds(10);
    settle();
  }
}

std::size_t Bench::leader() const {
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i]->engine->core().is_leader() && !nodes_[i]->cut_off && !nodes_[i]->paused) return i;
  throw std::runtime_error("nobody leads");
}

std::size_t Bench::elect() {
  for (int i = 0; i < 1000; ++i) {
    run(milliseconds(10));
    for (std::size_t k = 0; k < nodes_.size(); ++k) {
      const Node& node = *nodes_[k];
      if (!node.cut_off && !node.paused && node.engine->core().is_leader() && node.engine->core().status().term_committed) return k;
    }
  }
  throw std::runtime_error("nobody is elected");
}

RequestId Bench::ask(std::size_t node, ClientBody body) {
  const RequestId request(next_request_++);
  nodes_[node]->engine->deliver(ClientAsked{connection, request, std::move(body)});
  if (!nodes_[node]->paused) nodes_[node]->engine->run_once(now);
  return request;
}

RequestId Bench::write(std::size_t node, const std::string& words, bool session) {
  WriteRequest write;
  write.request = Bytes(words);
  write.has_session = session;
  return ask(node, std::move(write));
}

RequestId Bench::write_leased(std::size_t node, const std::string& key) {
  WriteRequest write;
  write.request = Bytes("put " + key + " x");
  write.leased_key = write.request.view().substr(4, key.size());
  return ask(node, std::move(write));
}

RequestId Bench::renew(std::size_t node, LeaseId lease) {
  WriteRequest write;
  write.is_renewal = true;
  write.lease_ids = {lease};
  return ask(node, std::move(write));
}

RequestId Bench::get(std::size_t node, const std::string& key, Consistency consistency, Revision revision) {
  ReadRequest read;
  read.backing = Bytes(key);
  read.consistency = consistency;
  read.revision = revision;
  mvcc::RangeOp op;
  op.keys.begin = read.backing.view();
  read.query = op;
  return ask(node, std::move(read));
}

const ReplyBody* Bench::reply(std::size_t node, RequestId request) const {
  const auto& replies = nodes_[node]->clients.replies;
  const auto it = replies.find({connection, request});
  if (it == replies.end()) return nullptr;
  if (it->second.size() != 1) throw std::runtime_error("a request was answered more than once");
  return &it->second.front();
}

const mvcc::Response* Bench::response(std::size_t node, RequestId request) const {
  const ReplyBody* body = reply(node, request);
  const auto* response = body == nullptr ? nullptr : std::get_if<mvcc::ResponsePtr>(body);
  return response == nullptr ? nullptr : response->get();
}

std::optional<Errc> Bench::refusal(std::size_t node, RequestId request) const {
  const ReplyBody* body = reply(node, request);
  if (body == nullptr) return std::nullopt;
  if (const auto* refused = std::get_if<mvcc::Refused>(body)) return refused->code;
  const mvcc::Response* answered = response(node, request);
  const auto* refused = answered == nullptr ? nullptr : std::get_if<mvcc::Refused>(&answered->body);
  return refused == nullptr ? std::nullopt : std::optional(refused->code);
}

}  // namespace conclave::engine::test
