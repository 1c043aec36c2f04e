#include "conclave/test/once_checker.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace conclave::test {

void OnceChecker::applied(LeaseId session, RequestSeq sequence, Index at, Revision revision) {
  requests_[{session, sequence}].applied.emplace_back(at, revision);
}

void OnceChecker::answered(LeaseId session, RequestSeq sequence, Outcome outcome, Revision revision) {
  Request& request = requests_[{session, sequence}];
  switch (outcome) {
    case Outcome::ok: request.acknowledged.push_back(revision); return;
    case Outcome::failed: request.failed = true; return;
    case Outcome::unknown: return;
  }
}

Verdict OnceChecker::verdict() const {
  for (const auto& [id, request] : requests_) {
    const std::string name = "once: session " + to_string(id.first) + ", sequence " + to_string(id.second);
    // Every member applies the same entries: the same index told twice is one application.
    const std::set<std::pair<Index, Revision>> applied(request.applied.begin(), request.applied.end());
    if (applied.size() > 1) {
      return Verdict::violated(name + " was applied at index " + to_string(applied.begin()->first) + " and at index " +
                               to_string(applied.rbegin()->first));
    }
    if (request.failed && !applied.empty()) return Verdict::violated(name + " was applied after a definite failure was told");
    if (request.failed && !request.acknowledged.empty())
      return Verdict::violated(name + " was told both success and definite failure");
    if (applied.empty() && !request.acknowledged.empty()) return Verdict::violated(name + " was acknowledged, but never applied");
    for (const Revision revision : request.acknowledged) {
      if (revision == applied.begin()->second) continue;
      return Verdict::violated(name + " was applied at revision " + to_string(applied.begin()->second) + ", but the answer says " +
                               to_string(revision));
    }
  }
  return {};
}

}  // namespace conclave::test
