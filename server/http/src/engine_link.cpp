#include "engine_link.hpp"

#include <utility>

namespace conclave::gateway {
namespace {

using engine::ConnectionId;
using engine::RequestId;

/// Each waits for a leader as long as the engine does, two seconds.
constexpr int tries_max = 4;
/// Identities whose connection is kept although nobody waits on it.
constexpr std::size_t idle_identities_max = 256;

/// It did not happen, and may well happen a moment later.
bool is_worth_another_try(const engine::ReplyBody& body) {
  const mvcc::Refused* refused = std::get_if<mvcc::Refused>(&body);
  if (const auto* response = std::get_if<mvcc::ResponsePtr>(&body)) refused = std::get_if<mvcc::Refused>(&(*response)->body);
  if (refused == nullptr) return false;
  return refused->code == Errc::no_leader || refused->code == Errc::not_leader || refused->code == Errc::dropped;
}

}  // namespace

ConnectionId EngineLink::connect(const std::string& identity) {
  last_connection_ = last_connection_.next();
  deliver_(engine::ClientConnected{last_connection_, identity});
  return last_connection_;
}

EngineLink::Shared& EngineLink::shared_of(const std::string& identity) {
  const auto known = shared_.find(identity);
  if (known != shared_.end()) return known->second;
  if (shared_.size() >= idle_identities_max) {
    std::erase_if(shared_, [&](const auto& item) {
      if (item.second.waiting != 0) return false;
      deliver_(engine::ClientClosed{item.second.connection});
      return true;
    });
  }
  return shared_.emplace(identity, Shared{connect(identity), 0}).first->second;
}

void EngineLink::ask(const std::string& identity, engine::ClientBody body, Done done) {
  Shared& shared = shared_of(identity);
  ++shared.waiting;
  last_request_ = last_request_.next();
  waiting_.emplace(last_request_, Waiting{&shared, std::move(done)});
  deliver_(engine::ClientAsked{shared.connection, last_request_, std::move(body)});
}

void EngineLink::ask_patiently(const std::string& identity, Make make, Done done) {
  try_again(identity, std::move(make), std::move(done), tries_max - 1);
}

void EngineLink::try_again(const std::string& identity, Make make, Done done, int tries_left) {
  engine::ClientBody body = make();
  ask(identity, std::move(body),
      [this, identity, make = std::move(make), done = std::move(done), tries_left](const engine::ReplyHeader& header,
                                                                                   const engine::ReplyBody& answer) mutable {
        if (tries_left == 0 || !is_worth_another_try(answer)) return done(header, answer);
        try_again(identity, std::move(make), std::move(done), tries_left - 1);
      });
}

ConnectionId EngineLink::open(const std::string& identity, StreamSink& sink) {
  const ConnectionId stream = connect(identity);
  streams_.emplace(stream, &sink);
  return stream;
}

void EngineLink::ask_on(ConnectionId stream, RequestId request, engine::ClientBody body) {
  deliver_(engine::ClientAsked{stream, request, std::move(body)});
}

void EngineLink::written(ConnectionId stream, std::size_t credit) {
  if (credit != 0 && streams_.contains(stream)) deliver_(engine::ClientWritten{stream, credit});
}

void EngineLink::close(ConnectionId stream) {
  if (streams_.erase(stream) != 0) deliver_(engine::ClientClosed{stream});
}

StreamSink* EngineLink::sink_of(ConnectionId connection) const {
  const auto found = streams_.find(connection);
  return found == streams_.end() ? nullptr : found->second;
}

void EngineLink::on_reply(ConnectionId connection, RequestId request, const engine::ReplyHeader& header,
                          const engine::ReplyBody& body) {
  last_header_ = header;
  if (StreamSink* sink = sink_of(connection)) return sink->on_reply(request, header, body);
  const auto found = waiting_.find(request);
  if (found == waiting_.end()) return;
  Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  --waiting.shared->waiting;
  waiting.done(header, body);
}

}  // namespace conclave::gateway
