#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <numeric>
#include <vector>

#include "member.hpp"

using namespace conclave::bench;

namespace {

/// Runs a member in a process of its own, which ends with this one at the latest.
pid_t start(const std::function<void()>& member) {
  const auto pid = static_cast<pid_t>(check(::fork(), "fork"));
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    member();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "conclave-least-chain: a member: %s\n", error.what());
    ::_exit(1);
  }
  ::_exit(0);
}

bool ended_well(pid_t member) {
  int status = 0;
  return ::waitpid(member, &status, 0) == member && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Seconds that each request took, one after the other.
std::vector<double> ask(const Descriptor& leader, double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  std::vector<double> took;
  Inbox answers(answer_bytes);
  const auto first = Clock::now();
  while (since(first) < seconds) {
    const std::uint64_t number = took.size() + 1;
    const auto begin = Clock::now();
    send_message(leader, number, request_bytes);
    while (answers.newest() != number)
      if (!answers.receive(leader)) throw std::runtime_error("the leader has ended");
    took.push_back(since(begin));
  }
  return took;
}

void print(std::vector<double> took) {
  const double sum = std::accumulate(took.begin(), took.end(), 0.0);
  std::sort(took.begin(), took.end());
  const auto at = [&](double share) {
    return 1e6 * took.at(std::min(took.size() - 1, static_cast<std::size_t>(share * static_cast<double>(took.size()))));
  };
  std::printf("{\"per_second\": %.1f, \"p50_us\": %.2f, \"p99_us\": %.2f}\n", static_cast<double>(took.size()) / sum, at(0.5),
              at(0.99));
}

void run(const std::string& directory, double seconds) {
  std::array<Connection, 2> to_followers{connect_over_loopback(), connect_over_loopback()};
  Connection to_leader = connect_over_loopback();
  std::vector<pid_t> members;
  {
    // Forked with the file open, so that nobody is asked before all blocks are there.
    std::array<BlockFile, 3> files{BlockFile(directory + "/chain.0"), BlockFile(directory + "/chain.1"),
                                   BlockFile(directory + "/chain.2")};
    for (std::size_t i = 0; i < to_followers.size(); ++i) {
      members.push_back(start([&, i] {
        for (Connection& connection : to_followers) connection.here = {};
        to_leader = {};
        follow(to_followers.at(i).there, files.at(i));
      }));
    }
    members.push_back(start([&] {
      to_leader.here = {};
      for (Connection& connection : to_followers) connection.there = {};
      lead(to_leader.there, {std::move(to_followers[0].here), std::move(to_followers[1].here)}, files[2]);
    }));
  }
  to_followers = {};
  to_leader.there = {};
  const std::vector<double> took = ask(to_leader.here, seconds);
  to_leader.here = {};
  if (std::count_if(members.begin(), members.end(), ended_well) != std::ssize(members)) throw std::runtime_error("a member failed");
  print(took);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "conclave-least-chain measures the least that a replicated write can take on this machine: four processes pass the bytes of "
      "a put\n"
      "from a client to a leader and two followers, each of the three writes a block and flushes it, and the leader answers when "
      "two\n"
      "have. Nothing is decoded, kept or looked up. It prints a line of JSON: requests per second, one after the other, p50 and "
      "p99.",
      "conclave-least-chain");
  app.set_version_flag("--version", "conclave-least-chain " CONCLAVE_VERSION);
  app.footer("Exit codes: 0 done; 1 failed; 2 wrong usage.");
  std::string directory;
  double seconds = 1;
  app.add_option("--directory", directory, "on the disk that is to be measured")->required()->check(CLI::ExistingDirectory);
  app.add_option("--seconds", seconds, "how long")->check(CLI::Range(0.01, 3600.0))->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    run(directory, seconds);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "conclave-least-chain: %s\n", error.what());
    return 1;
  }
  return 0;
}
