#include "idle_watches.hpp"

#include <atomic>
#include <future>
#include <memory>

namespace conclave::bench {
namespace {

/// Shared with the notices, the last of which may come after a time-out.
struct Standing {
  std::uint32_t wanted = 0;
  std::atomic<std::uint32_t> confirmed{0};
  std::promise<void> all{};
};

}  // namespace

Result<std::vector<Watch>> open_idle_watches(Fleet& fleet, const Options& options) {
  std::vector<Watch> watches;
  if (options.idle_watches == 0) return watches;
  const auto standing = std::make_shared<Standing>();
  standing->wanted = options.idle_watches;
  auto all = standing->all.get_future();
  for (std::uint32_t i = 0; i < options.idle_watches; ++i) {
    WatchOptions what;
    what.keys = Keys::one("idle/" + std::to_string(i));
    // A watch is told of its progress when it stands, and later from time to time: only its first counts.
    watches.push_back(fleet.client(i).watch(std::move(what), [standing, first = true](const WatchNotice& notice) mutable {
      if (!std::holds_alternative<WatchProgress>(notice) || !std::exchange(first, false)) return;
      if (standing->confirmed.fetch_add(1) + 1 == standing->wanted) standing->all.set_value();
    }));
  }
  if (all.wait_for(timeout_of(options)) != std::future_status::ready)
    return fail(Errc::timeout, "the watches were not confirmed in time");
  return watches;
}

}  // namespace conclave::bench
