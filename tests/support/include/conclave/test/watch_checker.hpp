#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/base/ids.hpp"
#include "conclave/test/verdict.hpp"

namespace conclave::test {

/// One version of a key, as far as a watch tells it.
struct WatchedRow {
  std::string value;
  Revision create;
  Revision mod;
  std::uint64_t version = 0;
  bool operator==(const WatchedRow&) const = default;
};

struct WatchedEvent {
  std::string key;
  bool deleted = false;
  WatchedRow row;  ///< put: the new version; delete: only `mod` counts
  std::optional<WatchedRow>
      previous;  ///< the version before, if there was one (in the reference always, received only if asked for)
  [[nodiscard]] bool is_create() const { return !deleted && row.version == 1; }
};

/// Everything one revision changed.
struct WatchedBatch {
  Revision revision;
  std::vector<WatchedEvent> events;
};

/// What was watched.
struct WatchRequest {
  std::function<bool(std::string_view key)> selects;
  bool no_put = false;
  bool no_delete = false;
  bool want_previous = false;
  bool keys_only = false;
  Revision from{1};  ///< the first revision wanted
};

/// Checks what one watch received against the reference, all batches of the store from revision 1 on, which the caller keeps alive
/// and may extend. The guarantees, by the names that verdicts use:
/// - ordered: revisions ascend;
/// - unique: no event comes twice;
/// - atomic: the events of one revision come all, together;
/// - reliable: no revision with a wanted event is left out;
/// - resumable: after a resume the events go on from the revision asked for;
/// - bookmarkable: after a bookmark of R nothing at or below R comes, and before it all of it came;
/// - previous value: it is what the key had before, and only there if asked for;
/// - is-create: a put of a key that did not exist is told from others;
/// - filtered: exactly the wanted events come, as they happened.
class WatchChecker {
 public:
  WatchChecker(WatchRequest request, const std::vector<WatchedBatch>& reference);

  /// `more`: further events of the same revision follow in the next frame.
  void received(Revision revision, const std::vector<WatchedEvent>& events, bool more = false);
  void bookmark(Revision revision);
  /// The connection is gone; the watch goes on from this revision. Events of a revision that came in part are received anew.
  void resumed(Revision from);
  /// The server says that the revision wanted next is compacted; the watch is at its end.
  void compacted(Revision oldest);
  /// The test is at its end and says up to which revision everything must have come.
  void expect_all_up_to(Revision revision);

  /// The first rule broken.
  [[nodiscard]] const Verdict& verdict() const { return verdict_; }
  /// The revision the watch would resume from.
  [[nodiscard]] Revision next() const { return next_; }

 private:
  [[nodiscard]] const WatchedBatch* batch_at(Revision revision) const;
  [[nodiscard]] std::vector<const WatchedEvent*> wanted_at(Revision revision) const;
  void fail(const char* guarantee, const std::string& why);
  void expect_nothing_between(Revision from, Revision end, const char* guarantee);
  void compare(Revision revision, const std::vector<const WatchedEvent*>& wanted);
  void compare(Revision revision, const WatchedEvent& wanted, const WatchedEvent& actual);

  WatchRequest request_;
  const std::vector<WatchedBatch>& reference_;
  Revision next_;  // all before is done
  Revision bookmark_;
  std::optional<Revision> part_of_;  // the revision that came in part
  std::vector<WatchedEvent> part_;
  bool ended_ = false;
  Verdict verdict_;
};

}  // namespace conclave::test
