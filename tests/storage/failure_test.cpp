#include <sys/resource.h>

#include <csignal>
#include <string>

#include "bare_member.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

enum Exit : int { good = 0, cannot_open = 1, no_failure = 2, acknowledged_after = 3, failed_twice = 4, no_limit = 5 };

constexpr std::size_t entry_bytes = 40'000;

/// Appends until the files may not grow any more; then checks that the failure is told once and ends all acknowledgements. The
/// number of acknowledged entries goes into `acknowledged`, a file.
int append_until_refused(const Options& options) {
  auto storage = open_storage(options);
  if (!storage.has_value()) return cannot_open;
  std::signal(SIGXFSZ, SIG_IGN);  // the write fails instead
  const ::rlimit limit{1 << 20, 1 << 20};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return no_limit;
  auto& log = storage->opened.storage->log();
  constexpr std::uint64_t count = 100;  // 4 MB in a log file of 8
  for (std::uint64_t i = 1; i <= count; ++i) {
    raft::Write write;
    write.id = raft::WriteId(i);
    write.entries = {make_entry(1, i, std::string(entry_bytes, 'x'))};
    log.submit(std::move(write));
  }
  for (;;) {
    const auto event = storage->inbox->take();
    if (!event) return no_failure;
    if (std::holds_alternative<engine::StorageFailed>(*event)) break;
    if (const auto* done = std::get_if<engine::LogDurable>(&*event); done != nullptr && done->id == raft::WriteId(count))
      return no_failure;
  }
  storage->opened.storage->state().checkpoint(1 << 20);
  log.read(MemberId(2), Index(1), 1000);
  storage->opened.storage.reset();  // ends its threads: whatever is told was told
  for (const auto& event : storage->inbox->take_all()) {
    return std::holds_alternative<engine::StorageFailed>(event) ? failed_twice : acknowledged_after;
  }
  return good;
}

}  // namespace

TEST_CASE("a log write that fails is told once, nothing is acknowledged after it, and what was acknowledged stays") {
  const conclave::test::ScratchDir scratch;
  auto options = small_options(scratch.path());
  options.log_file_bytes = 8 << 20;
  {
    auto storage = open_storage(options);
    REQUIRE(storage.has_value());
  }
  CHECK(run_and_die([&] { return append_until_refused(options); }) == good);
  const auto storage = open_storage(options);
  if (!storage.has_value()) FAIL(storage.error().message());
  const auto& entries = storage->opened.recovered.raft.entries;
  CHECK(entries.size() < 30);
  for (std::size_t i = 0; i < entries.size(); ++i) CHECK(entries[i]->id.index == Index(i + 1));
}
