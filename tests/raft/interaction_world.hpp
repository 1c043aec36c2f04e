#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "conclave/test/datadriven.hpp"
#include "interaction_member.hpp"
#include "interaction_oracle.hpp"

/// Members, the messages between them and an oracle, driven by the commands of a golden script (interaction_test.cpp lists them).
namespace conclave::raft::test {

class World {
 public:
  /// Executes one command, then checks every invariant; returns what it printed.
  std::string run(const conclave::test::Command& command);

 private:
  using Command = conclave::test::Command;
  struct InFlight {
    MemberId from;
    MemberId to;
    Message message;
  };

  // Commands that make and end members (interaction_setup.cpp).
  void add_nodes(const Command& command);
  void crash(const Command& command);
  void restart(const Command& command);

  // Commands that feed one member (interaction_inputs.cpp).
  void campaign(const Command& command);
  void tick(const Command& command);
  void tick_heartbeat(const Command& command);
  void tick_election(const Command& command);
  void propose(const Command& command);
  void propose_membership(const Command& command);
  void read(const Command& command);
  void transfer(const Command& command);
  void link_closed(const Command& command);
  void unreachable(const Command& command);
  void stamp(const Command& command);
  void compact(const Command& command);
  void checkpoint(const Command& command);

  // Commands that carry out what a member asked for (interaction_outputs.cpp).
  void ready(const Command& command);
  void durable(const Command& command);
  void execute(const Command& command);
  void applied(const Command& command);
  void log_read(const Command& command);
  void snapshot_read(const Command& command);
  void snapshot_stored(const Command& command);
  void deliver(const Command& command);
  void drop(const Command& command);
  void duplicate(const Command& command);
  void cut(const Command& command);
  void heal(const Command& command);
  void stabilize(const Command& command);

  // Commands that only look (interaction_views.cpp).
  void status(const Command& command);
  void log(const Command& command);
  void disk(const Command& command);
  void state(const Command& command);
  void messages(const Command& command);
  void members(const Command& command);

  [[nodiscard]] const std::map<std::string, void (World::*)(const Command&)>& commands() const;
  [[nodiscard]] Member& member(std::uint64_t id);
  [[nodiscard]] Member& member_of(const Command& command) { return member(command.number(0)); }
  /// The members named by the command's values, or all that are up.
  [[nodiscard]] std::vector<Member*> chosen(const Command& command);
  void take(Member& member);
  void finish_apply(Member& member, Index to);
  bool pass_on(InFlight message);
  /// One step of every kind that `member` has pending; false if there was nothing.
  bool settle(Member& member, const Command& command);
  bool deliver_to(MemberId to);
  void print(const std::string& line);
  void print_indented(const std::string& text);

  std::map<MemberId, std::unique_ptr<Member>> members_;
  std::map<MemberId, Index> durable_printed_;
  std::deque<InFlight> network_;
  std::set<std::pair<MemberId, MemberId>> cut_;  ///< (from, to): messages on it are lost when delivered
  Oracle oracle_;
  std::uint64_t restarts_ = 0;
  std::string out_;
  bool quiet_ = false;
};

}  // namespace conclave::raft::test
