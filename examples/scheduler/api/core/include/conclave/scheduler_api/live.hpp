#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "conclave/scheduler_api/feed.hpp"
#include "conclave/scheduler_core/agents.hpp"
#include "conclave/scheduler_core/picture.hpp"

namespace conclave::scheduler::api {

/// A key that changed; no row: it is gone.
struct RowChange {
  std::string_view key;
  std::optional<Row> row;
};

/// What is known of a scheduler now, kept up by the changes of its keys, and what changed as events of a text/event-stream:
///
///     begin   {"revision": R}                                     forget everything
///     change  {"revision": R, "jobs": {JOB: {...} or null}, "agents": {AGENT: {...} or null}, "freeze": {...} or null}
///     ready   {"revision": R}                                     everything was told
///
/// Changes of a picture of the whole have no id, so that who loses the connection in the middle of it does not go on from there;
/// `ready` and every later change have their revision.
class Live {
 public:
  explicit Live(Keys keys, Feed::Limits limits = {});

  void apply(Revision revision, std::span<const RowChange> changes);

  /// False until the first apply().
  [[nodiscard]] bool is_filled() const { return is_filled_; }
  [[nodiscard]] Revision revision() const { return revision_; }
  [[nodiscard]] const Picture& picture() const { return picture_; }
  [[nodiscard]] const Feed& feed() const { return feed_; }
  [[nodiscard]] bool knows_agent(std::string_view agent) const;

  /// A picture of the whole is told in pieces, so that a slow reader costs no more than one of them.
  struct Piece {
    std::string text;
    std::optional<std::string> next;  ///< where to go on; nothing after the last
  };
  [[nodiscard]] std::string begin_text() const;
  [[nodiscard]] Piece piece_from(const std::string& job) const;
  /// Its id is `since`, the revision at which the picture began: what changed while it was told is told again.
  [[nodiscard]] static std::string ready_text(Revision since);

 private:
  struct Touched;
  void take(const RowChange& change, Touched& touched);
  [[nodiscard]] std::string text_of(const Touched& touched) const;

  Keys keys_;
  Picture picture_;
  ByName<std::set<std::string>> work_;  ///< jobs by agent
  Revision revision_;
  bool is_filled_ = false;
  Feed feed_;
};

}  // namespace conclave::scheduler::api
