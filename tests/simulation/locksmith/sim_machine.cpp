#include "locksmith/sim_machine.hpp"

#include <algorithm>

namespace conclave::sim {

using namespace conclave::locksmith;
using fleet::Done;
using fleet::NoReboot;

WallMillis SimHost::wall() const {
  return std::chrono::duration_cast<milliseconds>(shared_.world.now().time_since_epoch()).count() * 60;
}

void SimHost::later(Duration most, std::function<void()> work) {
  store_.call_at(store_.now() + prng_.between(Duration(1), most), [this, work = std::move(work)] {
    if (!store_.is_closed()) work();
  });
}

void SimHost::check_saved(const Journal& journal) const {
  shared_.world.trace().note("journal", {static_cast<std::uint64_t>(journal.stage), machine_.boot});
  const bool same_boot = journal.boot == machine_.boot_id();
  if (journal.stage == Stage::restoring) {
    require(!same_boot, [&] { return "machine " + machine_.id + " is restored in the boot that it took its slot under"; });
    const Duration well = well_since_ ? shared_.world.now() - *well_since_ : Duration::zero();
    require(well_since_ && well >= health_hold_ * 9 / 10, [&] {
      return "machine " + machine_.id + " gives its slot back after " + std::to_string(well.count()) + " ns of good health";
    });
  }
  if (journal.stage == Stage::undoing || journal.stage == Stage::returning)
    require(!machine_.going_down, [&] { return "machine " + machine_.id + " gives its slot back while it goes down"; });
  if (journal.stage == Stage::releasing) machine_.releasing.insert(journal.token);
  if (journal.stage == Stage::returning) machine_.returning.insert(journal.token);
}

Result<void> SimHost::save(const std::string& bytes) {
  const auto journal = decode_journal(bytes);
  require(journal.has_value(), [] { return std::string("a journal that cannot be read is saved"); });
  // The daemon dies before or after the write, or goes on.
  if (!machine_.honest && prng_.chance(1, 25)) return fail(Errc::io_error, "it dies before");
  check_saved(*journal);
  machine_.disk = bytes;
  if (!machine_.honest && prng_.chance(1, 25)) return fail(Errc::io_error, "it dies after");
  return {};
}

void SimHost::check_need(std::function<void(Need)> done) {
  later(milliseconds(200), [this, done = std::move(done)] { done({machine_.needs, "kernel", 0, {}}); });
}

void SimHost::run_hooks(bool before, std::function<void(Done)> done) {
  later(seconds(1), [this, before, done = std::move(done)] {
    if (!machine_.honest && prng_.chance(1, 8)) return done({false, "no"});
    machine_.drained = before;
    done({});
  });
}

void SimHost::warn_users(std::function<void(bool)> done) {
  later(milliseconds(50), [this, done = std::move(done)] { done(prng_.chance(1, 3)); });
}

void SimHost::reboot(std::function<void(NoReboot)> failed) {
  shared_.world.trace().note("reboot", {machine_.boot});
  const auto journal = decode_journal(machine_.disk);
  require(journal && journal->stage == Stage::rebooting && journal->boot == machine_.boot_id(),
          [&] { return "machine " + machine_.id + " reboots without having written it down"; });
  require(is_open(machine_.windows, fixed_offset(0), wall()),
          [&] { return "machine " + machine_.id + " reboots outside its window"; });
  require(machine_.drained, [&] { return "machine " + machine_.id + " reboots without being drained"; });
  require(!machine_.going_down, [&] { return "machine " + machine_.id + " reboots twice"; });
  const bool evicted = machine_.evicted_at != Instant{} && shared_.world.now() - machine_.evicted_at < seconds(20);
  require(evicted || hooks_.has_slot(), [&] { return "machine " + machine_.id + " reboots without a slot"; });
  const std::uint64_t luck = machine_.honest ? 9 : prng_.below(10);
  if (luck == 0) return later(seconds(1), [failed = std::move(failed)] { failed({"inhibited", true}); });
  if (luck == 1) return;  // accepted, and forgotten
  if (luck <= 3) later(seconds(1), [failed = std::move(failed)] { failed({"no answer", false}); });
  if (luck == 2) return;  // and no reboot either
  machine_.going_down = true;
  shared_.world.after(prng_.between(Duration(1), seconds(2)), "goes down", hooks_.go_down);
}

void SimHost::check_health(std::function<void(Done)> done) {
  later(milliseconds(100), [this, done = std::move(done)] {
    const bool well = machine_.well;
    if (!well) well_since_.reset();
    if (well && !well_since_) well_since_ = shared_.world.now();
    done({well, well ? "" : "unwell"});
  });
}

Result<OffsetAt> SimHost::zone(const std::string&) { return fixed_offset(0); }

}  // namespace conclave::sim
