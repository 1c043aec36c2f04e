#include "recipes/queue_oracle.hpp"

#include "conclave/recipes_core/item_record.hpp"

namespace conclave::sim {
namespace {

using recipes::core::item_from_json;
using recipes::core::QueueKeys;

/// The queue as it was at one revision.
class QueueState {
 public:
  explicit QueueState(std::string directory) : keys_{std::move(directory)} {}

  void apply(const test::WatchedBatch& batch) {
    std::set<std::string> gone;
    std::set<std::string> done;
    for (const auto& event : batch.events) {
      if (event.key.starts_with(effects) && !event.deleted) done.insert(event.key.substr(effects.size()));
      if (!event.key.starts_with(keys_.directory)) continue;
      if (event.deleted && event.key.starts_with(keys_.item(""))) gone.insert(event.key.substr(keys_.item("").size()));
      take(event, batch.revision);
    }
    const std::string when = " at revision " + to_string(batch.revision);
    require(gone == done, [&] { return "items go without their acknowledgement, or the other way round," + when; });
    for (const std::string& id : done)
      require(done_.insert(id).second, [&] { return "item " + id + " is acknowledged twice," + when; });
    for (const std::string& id : touched_) {
      const std::size_t places = (ready_.contains(id) ? 1U : 0U) + (held_.contains(id) ? 1U : 0U) + (dead_.contains(id) ? 1U : 0U);
      require(places == (items_.contains(id) ? 1U : 0U),
              [&] { return "item " + id + " is in " + std::to_string(places) + " places" + when; });
      require(claims_[id].size() <= 1, [&] { return "item " + id + " has two takers" + when; });
      require(claims_[id].empty() || held_.contains(id), [&] { return "item " + id + " is claimed and not held" + when; });
    }
    touched_.clear();
  }

  [[nodiscard]] bool is_done(const std::string& id) const { return done_.contains(id); }
  [[nodiscard]] bool is_there(const std::string& id) const { return items_.contains(id); }

 private:
  static constexpr std::string_view effects = "effect/";

  static void put(std::set<std::string>& set, const std::string& id, bool there) {
    if (there)
      set.insert(id);
    else
      set.erase(id);
  }

  void take(const test::WatchedEvent& event, Revision revision) {
    const std::string& key = event.key;
    const bool there = !event.deleted;
    const auto after = [&](const std::string& prefix) { return key.substr(prefix.size()); };
    std::string id;
    if (key.starts_with(keys_.item(""))) {
      put(items_, id = after(keys_.item("")), there);
    } else if (key.starts_with(keys_.held_items())) {
      put(held_, id = after(keys_.held_items()), there);
    } else if (key.starts_with(keys_.dead())) {
      put(dead_, id = after(keys_.dead()), there);
      const auto record = there ? item_from_json(event.row.value) : std::nullopt;
      require(!there || (record && record->attempts >= record->attempts_max),
              [&] { return "item " + id + " is dead before its last attempt, at revision " + to_string(revision); });
    } else if (key.starts_with(keys_.claims())) {
      id = after(keys_.claims());
      const std::size_t slash = id.find('/');
      const std::string place = id.substr(slash + 1);
      id.resize(slash);
      put(claims_[id], place, there);
    } else if (key.starts_with(keys_.ready())) {
      const auto& row = there ? event.row : *event.previous;
      id = item_from_json(row.value)->item;
      put(ready_, id, there);
    } else {
      return;
    }
    touched_.insert(id);
  }

  QueueKeys keys_;
  std::set<std::string> items_, ready_, held_, dead_, done_, touched_;
  std::map<std::string, std::set<std::string>> claims_;
};

}  // namespace

void QueueOracle::acknowledged(const std::string& id) {
  require(acknowledged_.insert(id).second, [&] { return "two programs were told that they acknowledged item " + id; });
}

void QueueOracle::judge(const std::string& directory, const std::vector<test::WatchedBatch>& batches) const {
  QueueState state(directory);
  for (const auto& batch : batches) state.apply(batch);
  for (const std::string& id : pushed_)
    require(state.is_done(id) || state.is_there(id), [&, lost = id] { return "item " + lost + " is lost"; });
  for (const std::string& id : acknowledged_)
    require(state.is_done(id),
            [&, undone = id] { return "the acknowledgement of item " + undone + " was told and did not happen"; });
}

}  // namespace conclave::sim
