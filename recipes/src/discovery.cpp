#include "conclave/recipes/discovery.hpp"

#include <algorithm>
#include <mutex>

#include "conclave/recipes_core/discovery.hpp"
#include "conclave/recipes_core/names.hpp"
#include "hold_access.hpp"
#include "service_convert.hpp"
#include "view_handle.hpp"

namespace conclave::recipes {
namespace {

/// The instances of one revision, and whose turn it is.
class Roster {
 public:
  Roster(std::string directory, const DiscoveryOptions& options)
      : directory_(std::move(directory)),
        tag_(options.tag),
        on_change_(options.on_change),
        picker_(options.pick_by == PickBy::weight) {}

  void take(const core::Mirror& mirror) {
    std::vector<core::Instance> instances;
    mirror.look([&](const core::KeyMap& keys) { instances = core::instances_in(keys, directory_); });
    if (!tag_.empty())
      std::erase_if(instances, [&](const core::Instance& each) {
        return std::find(each.record.tags.begin(), each.record.tags.end(), tag_) == each.record.tags.end();
      });
    {
      const std::lock_guard lock(mutex_);
      instances_ = std::move(instances);
    }
    if (on_change_) on_change_(all());
  }

  [[nodiscard]] std::vector<ServiceInstance> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<ServiceInstance> list;
    for (const core::Instance& each : instances_) list.push_back(instance_of(each.id, each.record));
    return list;
  }

  [[nodiscard]] std::optional<ServiceInstance> pick() {
    const std::lock_guard lock(mutex_);
    std::vector<const core::Instance*> choices;
    for (const core::Instance& each : instances_)
      if (each.record.state == core::ServiceState::up) choices.push_back(&each);
    const std::size_t next = picker_.next(choices);
    if (next == choices.size()) return std::nullopt;
    return instance_of(choices[next]->id, choices[next]->record);
  }

 private:
  std::string directory_;
  std::string tag_;
  std::function<void(const std::vector<ServiceInstance>&)> on_change_;
  mutable std::mutex mutex_;
  std::vector<core::Instance> instances_;
  core::TurnPicker picker_;
};

}  // namespace

struct Discovery::State {
  State(Client& client, const std::string& service, const DiscoveryOptions& options)
      : valid(core::check_name(service)),
        roster(std::make_shared<Roster>(core::directory_of("service", service), options)),
        handle(client, core::directory_of("service", service), options.confirm_every,
               [roster = roster](const core::Mirror& mirror, const core::MirrorChange&) { roster->take(mirror); }) {}
  Result<void> valid;
  std::shared_ptr<Roster> roster;
  ViewHandle handle;
};

Discovery::Discovery(Client& client, std::string service, DiscoveryOptions options)
    : state_(std::make_unique<State>(client, service, options)) {}
Discovery::Discovery(Discovery&&) noexcept = default;
Discovery& Discovery::operator=(Discovery&&) noexcept = default;
Discovery::~Discovery() = default;

void Discovery::ready(std::function<void(Result<void>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run_to_end(
      state_->handle.loop(), wait,
      [view = state_->handle.view()](core::Call call) { return core::View::listed(view, std::move(call)); }, std::move(done));
}
Result<void> Discovery::ready(Wait wait) {
  return blocking<void>(*state_->handle.loop(), [&](auto done) { ready(std::move(done), wait); });
}
void Discovery::sync(std::function<void(Result<Revision>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run<Revision>(
      state_->handle.loop(), wait,
      [view = state_->handle.view()](core::Call call) { return core::View::sync(view, std::move(call)); }, std::move(done));
}
Result<Revision> Discovery::sync(Wait wait) {
  return blocking<Revision>(*state_->handle.loop(), [&](auto done) { sync(std::move(done), wait); });
}

std::vector<ServiceInstance> Discovery::instances() const { return state_->roster->all(); }
std::optional<ServiceInstance> Discovery::pick() { return state_->roster->pick(); }
std::optional<std::chrono::milliseconds> Discovery::age() const { return state_->handle.age(); }

}  // namespace conclave::recipes
