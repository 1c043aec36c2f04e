#pragma once

#include <vector>

#include "conclave/engine/event.hpp"
#include "context.hpp"

namespace conclave::engine {

/// The records of a membership by role, as a change wants them.
struct Roles {
  std::vector<raft::Member> voters;
  std::vector<raft::Member> learners;
};
[[nodiscard]] Roles roles_of(const raft::Membership& membership);

/// Changes of the membership that operators ask for. A member that is added learns first and votes when it has caught up; whoever
/// leads meanwhile sees to it. One that is removed forgets nothing by it: what comes back under its name must be added as new.
class MembershipKeeper {
 public:
  explicit MembershipKeeper(Context& context) : context_(context) {}

  /// Both are answered when the change is committed.
  void add(ConnectionId connection, RequestId request, const MemberAddRequest& wanted);
  void remove(ConnectionId connection, RequestId request, const MemberRemoveRequest& wanted);
  void on_leader_changed();
  void on_connection_closed(ConnectionId connection);
  void tick();

 private:
  struct Waiting {
    ConnectionId connection;
    RequestId request;
    MemberId member;
    bool present = false;  ///< what is waited for
    Instant since;
  };

  [[nodiscard]] Result<void> propose_with(const MemberAddRequest& wanted, MemberId id);
  [[nodiscard]] Result<void> propose_without(MemberId id);
  [[nodiscard]] Result<void> propose(Roles roles);
  [[nodiscard]] bool settled() const;
  void begin(Waiting waiting, const Result<void>& proposed);
  void answer();
  void promote_learners();

  Context& context_;
  std::vector<Waiting> waiting_;
  Term promoting_in_;  ///< the term in which this member, leading, last named every learner for promotion
};

}  // namespace conclave::engine
