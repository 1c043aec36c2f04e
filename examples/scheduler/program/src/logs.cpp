#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "conclave/scheduler_core/log_tail.hpp"
#include "verbs.hpp"

namespace conclave::scheduler {
namespace {

using recipes::core::Call;

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
  LogTail tail;
  while (true) {
    const auto shown = session->wait_for<Board::Shown>([&](Call call) { return session->board().show(job, std::move(call)); });
    if (!shown) return report(shown.error());
    if (shown->jobs.size() != 1 || !shown->jobs.contains(job))
      return report(Error{Errc::invalid_argument, job + " is an array: name one of its jobs, as in " + element_of(job, 0)});
    const auto all = shown->runs.find(job);
    if (all != shown->runs.end() && !all->second.empty()) {
      const std::string fresh = tail.take(all->second.rbegin()->first, all->second.rbegin()->second);
      std::fwrite(fresh.data(), 1, fresh.size(), stdout);
      std::fflush(stdout);
    }
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
