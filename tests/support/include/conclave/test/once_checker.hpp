#pragma once

#include <map>
#include <utility>
#include <vector>

#include "conclave/base/ids.hpp"
#include "conclave/test/history.hpp"
#include "conclave/test/verdict.hpp"

namespace conclave::test {

/// Checks that the requests of sessions happen once. The rules, for each (session, sequence):
/// - it is applied at most once;
/// - a successful answer means that it was applied, and all successful answers, also those to repeats, name the same revision, that
/// of
///   the application;
/// - a definite failure means that it is never applied.
/// Facts may be given in any order.
class OnceChecker {
 public:
  /// The state machine executed the request (a repeat answered from memory does not count). `revision`: of the store after it.
  void applied(LeaseId session, RequestSeq sequence, Index at, Revision revision);
  /// A client was told. `revision` only for Outcome::ok.
  void answered(LeaseId session, RequestSeq sequence, Outcome outcome, Revision revision = {});

  [[nodiscard]] Verdict verdict() const;

 private:
  struct Request {
    std::vector<std::pair<Index, Revision>> applied;
    std::vector<Revision> acknowledged;
    bool failed = false;
  };
  std::map<std::pair<LeaseId, RequestSeq>, Request> requests_;
};

}  // namespace conclave::test
