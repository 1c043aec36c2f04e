#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conclave/test/history.hpp"
#include "conclave/test/verdict.hpp"

namespace conclave::test {

/// What one revision changed, as a replica's history or a watch over everything tells it.
struct AppliedRevision {
  Revision revision;
  std::vector<std::pair<std::string, std::optional<std::string>>> changes;  ///< the key's new value; nothing: it was deleted
  bool by_the_store = false;                                                ///< not a client's operation: the end of a lease, say
};

struct RevisionOrderOptions {
  /// Whether the log holds every operation of every client, so that each revision must be somebody's.
  bool all_writers_known = true;
};

/// The store says itself in which order it did things: by revision. So instead of searching for an order, check that one, in time
/// O(n log n). `applied` holds every revision from 1 on. The rules:
/// - revisions come without a gap, and each belongs to one operation, that did exactly those changes to the state before, or that
/// may
///   have (unknown); never to one that definitely failed;
/// - an operation that changed nothing, or read, saw the state at the revision its answer names, conditions included;
/// - a write has a greater revision than everything that was answered before it was invoked, and a read one at least as great,
/// unless
///   it allows for staleness;
/// - a mod revision in an answer is that of the key at that revision.
/// Every successful answer must name its revision.
[[nodiscard]] Verdict check_revision_order(const History& history, const std::vector<AppliedRevision>& applied,
                                           const RevisionOrderOptions& options = {});

}  // namespace conclave::test
