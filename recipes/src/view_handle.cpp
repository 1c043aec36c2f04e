#include "view_handle.hpp"

namespace conclave::recipes {

ViewHandle::ViewHandle(Client& client, std::string prefix, std::chrono::milliseconds confirm_every, Changed changed)
    : base_(client), view_(std::make_shared<core::View>(base_.hub->store(), std::move(prefix), confirm_every)) {
  base_.loop->post([view = view_, tell = changed ? teller_.pass(std::move(changed)) : nullptr, hub = base_.hub] {
    // The subscription lasts as long as the view.
    const auto told = std::make_shared<core::Subscription>();
    *told = view->on_change([tell, hub, mirror = &view->mirror()](const core::MirrorChange& change) {
      if (tell) tell(*mirror, change);
    });
    view->keep(told);
    view->start();
  });
}

ViewHandle::~ViewHandle() {
  teller_.close();
  base_.loop->post([view = view_, hub = base_.hub] { view->stop(); });
}

std::optional<std::chrono::milliseconds> ViewHandle::age() const {
  const auto at = view_->confirmed_at();
  if (!at) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(base_.loop->time() - *at);
}

}  // namespace conclave::recipes
