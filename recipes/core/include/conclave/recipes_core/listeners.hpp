#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace conclave::recipes::core {

/// Ends a subscription when it goes.
class [[nodiscard]] Subscription {
 public:
  Subscription() = default;
  explicit Subscription(std::function<void()> end) : end_(std::move(end)) {}
  Subscription(Subscription&& other) noexcept : end_(std::exchange(other.end_, nullptr)) {}
  Subscription& operator=(Subscription&& other) noexcept {
    if (this != &other) {
      end();
      end_ = std::exchange(other.end_, nullptr);
    }
    return *this;
  }
  ~Subscription() { end(); }
  void end() {
    if (const auto last = std::exchange(end_, nullptr)) last();
  }

 private:
  std::function<void()> end_;
};

/// Those who want to be told of something, in the order in which they came. A listener may add and remove others while it is told;
/// who is added then is told the next time.
template <class... Told>
class Listeners {
 public:
  [[nodiscard]] Subscription add(std::function<void(Told...)> listener) {
    const std::uint64_t id = ++list_->last;
    list_->by_id.emplace(id, std::make_shared<std::function<void(Told...)>>(std::move(listener)));
    return Subscription([weak = std::weak_ptr<List>(list_), id] {
      if (const auto list = weak.lock()) list->by_id.erase(id);
    });
  }
  void tell(Told... told) {
    const auto list = list_;
    const std::uint64_t last = list->last;
    for (auto next = list->by_id.begin(); next != list->by_id.end() && next->first <= last;) {
      const std::uint64_t id = next->first;
      const auto listener = next->second;
      (*listener)(told...);
      next = list->by_id.upper_bound(id);
    }
  }

 private:
  struct List {
    std::uint64_t last = 0;
    std::map<std::uint64_t, std::shared_ptr<std::function<void(Told...)>>> by_id;
  };
  std::shared_ptr<List> list_ = std::make_shared<List>();
};

/// Something that happens once: a request to stop, the loss of a lease, the end of a client.
class Signal {
 public:
  void raise() {
    if (raised_) return;
    raised_ = true;
    listeners_.tell();
  }
  [[nodiscard]] bool raised() const { return raised_; }
  /// Not called for what was raised before: ask raised() first.
  [[nodiscard]] Subscription on_raise(std::function<void()> listener) { return listeners_.add(std::move(listener)); }

 private:
  bool raised_ = false;
  Listeners<> listeners_;
};

}  // namespace conclave::recipes::core
