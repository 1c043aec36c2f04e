#pragma once

#include <memory>
#include <string>

#include "client_store.hpp"
#include "conclave/recipes_core/cached_view.hpp"
#include "teller.hpp"

namespace conclave::recipes {

/// A view that runs on its client's thread from now until this goes. What `changed` does has ended by then, unless this goes within
/// it.
class ViewHandle {
 public:
  using Changed = std::function<void(const core::Mirror&, const core::MirrorChange&)>;
  ViewHandle(Client& client, std::string prefix, std::chrono::milliseconds confirm_every, Changed changed);
  ~ViewHandle();
  ViewHandle(const ViewHandle&) = delete;
  ViewHandle& operator=(const ViewHandle&) = delete;

  [[nodiscard]] const std::shared_ptr<ClientLoop>& loop() const { return base_.loop; }
  [[nodiscard]] const core::ViewPtr& view() const { return view_; }
  [[nodiscard]] const core::Mirror& mirror() const { return view_->mirror(); }
  [[nodiscard]] std::optional<std::chrono::milliseconds> age() const;

 private:
  Base base_;
  core::ViewPtr view_;
  Teller teller_;
};

}  // namespace conclave::recipes
