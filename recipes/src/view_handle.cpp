#include "view_handle.hpp"

namespace conclave::recipes {

ViewHandle::ViewHandle(Client& client, std::string prefix, std::chrono::milliseconds confirm_every, Changed changed)
    : base_(client), view_(std::make_shared<core::View>(base_.hub->store(), std::move(prefix), confirm_every)) {
  teller_->changed = std::move(changed);
  base_.loop->post([view = view_, teller = teller_, hub = base_.hub] {
    // The subscription lasts as long as the view.
    const auto told = std::make_shared<core::Subscription>();
    *told = view->on_change([teller, hub, mirror = &view->mirror()](const core::MirrorChange& change) {
      const std::lock_guard lock(teller->mutex);
      if (const auto tell = teller->changed) tell(*mirror, change);
    });
    view->keep(told);
    view->start();
  });
}

ViewHandle::~ViewHandle() {
  {
    const std::lock_guard lock(teller_->mutex);
    teller_->changed = nullptr;
  }
  base_.loop->post([view = view_, hub = base_.hub] { view->stop(); });
}

std::optional<std::chrono::milliseconds> ViewHandle::age() const {
  const auto at = view_->confirmed_at();
  if (!at) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(base_.loop->time() - *at);
}

}  // namespace conclave::recipes
