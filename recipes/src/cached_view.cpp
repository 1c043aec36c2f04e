#include "conclave/recipes/cached_view.hpp"

#include "hold_access.hpp"
#include "view_handle.hpp"

namespace conclave::recipes {
namespace {

ViewStep step_of(const core::MirrorChange& change) {
  ViewStep step{change.revision, {}};
  step.changes.reserve(change.keys.size());
  for (const core::KeyChange& key : change.keys) step.changes.push_back({key.key, key.before, key.after});
  return step;
}

ViewHandle::Changed teller(std::function<void(const ViewStep&)> on_change) {
  if (!on_change) return nullptr;
  return [tell = std::move(on_change)](const core::Mirror&, const core::MirrorChange& change) { tell(step_of(change)); };
}

}  // namespace

struct CachedView::State {
  State(Client& client, std::string prefix, CachedViewOptions options)
      : handle(client, std::move(prefix), options.confirm_every, teller(std::move(options.on_change))) {}
  ViewHandle handle;
};

CachedView::CachedView(Client& client, std::string prefix, CachedViewOptions options)
    : state_(std::make_shared<State>(client, std::move(prefix), std::move(options))) {}
CachedView::CachedView(CachedView&&) noexcept = default;
CachedView& CachedView::operator=(CachedView&&) noexcept = default;
CachedView::~CachedView() = default;

void CachedView::ready(std::function<void(Result<void>)> done, Wait wait) {
  run_to_end(
      state_->handle.loop(), wait,
      [view = state_->handle.view()](core::Call call) { return core::View::listed(view, std::move(call)); }, std::move(done));
}
Result<void> CachedView::ready(Wait wait) {
  return blocking<void>(*state_->handle.loop(), [&](auto done) { ready(std::move(done), wait); });
}

void CachedView::sync(std::function<void(Result<Revision>)> done, Wait wait) {
  run<Revision>(
      state_->handle.loop(), wait,
      [view = state_->handle.view()](core::Call call) { return core::View::sync(view, std::move(call)); }, std::move(done));
}
Result<Revision> CachedView::sync(Wait wait) {
  return blocking<Revision>(*state_->handle.loop(), [&](auto done) { sync(std::move(done), wait); });
}

std::optional<KeyValue> CachedView::get(std::string_view key) const { return state_->handle.mirror().get(key); }
ViewSnapshot CachedView::snapshot() const {
  auto state = state_->handle.mirror().state();
  return {state.revision, std::move(state.keys)};
}
Revision CachedView::revision() const { return state_->handle.mirror().revision(); }
std::size_t CachedView::size() const { return state_->handle.mirror().size(); }
std::optional<std::chrono::milliseconds> CachedView::age() const { return state_->handle.age(); }

}  // namespace conclave::recipes
