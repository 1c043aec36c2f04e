#include "fakes.hpp"

#include <sstream>

namespace conclave::engine::test {
namespace {

std::span<const LeaseId> ids_from(std::istringstream& words, Arena& arena) {
  std::vector<LeaseId> ids;
  for (std::uint64_t id = 0; words >> id;) ids.emplace_back(id);
  const std::span<LeaseId> kept = arena.make_span<LeaseId>(ids.size());
  std::copy(ids.begin(), ids.end(), kept.begin());
  return kept;
}

ByteView keep(const std::string& word, Arena& arena) {
  const std::span<char> kept = arena.make_span<char>(word.size());
  std::copy(word.begin(), word.end(), kept.begin());
  return {kept.data(), kept.size()};
}

mvcc::CommandBody body_of(std::istringstream& words, Arena& arena) {
  std::string verb;
  words >> verb;
  if (verb == "put" || verb == "sequence") {
    std::string key;
    std::string value;
    words >> key >> value;
    std::uint64_t lease = 0;
    words >> lease;
    mvcc::PutOp put;
    put.key = keep(key, arena);
    put.value = keep(value, arena);
    put.lease = LeaseId(lease);
    put.sequence = verb == "sequence";
    return mvcc::Op{put};
  }
  if (verb == "del") {
    std::string key;
    words >> key;
    return mvcc::Op{mvcc::DeleteOp{{mvcc::KeySelector::Kind::single, keep(key, arena), {}}, false}};
  }
  std::uint64_t number = 0;
  std::uint64_t second = 0;
  if (verb == "grant" && words >> number) return mvcc::LeaseGrant{{}, milliseconds(number), {}, {}};
  if (verb == "open" && words >> number >> second) return mvcc::SessionOpen{number, milliseconds(second), {}, {}};
  if (verb == "compact" && words >> number) return mvcc::Compact{Revision(number)};
  if (verb == "renew") return mvcc::LeaseRenew{ids_from(words, arena)};
  if (verb == "expire") return mvcc::ExpireLeases{ids_from(words, arena)};
  return mvcc::Undecodable{};
}

}  // namespace

Bytes WordCodec::words(const std::string& verb, std::span<const LeaseId> ids) {
  std::string text = verb;
  for (const LeaseId id : ids) text += " " + to_string(id);
  return Bytes(std::move(text));
}

Bytes WordCodec::encode(MachineVersion version, ClusterTime stamp, std::span<const PendingCommand> commands) const {
  kept_.push_back({version, stamp, {commands.begin(), commands.end()}});
  return Bytes(std::to_string(kept_.size() - 1));
}

Result<mvcc::Batch> WordCodec::decode(const Bytes& payload, Arena& arena) const {
  const Kept& kept = kept_.at(std::stoul(std::string(payload.view())));
  const auto commands = arena.make_span<mvcc::Command>(kept.commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const PendingCommand& pending = kept.commands[i];
    commands[i].envelope.origin = pending.origin;
    commands[i].envelope.origin_incarnation = pending.incarnation;
    commands[i].envelope.origin_request = pending.request;
    std::istringstream words{std::string(pending.command.view())};
    if (words.peek() == '@') {
      std::uint64_t session = 0, sequence = 0, first = 0;
      char mark = 0;
      words >> mark >> session >> mark >> sequence >> mark >> first;
      commands[i].envelope.session = LeaseId(session);
      commands[i].envelope.sequence = RequestSeq(sequence);
      commands[i].envelope.first_outstanding = RequestSeq(first);
    }
    commands[i].body = body_of(words, arena);
  }
  return mvcc::Batch{kept.version, kept.stamp, commands};
}

Bytes WordEncoder::encode(std::span<const mvcc::Event> events, bool, bool) const {
  std::string text;
  for (const mvcc::Event& event : events)
    text += (text.empty() ? "" : " ") + std::string(event.kind == mvcc::EventKind::put ? "+" : "-") + std::string(event.kv->key());
  return Bytes(std::move(text));
}

std::size_t FakeClients::push_events(ConnectionId, std::span<const WatchId> watches, Revision revision, const Bytes& events,
                                     bool more) {
  std::string text;
  for (const WatchId watch : watches) text += (text.empty() ? "" : ",") + to_string(watch);
  said.emplace_back("events");
  pushed.push_back(text + "@" + to_string(revision) + " " + std::string(events.view()) + (more ? " ..." : ""));
  return events.size() + 64;
}

}  // namespace conclave::engine::test
