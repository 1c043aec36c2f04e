#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conclave/protocol/handshake.hpp"
#include "shared.hpp"

namespace conclave::client {

/// Which member to be connected to. One link serves; when the leader is another member and its address is known, a second link is
/// made to it and takes over. Links are checked with pings and replaced with a jittered, growing pause.
class Links {
 public:
  explicit Links(Shared& shared) : shared_(shared) {}

  /// What the rest of the core has to know.
  enum class News { none, ready, lost, moved };

  void on_time(bool may_move);
  void on_connected(LinkId link);
  /// Handles handshake, ping and farewell frames; for others only notes that the link lives. `ready` and `moved` say that serving()
  /// changed.
  [[nodiscard]] News on_control_frame(LinkId link, const protocol::Frame& frame);
  [[nodiscard]] News on_closed(LinkId link, const Error& why);
  /// The serving member is of no use at the moment (no leader, shutting down): go elsewhere.
  [[nodiscard]] News abandon(const Error& why);
  void learn(const std::vector<Member>& members);
  void on_leader(MemberId leader) { leader_ = leader; }
  void close_all();

  /// The link that requests go over; nothing while there is none.
  [[nodiscard]] std::optional<LinkId> serving() const;
  /// News of on_time(): a dead link was found.
  [[nodiscard]] News take_news() { return std::exchange(pending_news_, News::none); }
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] bool knows_address_of(MemberId member) const { return addresses_.contains(member); }
  [[nodiscard]] std::uint32_t requests_max() const { return requests_max_; }
  /// What both sides of the serving link know (protocol/version.hpp); nothing while there is none.
  [[nodiscard]] std::uint64_t features() const { return main_ && main_->ready ? main_->features : 0; }

 private:
  struct Link {
    LinkId id;
    std::string endpoint;
    bool connected = false;
    bool ready = false;
    MemberId member;
    std::uint64_t features = 0;
    Instant since;  ///< when the attempt started
    Instant last_received;
    std::optional<Instant> pinged;
  };

  Link start(const std::string& endpoint);
  void drop(std::optional<Link>& link);
  void fail_attempt(const Error& why);
  void check(std::optional<Link>& link);
  void move_if_useful(bool may_move);
  [[nodiscard]] std::string next_endpoint();
  [[nodiscard]] News on_hello(Link& link, const protocol::Frame& frame);

  Shared& shared_;
  std::optional<Link> main_;
  std::optional<Link> candidate_;  ///< to the leader
  std::uint64_t next_link_ = 1;
  std::size_t next_endpoint_ = 0;
  std::uint32_t failures_ = 0;
  Instant next_attempt_{};
  Instant next_move_{};
  MemberId leader_;
  std::map<MemberId, std::string> addresses_;
  std::uint32_t requests_max_ = 1024;
  News pending_news_ = News::none;
  bool closed_ = false;
  bool started_ = false;
};

}  // namespace conclave::client
