#include "process_executor.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

namespace conclave::scheduler {
namespace {

constexpr Duration look_every = milliseconds(20);

/// The end of what is in the output file.
void read_output(const RunFiles& files, RunState& state) {
  std::ifstream file(files.output(), std::ios::binary | std::ios::ate);
  if (!file) return;
  const auto bytes = static_cast<std::uint64_t>(std::max<std::streamoff>(0, file.tellg()));
  state.output_bytes = bytes;
  const std::uint64_t wanted = std::min<std::uint64_t>(bytes, output_told_max);
  state.output.resize(wanted);
  file.seekg(static_cast<std::streamoff>(bytes - wanted));
  file.read(state.output.data(), static_cast<std::streamsize>(wanted));
}

RunState lost(std::string why) {
  RunState state;
  state.phase = Phase::lost;
  state.reason = std::move(why);
  return state;
}

}  // namespace

Result<std::unique_ptr<ProcessExecutor>> ProcessExecutor::open(recipes::core::Store& store, std::filesystem::path state,
                                                               std::optional<ControlGroups> groups) {
  std::error_code failed;
  state = std::filesystem::absolute(state, failed);
  std::filesystem::create_directories(state / "runs", failed);
  if (failed) return fail(Errc::io_error, state.string() + ": " + failed.message());
  const int lock = ::open((state / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return fail(Errc::io_error, (state / "lock").string() + ": " + std::strerror(errno));
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    close(lock);
    return fail(Errc::already_exists, "another agent uses " + state.string());
  }
  auto fence = Fence::open(state / "fence");
  if (!fence) {
    close(lock);
    return fail(fence.error());
  }
  std::unique_ptr<ProcessExecutor> made(new ProcessExecutor(store, std::move(state), lock, std::move(*fence), std::move(groups)));
  made->find();
  return made;
}

ProcessExecutor::ProcessExecutor(recipes::core::Store& store, std::filesystem::path state, int lock, std::unique_ptr<Fence> fence,
                                 std::optional<ControlGroups> groups)
    : store_(store), state_(std::move(state)), lock_(lock), fence_(std::move(fence)), groups_(std::move(groups)) {}

ProcessExecutor::~ProcessExecutor() {
  *lives_ = false;
  close(lock_);
}

void ProcessExecutor::find() {
  std::error_code failed;
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(state_ / "runs", failed)) found.push_back(entry.path());
  for (const auto& path : found) {
    const auto id = run_of(path.filename().string());
    if (id && std::filesystem::exists(RunFiles{path}.keeper()))
      take_over(*id, RunFiles{path});
    else
      std::filesystem::remove_all(path, failed);  // its keeper did not begin, and will not without its directory
  }
  std::set<std::string> known;
  for (const auto& [id, run] : runs_) known.insert(directory_name(id));
  if (groups_) groups_->end_others(known);
}

void ProcessExecutor::take_over(const RunId& id, const RunFiles& files) {
  Run run;
  run.files = files;
  run.keeper = read_mark(files.keeper()).value_or(ProcessMark{});
  runs_[id] = std::move(run);
}

void ProcessExecutor::listen(OnEnd on_end) {
  on_end_ = std::move(on_end);
  look_soon();
}

std::vector<RunId> ProcessExecutor::runs() const {
  std::vector<RunId> all;
  for (const auto& [id, run] : runs_)
    if (!run.is_forgotten) all.push_back(id);
  return all;
}

void ProcessExecutor::start(const RunOrder& order) {
  Run& run = runs_[order.id];
  run.files.directory = state_ / "runs" / directory_name(order.id);
  const auto prepared = prepare(order, run.files);
  const auto keeper = prepared ? spawn(run.files) : Result<ProcessMark>(fail(prepared.error()));
  if (keeper)
    run.keeper = *keeper;
  else
    run.end = lost(keeper.error().message());
  look_soon();
}

Result<void> ProcessExecutor::prepare(const RunOrder& order, const RunFiles& files) const {
  std::error_code failed;
  std::filesystem::create_directories(files.work(), failed);
  if (groups_) {
    const auto group = groups_->make(directory_name(order.id), order.spec.resources);
    if (!group) return fail(group.error());
    if (auto named = write_whole(files.group(), group->string()); !named) return named;
  }
  return write_whole(files.order(), to_json(order));
}

Result<ProcessMark> ProcessExecutor::spawn(const RunFiles& files) const {
  std::string program = "/proc/self/exe";
  std::string verb = "keep";
  std::string directory = files.directory.string();
  std::string fence = (state_ / "fence").string();
  char* const words[] = {program.data(), verb.data(), directory.data(), fence.data(), nullptr};
  const pid_t pid = fork();
  if (pid < 0) return fail(Errc::io_error, std::string("fork: ") + std::strerror(errno));
  if (pid == 0) {
    setsid();
    const int nothing = ::open("/dev/null", O_RDWR);
    for (int standard = 0; standard <= 2; ++standard) dup2(nothing, standard);
    close_range(3, ~0U, 0);
    execv(words[0], words);
    _exit(127);
  }
  // Our child: its number is nobody else's before it ends.
  const auto mark = mark_of(pid);
  return mark ? *mark : ProcessMark{pid, 0};
}

void ProcessExecutor::stop(const RunId& id) {
  const auto found = runs_.find(id);
  if (found != runs_.end() && !found->second.end && is_alive(found->second.keeper)) kill(found->second.keeper.pid, SIGTERM);
}

std::optional<RunState> ProcessExecutor::state(const RunId& id) const {
  const auto found = runs_.find(id);
  if (found == runs_.end() || found->second.is_forgotten) return std::nullopt;
  if (found->second.end) return found->second.end;
  RunState state;
  state.phase = Phase::running;
  read_output(found->second.files, state);
  return state;
}

void ProcessExecutor::forget(const RunId& id) {
  const auto found = runs_.find(id);
  if (found == runs_.end()) return;
  stop(id);
  found->second.is_forgotten = true;
  look_soon();
}

void ProcessExecutor::look_soon() {
  if (looking_ || store_.is_closed()) return;
  looking_ = true;
  store_.call_at(store_.now() + look_every, [this, lives = lives_] {
    if (!*lives) return;
    looking_ = false;
    if (!store_.is_closed()) look();
  });
}

/// Ends stand in files, whoever's child the keeper is.
void ProcessExecutor::look() {
  std::vector<RunId> ended;
  bool goes_on = false;
  for (auto next = runs_.begin(); next != runs_.end();) {
    auto& [id, run] = *next;
    if (!run.end) {
      const bool alive = is_alive(run.keeper);  // before the file: a keeper that is gone has written what it will
      const auto text = read_whole(run.files.end());
      if (text) run.end = run_from_json(*text).value_or(lost("what came of it cannot be read"));
      if (!run.end && !alive) run.end = lost("its keeper died");
      // With the keeper the kernel killed the command, but not what that had started.
      const auto group = !text && !alive ? read_whole(run.files.group()) : std::nullopt;
      if (group && !group->empty()) remove_group(*group);
    }
    goes_on = goes_on || !run.end;
    if (run.end && run.is_forgotten) {
      std::error_code failed;
      std::filesystem::remove_all(run.files.directory, failed);
      next = runs_.erase(next);
      continue;
    }
    if (run.end && !std::exchange(run.is_told, true)) ended.push_back(id);
    ++next;
  }
  if (goes_on) look_soon();
  for (const RunId& id : ended) {
    const auto found = runs_.find(id);
    if (found != runs_.end() && on_end_) on_end_(id, RunState(*found->second.end));
  }
}

}  // namespace conclave::scheduler
