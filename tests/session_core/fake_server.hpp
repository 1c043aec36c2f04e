#pragma once

#include <map>
#include <string>
#include <vector>

#include "conclave/client/session_core.hpp"
#include "conclave/protocol/version.hpp"

namespace conclave::client::test {

/// What the core sent, decoded as far as the tests look.
struct Sent {
  protocol::FrameKind kind{};
  std::uint64_t id = 0;
  std::string what;  ///< "put KEY", "open", "renew", "get", "members", "watch from N", "cancel", "close", ...
  std::uint64_t session = 0;
  std::uint64_t sequence = 0;
  std::uint64_t first_outstanding = 0;
  std::uint64_t nonce = 0;
};

/// A core whose links, time and answers are in the test's hand. Links are made up by hello(); nothing happens by itself.
class Bench {
 public:
  explicit Bench(SessionOptions options = defaults());
  [[nodiscard]] static SessionOptions defaults();

  /// Takes what the core wants and keeps it below.
  void pump();
  /// Time passes in steps of 10 ms.
  void run(Duration time);
  /// The newest link comes up, member `member` answers the hello.
  void hello(std::uint64_t member = 1, std::uint64_t leader = 1, std::uint64_t features = protocol::features_known);
  void lose_link(const std::string& why = "reset");

  /// `key`: of a sequence put.
  void answer_put(std::uint64_t id, std::uint64_t revision = 5, const std::string& key = {});
  void push_turn(std::uint64_t watch);
  void answer_opened(std::uint64_t id, std::uint64_t session = 900, std::uint64_t ttl_millis = 15'000);
  void answer_renewed(std::uint64_t id, std::uint64_t lease, std::uint64_t ttl_millis);
  void answer_refused(std::uint64_t id, Errc code);
  void answer_watch(std::uint64_t id, std::uint64_t start);
  void answer_members(std::uint64_t id, const std::map<std::uint64_t, std::string>& addresses);
  void push_events(std::uint64_t watch, std::uint64_t revision, const std::string& key, bool more = false) {
    push_events(std::vector<std::uint64_t>{watch}, revision, key, more);
  }
  void push_events(const std::vector<std::uint64_t>& watches, std::uint64_t revision, const std::string& key, bool more = false);

  OperationId put(const std::string& key, Duration timeout = seconds(5));
  /// The newest frame whose `what` starts so; fails the test if there is none.
  [[nodiscard]] Sent last(const std::string& what) const;
  [[nodiscard]] std::size_t count(const std::string& what) const;
  [[nodiscard]] const Result<Reply>* outcome(OperationId operation) const;

  Instant now{seconds(50)};
  SessionCore core;
  std::vector<Sent> sent;
  std::vector<std::string> connects;
  std::vector<LinkId> disconnects;
  LinkId link;
  std::map<OperationId, Result<Reply>> completed;
  std::vector<std::string> notices;  ///< "events 5 key", "progress 7", "ended compacted"
  std::vector<LeaseTold> leases;

 private:
  void deliver(const Bytes& frame);
  std::uint64_t leader_ = 1;  ///< as every answer says
};

}  // namespace conclave::client::test
