#include "keeper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <sstream>

#include "control_groups.hpp"
#include "fence.hpp"
#include "run_files.hpp"

namespace conclave::scheduler {
namespace {

constexpr int look_every_ms = 20;
constexpr Duration mercy = seconds(2);
constexpr const char* fenced = "the agent lost its lease";

volatile std::sig_atomic_t asked_to_stop = 0;
void on_term(int) { asked_to_stop = 1; }

std::int64_t wall_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// The output's beginning goes to the file, its end is remembered.
class Output {
 public:
  Output(int source, const std::filesystem::path& path)
      : source_(source), file_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  [[nodiscard]] int source() const { return source_; }
  /// What is there; false at its end.
  bool take() {
    char bytes[8192];
    while (true) {
      const ssize_t count = read(source_, bytes, sizeof bytes);
      if (count < 0) return errno == EAGAIN || errno == EINTR;
      if (count == 0) return false;
      keep(std::string_view(bytes, static_cast<std::size_t>(count)));
    }
  }
  [[nodiscard]] const std::string& end() const { return end_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  void keep(std::string_view text) {
    const auto room = static_cast<std::size_t>(bytes_ < output_bytes_max ? output_bytes_max - bytes_ : 0);
    if (file_ >= 0 && room > 0 && write(file_, text.data(), std::min(room, text.size())) < 0) close(std::exchange(file_, -1));
    bytes_ += text.size();
    end_ += text;
    if (end_.size() > output_told_max) end_.erase(0, end_.size() - output_told_max);
  }
  int source_;
  int file_;
  std::string end_;
  std::uint64_t bytes_ = 0;
};

struct Places {
  std::filesystem::path directory;
  std::filesystem::path group;  ///< empty: none
};

/// In the child: only what may be done between fork and exec of a process with one thread.
[[noreturn]] void become(const RunOrder& order, const Places& places, int output, int failure, pid_t keeper) {
  const auto give_up = [&](int why) {
    (void)!write(failure, &why, sizeof why);
    _exit(127);
  };
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != keeper) _exit(127);
  signal(SIGTERM, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) give_up(errno);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (!places.group.empty() && !enter_group(places.group)) give_up(errno);
  if (order.spec.resources.memory_mib != 0 && (places.group.empty() || !limits_memory(places.group))) {
    const rlim_t bytes = order.spec.resources.memory_mib << 20U;
    const rlimit memory{bytes, bytes};
    if (setrlimit(RLIMIT_AS, &memory) != 0) give_up(errno);
  }
  if (chdir(places.directory.c_str()) != 0) give_up(errno);
  std::vector<std::string> env{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"};
  auto variables = order.spec.env;
  for (const auto& [name, value] : order.env) variables[name] = value;
  for (const auto& [name, value] : variables) env.push_back(name + "=" + value);
  std::vector<char*> environment;
  for (std::string& pair : env) environment.push_back(pair.data());
  environment.push_back(nullptr);
  std::vector<std::string> command = order.spec.command;
  std::vector<char*> words;
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  execvpe(words.front(), words.data(), environment.data());
  give_up(errno);
  _exit(127);
}

/// Everything the command left behind is ours, because we are the subreaper: kill until there is nothing.
void kill_all(pid_t command, const std::filesystem::path& group) {
  if (!group.empty()) kill_group(group);
  kill(-command, SIGKILL);
  for (int round = 0; round < 1000; ++round) {
    const auto children = read_whole("/proc/self/task/" + std::to_string(getpid()) + "/children");
    std::istringstream pids(children.value_or(""));
    pid_t pid = 0;
    while (pids >> pid) kill(pid, SIGKILL);
    const pid_t reaped = waitpid(-1, nullptr, WNOHANG);
    if (reaped < 0) return;
    if (reaped == 0) poll(nullptr, 0, 5);
  }
}

struct Watched {
  RunRecord record;
  bool is_over = false;
};

/// One look at a run: is it over, or is its time?
void look(Watched& run, pid_t command, const Fence& fence, Instant timeout, Instant& kill_at) {
  int status = 0;
  const Instant now = Fence::now();
  siginfo_t info{};
  // Left unreaped, so that its number is nobody else's until its group was killed.
  if (waitid(P_PID, static_cast<id_t>(command), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == command) {
    waitpid(command, &status, 0);
    run.is_over = true;
    if (WIFEXITED(status)) run.record.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) run.record.signal = WTERMSIG(status);
    run.record.phase = asked_to_stop != 0 ? Phase::lost : run.record.exit_code == 0 ? Phase::succeeded : Phase::failed;
    if (run.record.phase == Phase::failed)
      run.record.reason = run.record.exit_code ? "exit code " + std::to_string(*run.record.exit_code)
                                               : "signal " + std::to_string(run.record.signal.value_or(0));
    if (run.record.phase == Phase::lost) run.record.reason = "it was asked to end";
    return;
  }
  const bool is_fenced = now >= fence.until();
  if (is_fenced || now >= timeout || now >= kill_at) {
    run.is_over = true;
    run.record.phase = now >= timeout && !is_fenced ? Phase::failed : Phase::lost;
    run.record.reason = is_fenced ? fenced : now >= timeout ? "it took longer than its timeout" : "it was asked to end";
    return;
  }
  if (asked_to_stop != 0 && kill_at == Instant::max()) {
    kill_at = now + mercy;
    kill(-command, SIGTERM);
  }
}

RunRecord watch(pid_t command, Output& output, const Fence& fence, std::uint64_t timeout_ms, const std::filesystem::path& group) {
  Watched run;
  run.record.started_ms = wall_ms();
  const Instant timeout = timeout_ms == 0 ? Instant::max() : Fence::now() + milliseconds(static_cast<std::int64_t>(timeout_ms));
  Instant kill_at = Instant::max();
  bool is_open = true;
  while (!run.is_over) {
    pollfd source{output.source(), POLLIN, 0};
    poll(&source, is_open ? 1 : 0, look_every_ms);
    if (is_open) is_open = output.take();
    look(run, command, fence, timeout, kill_at);
  }
  kill_all(command, group);
  if (is_open) output.take();
  run.record.ended_ms = wall_ms();
  run.record.output = output.end();
  run.record.output_bytes = output.bytes();
  return run.record;
}

RunRecord not_started(const std::string& why) {
  RunRecord record;
  record.phase = Phase::failed;
  record.started_ms = record.ended_ms = wall_ms();
  record.reason = why;
  return record;
}

RunRecord run(const RunOrder& order, const RunFiles& files, const Fence& fence) {
  int output[2];
  int failure[2];
  if (pipe2(output, O_CLOEXEC) != 0 || pipe2(failure, O_CLOEXEC) != 0) return not_started(std::strerror(errno));
  const pid_t keeper = getpid();
  const Places places{order.spec.directory.empty() ? files.work() : std::filesystem::path(order.spec.directory),
                      read_whole(files.group()).value_or("")};
  const pid_t command = fork();
  if (command < 0) return not_started(std::strerror(errno));
  if (command == 0) become(order, places, output[1], failure[1], keeper);
  close(output[1]);
  close(failure[1]);
  int why = 0;
  if (read(failure[0], &why, sizeof why) == sizeof why) {
    waitpid(command, nullptr, 0);
    return not_started(order.spec.command.front() + " in " + places.directory.string() +
                       " cannot be started: " + std::strerror(why));
  }
  fcntl(output[0], F_SETFL, O_NONBLOCK);
  Output kept(output[0], files.output());
  RunRecord record = watch(command, kept, fence, order.spec.timeout_ms, places.group);
  if (places.group.empty()) return record;
  if (record.phase == Phase::failed && ran_out_of_memory(places.group))
    record.reason = "it needed more than its " + std::to_string(order.spec.resources.memory_mib) + " MiB of memory";
  remove_group(places.group);
  return record;
}

}  // namespace

int keep(const std::vector<std::string>& words) {
  if (words.size() != 2) return 2;
  const RunFiles files{words[0]};
  struct sigaction action {};
  action.sa_handler = on_term;
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const auto fence = Fence::open(words[1]);
  const auto text = read_whole(files.order());
  const auto order = text ? order_from_json(*text) : std::nullopt;
  const auto mark = mark_of(getpid());
  if (!fence || !order || !mark) return 1;
  // From here on the agent finds us. If it has given the directory up before, there is none to write to, and nothing is started.
  if (!write_whole(files.keeper(), to_text(*mark)) || !std::filesystem::exists(files.order())) return 1;
  const bool is_late = Fence::now() >= (*fence)->until();
  RunRecord end = is_late ? not_started(fenced) : run(*order, files, **fence);
  if (is_late) end.phase = Phase::lost;
  return write_whole(files.end(), to_json(end)) ? 0 : 1;
}

}  // namespace conclave::scheduler
