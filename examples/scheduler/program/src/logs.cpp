#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "verbs.hpp"

namespace conclave::scheduler {
namespace {

using recipes::core::Call;

/// Prints what is new of a run's output. The store has the end of it only: what was left out in between is said.
class Printer {
 public:
  void show(std::uint64_t epoch, const RunRecord& run) {
    if (epoch != epoch_) printed_ = 0;
    epoch_ = epoch;
    if (run.output_bytes <= printed_) return;
    std::uint64_t fresh = run.output_bytes - printed_;
    if (fresh > run.output.size()) {
      std::printf("[... %llu bytes left out ...]\n", static_cast<unsigned long long>(fresh - run.output.size()));
      fresh = run.output.size();
    }
    std::fwrite(run.output.data() + (run.output.size() - fresh), 1, fresh, stdout);
    std::fflush(stdout);
    printed_ = run.output_bytes;
  }

 private:
  std::uint64_t epoch_ = 0;
  std::uint64_t printed_ = 0;
};

/// Wakes the main thread when something about the job changed.
struct Bell {
  std::mutex mutex;
  std::condition_variable rung;
  bool is_rung = false;
  void ring() {
    const std::lock_guard lock(mutex);
    is_rung = true;
    rung.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex);
    rung.wait_for(lock, std::chrono::seconds(5), [&] { return is_rung; });
    is_rung = false;
  }
};

int logs(const GlobalFlags& global, const std::string& job, bool follow) {
  auto session = Session::open(global, "logs");
  if (!session) return report(session.error());
  const auto bell = std::make_shared<Bell>();
  const auto ring = [bell](const WatchNotice&) { bell->ring(); };
  WatchOptions of_runs, of_job;
  of_runs.keys = conclave::Keys::prefix(session->keys().runs(job));
  of_job.keys = conclave::Keys::one(session->keys().job(job));
  const Watch runs = follow ? session->client().watch(of_runs, ring) : Watch();
  const Watch state = follow ? session->client().watch(of_job, ring) : Watch();
  Printer printer;
  while (true) {
    const auto shown = session->wait_for<Board::Shown>([&](Call call) { return session->board().show(job, std::move(call)); });
    if (!shown) return report(shown.error());
    if (shown->jobs.size() != 1 || !shown->jobs.contains(job))
      return report(Error{Errc::invalid_argument, job + " is an array: name one of its jobs, as in " + element_of(job, 0)});
    const auto all = shown->runs.find(job);
    if (all != shown->runs.end() && !all->second.empty()) printer.show(all->second.rbegin()->first, all->second.rbegin()->second);
    if (!follow || is_final(shown->jobs.at(job).record.phase)) return exit_ok;
    bell->wait();
  }
}

}  // namespace

void add_logs(CLI::App& app, Verb& verb) {
  struct Flags {
    std::string job;
    bool follow = false;
  };
  const auto flags = std::make_shared<Flags>();
  auto* const command = app.add_subcommand("logs", "the end of the output of a job's last run");
  command->add_option("job", flags->job)->required();
  command->add_flag("-f,--follow", flags->follow, "go on until the job is final");
  command->callback(
      [flags, &verb] { verb = [flags](const GlobalFlags& global) { return logs(global, flags->job, flags->follow); }; });
}

}  // namespace conclave::scheduler
