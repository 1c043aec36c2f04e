#include "conclave/locksmith/groups.hpp"

#include <unistd.h>

#include <fstream>

#include "conclave/locksmith/zones.hpp"
#include "conclave/locksmith_fleet/group.hpp"
#include "conclave/recipes/own/run.hpp"
#include "conclave/recipes_core/names.hpp"

namespace conclave::locksmith {

using recipes::core::Call;

namespace {

constexpr std::chrono::milliseconds patience{10'000};

/// What does not wait for others takes no longer than this, unless the caller says otherwise.
Wait bounded(Wait wait) {
  if (!wait.timeout) wait.timeout = patience;
  return wait;
}

Result<void> check_claim(const Claim& claim) {
  if (is_machine_id(claim.machine)) return {};
  return fail(Errc::invalid_argument, "the machine's id '" + claim.machine + "' is not of letters, digits and .-_");
}

Result<void> check_zone_of(const Policy& policy) {
  if (const auto zone = load_zone(policy.zone); !zone) return fail(zone.error().code, "zone: " + zone.error().context);
  return {};
}

std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

Attempt attempt_of(fleet::Taken taken) { return {std::move(taken.slot), taken.had_it, std::move(taken.why_not)}; }

}  // namespace

struct Group::State {
  State(Client& client, std::string name, const GroupOptions& options)
      : base(client),
        valid(recipes::core::check_name(name)),
        group(base.hub, {options.ttl, options.owner.empty() ? recipes::default_owner() : options.owner}, std::move(name)) {}

  /// Blocks for what `make` makes of the group.
  template <class T>
  Result<T> ask(const Wait& wait, std::function<fleet::Task<Result<T>>(const fleet::Group&, Call)> make) const {
    if (!valid) return fail(valid.error());
    return recipes::blocking<T>(*base.loop, [&](auto done) { ask<T>(wait, std::move(make), std::move(done)); });
  }
  template <class T, class Done>
  void ask(const Wait& wait, std::function<fleet::Task<Result<T>>(const fleet::Group&, Call)> make, Done done) const {
    if (!valid) return done(Result<T>(fail(valid.error())));
    recipes::run<T>(
        base.loop, wait, [copy = group, make = std::move(make)](Call call) { return make(copy, std::move(call)); },
        std::move(done));
  }
  Result<Policy> change(Edit edit, Entry entry, const Wait& wait, bool over_broken = false) const {
    return ask<Policy>(bounded(wait), [edit, entry, over_broken](const fleet::Group& of, Call call) {
      return of.change(edit, entry, std::move(call), over_broken);
    });
  }
  [[nodiscard]] auto releasing(std::string machine, Deed deed, std::string by, std::optional<Revision> token = {},
                               std::string why = {}) const {
    fleet::ReleaseRequest request{std::move(machine), {}, deed, std::move(by), std::move(why), token};
    return [request](const fleet::Group& of, Call call) { return of.release(request, std::move(call)); };
  }
  static auto locking(const Claim& claim, const Wait& wait) {
    const bool waits = !wait.timeout || wait.timeout->count() > 0;
    return [claim, waits](const fleet::Group& of, Call call) { return of.take(claim, waits, {}, std::move(call)); };
  }
  static Wait lock_wait(Wait wait) {
    if (wait.timeout && wait.timeout->count() <= 0) wait.timeout = patience;
    return wait;
  }

  recipes::Base base;
  Result<void> valid;
  fleet::Group group;
};

Group::Group(Client& client, std::string name, GroupOptions options)
    : state_(std::make_unique<State>(client, std::move(name), options)) {}
Group::Group(Group&&) noexcept = default;
Group& Group::operator=(Group&&) noexcept = default;
Group::~Group() = default;

const std::string& Group::name() const { return state_->group.name(); }

Result<GroupView> Group::status(Wait wait) {
  return state_->ask<GroupView>(bounded(std::move(wait)),
                                [](const fleet::Group& of, Call call) { return of.look(std::move(call)); });
}
void Group::status(std::function<void(Result<GroupView>)> done, Wait wait) {
  state_->ask<GroupView>(
      bounded(std::move(wait)), [](const fleet::Group& of, Call call) { return of.look(std::move(call)); }, std::move(done));
}

Result<Attempt> Group::lock(Claim claim, Wait wait) {
  if (const auto ok = check_claim(claim); !ok) return fail(ok.error());
  auto taken = state_->ask<fleet::Taken>(State::lock_wait(wait), State::locking(claim, wait));
  if (!taken) return fail(taken.error());
  return attempt_of(std::move(*taken));
}
void Group::lock(std::function<void(Result<Attempt>)> done, Claim claim, Wait wait) {
  if (const auto ok = check_claim(claim); !ok) return done(fail(ok.error()));
  state_->ask<fleet::Taken>(State::lock_wait(wait), State::locking(claim, wait),
                            [done = std::move(done)](Result<fleet::Taken> taken) {
                              if (!taken) return done(fail(std::move(taken.error())));
                              done(attempt_of(std::move(*taken)));
                            });
}

Result<bool> Group::unlock(std::string machine, std::string by, Wait wait) {
  return state_->ask<bool>(bounded(std::move(wait)), state_->releasing(std::move(machine), Deed::unlocked, std::move(by)));
}
void Group::unlock(std::function<void(Result<bool>)> done, std::string machine, std::string by, Wait wait) {
  state_->ask<bool>(bounded(std::move(wait)), state_->releasing(std::move(machine), Deed::unlocked, std::move(by)),
                    std::move(done));
}
void Group::unlock_slot(std::function<void(Result<bool>)> done, std::string machine, Revision token, std::string by, Wait wait) {
  state_->ask<bool>(bounded(std::move(wait)), state_->releasing(std::move(machine), Deed::unlocked, std::move(by), token),
                    std::move(done));
}
Result<bool> Group::evict(std::string machine, std::string by, std::string why, Wait wait) {
  return state_->ask<bool>(bounded(std::move(wait)),
                           state_->releasing(std::move(machine), Deed::evicted, std::move(by), {}, std::move(why)));
}
Result<bool> Group::forget(std::string machine, std::string by, Wait wait) {
  return state_->ask<bool>(bounded(std::move(wait)),
                           [machine, by](const fleet::Group& of, Call call) { return of.forget(machine, by, std::move(call)); });
}

Result<Policy> Group::change(Edit edit, std::string what, std::string by, Wait wait) {
  const Edit checked = [edit = std::move(edit)](Policy policy) -> Result<Policy> {
    auto edited = edit(std::move(policy));
    if (!edited) return edited;
    if (const auto zone = check_zone_of(*edited); !zone) return fail(zone.error());
    return edited;
  };
  return state_->change(checked, {0, Deed::changed, {}, {}, std::move(what), std::move(by)}, wait);
}

Result<Policy> Group::replace(Policy policy, std::string by, Wait wait) {
  if (const auto zone = check_zone_of(policy); !zone) return fail(zone.error());
  const Edit edit = [policy](const Policy&) { return Result<Policy>(policy); };
  return state_->change(edit, {0, Deed::changed, {}, {}, "the whole policy", std::move(by)}, wait, true);
}

Result<Policy> Group::set(std::string field, std::string value, std::string by, Wait wait) {
  std::string what = field + " " + value;
  return change([field, value](Policy policy) { return with_field(std::move(policy), field, value); }, std::move(what),
                std::move(by), std::move(wait));
}

Result<Policy> Group::set_max(std::uint64_t slots, std::string by, Wait wait) {
  return set("slots", std::to_string(slots), std::move(by), std::move(wait));
}

Result<Policy> Group::pause(std::string by, std::string why, Wait wait) {
  const Edit edit = [text = by + (why.empty() ? "" : ": " + why)](Policy policy) -> Result<Policy> {
    policy.paused = true;
    policy.paused_by = text;
    return policy;
  };
  return state_->change(edit, {0, Deed::paused, {}, {}, std::move(why), std::move(by)}, wait);
}

Result<Policy> Group::resume(std::string by, Wait wait) {
  const Edit edit = [](Policy policy) -> Result<Policy> {
    policy.paused = false;
    policy.paused_by.clear();
    return policy;
  };
  return state_->change(edit, {0, Deed::resumed, {}, {}, {}, std::move(by)}, wait);
}

Result<std::vector<Entry>> Group::history(std::uint64_t count, Wait wait) {
  return state_->ask<std::vector<Entry>>(bounded(std::move(wait)),
                                         [count](const fleet::Group& of, Call call) { return of.history(count, std::move(call)); });
}

Result<void> Group::need_reboot(std::string machine, std::string reason, std::string by, std::int64_t priority, Wait wait) {
  Claim claim;
  claim.machine = machine;
  if (auto ok = check_claim(claim); !ok) return ok;
  const Wish wish{std::move(reason), std::move(by), priority, 0};
  const auto made = state_->ask<bool>(bounded(std::move(wait)), [machine, wish](const fleet::Group& of, Call call) {
    return of.wish(machine, wish, std::move(call));
  });
  if (!made) return fail(made.error());
  return {};
}

Result<std::vector<std::string>> list_groups(Client& client, Wait wait) {
  const recipes::Base base(client);
  using Names = std::vector<std::string>;
  return recipes::blocking<Names>(*base.loop, [&](auto done) {
    recipes::run<Names>(
        base.loop, bounded(std::move(wait)), [hub = base.hub](Call call) { return fleet::group_names(hub, std::move(call)); },
        std::move(done));
  });
}

Result<Claim> this_machine(const MachineFiles& files) {
  Claim claim;
  claim.machine = first_line_of(files.machine_id);
  if (!is_machine_id(claim.machine))
    return fail(Errc::io_error, files.machine_id + " has no machine id (letters, digits and .-_) in its first line");
  claim.boot = first_line_of(files.boot_id);
  if (claim.boot.empty() || claim.boot.size() > 128)
    return fail(Errc::io_error, files.boot_id + " has no boot id in its first line");
  char host[256] = "";
  if (gethostname(host, sizeof host - 1) == 0) claim.host = host;
  return claim;
}

}  // namespace conclave::locksmith
