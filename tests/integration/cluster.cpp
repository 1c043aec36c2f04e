#include "cluster.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace conclave::test {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int slowness = 5;  // of everything that is looked at
#else
constexpr int slowness = 1;
#endif

}  // namespace

bool await(std::chrono::milliseconds patience, const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + patience * slowness;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // between two looks at the condition
  }
  return true;
}

Cluster::Cluster(std::size_t members, std::vector<std::string> flags) : flags_(std::move(flags)) {
  for (std::size_t i = 0; i < members; ++i) {
    client_ports_.push_back(free_port());
    peer_ports_.push_back(free_port());
    processes_.emplace_back();
  }
  for (std::size_t i = 0; i < members; ++i) start(i);
  // The clients of this class speak no TLS: members that want it are asked by their test.
  if (std::find(flags_.begin(), flags_.end(), "--cert-file") == flags_.end()) (void)await_leader();
}

std::vector<std::string> Cluster::command_of(std::size_t member) const {
  const auto name = [](std::size_t i) { return "n" + std::to_string(i + 1); };
  const auto address = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
  std::string initial;
  for (std::size_t i = 0; i < size(); ++i) initial += (i == 0 ? "" : ",") + name(i) + "=" + address(peer_ports_[i]);
  std::vector<std::string> command = {program("conclaved"),
                                      "--name",
                                      name(member),
                                      "--data-dir",
                                      (scratch_.path() / name(member)).string(),
                                      "--listen-client",
                                      address(client_ports_[member]),
                                      "--listen-peer",
                                      address(peer_ports_[member]),
                                      "--initial-cluster",
                                      initial};
  command.insert(command.end(), flags_.begin(), flags_.end());
  return command;
}

void Cluster::start(std::size_t member) {
  processes_[member].emplace(command_of(member), scratch_.path() / ("n" + std::to_string(member + 1) + ".log"));
}

std::string Cluster::endpoint(std::size_t member) const { return "127.0.0.1:" + std::to_string(client_ports_[member]); }

std::vector<std::string> Cluster::endpoint_list() const {
  std::vector<std::string> list;
  for (std::size_t i = 0; i < size(); ++i) list.push_back(endpoint(i));
  return list;
}

std::string Cluster::endpoints() const {
  std::string text;
  for (const std::string& one : endpoint_list()) text += (text.empty() ? "" : ",") + one;
  return text;
}

Client Cluster::client(std::chrono::milliseconds timeout) const {
  ClientOptions options;
  options.endpoints = endpoint_list();
  options.request_timeout = timeout;
  auto opened = Client::open(std::move(options));
  if (!opened) throw std::runtime_error(opened.error().message());
  return std::move(*opened);
}

Client Cluster::client_of(std::size_t member) const {
  ClientOptions options;
  options.endpoints = {endpoint(member)};
  options.follow_leader = false;
  options.exactly_once = false;
  options.request_timeout = std::chrono::seconds(5);
  auto opened = Client::open(std::move(options));
  if (!opened) throw std::runtime_error(opened.error().message());
  return std::move(*opened);
}

std::optional<std::size_t> Cluster::leader_now() {
  std::optional<std::size_t> leader;
  MemberId agreed;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!running(i)) continue;
    ClientOptions options;
    options.endpoints = {endpoint(i)};
    options.follow_leader = false;
    options.request_timeout = std::chrono::milliseconds(500);
    const auto status = Client::open(std::move(options))->status();
    if (!status || status->leader.is_zero()) return std::nullopt;
    if (agreed.is_zero()) agreed = status->leader;
    if (status->leader != agreed) return std::nullopt;
    if (status->leader == status->member) leader = i;
  }
  return leader;
}

std::size_t Cluster::await_leader() {
  std::optional<std::size_t> leader;
  if (!await(std::chrono::seconds(30), [&] { return (leader = leader_now()).has_value(); })) {
    std::string logs;
    for (std::size_t i = 0; i < size(); ++i) logs += log_of(i);
    throw std::runtime_error("no leader in 30 s\n" + logs);
  }
  return *leader;
}

Ran Cluster::ctl(std::vector<std::string> words, const std::string& input) const {
  std::vector<std::string> command = {program("conclavectl"), "--endpoints", endpoints(), "--timeout", "20s"};
  command.insert(command.end(), words.begin(), words.end());
  return run(command, input);
}

std::string Cluster::log_of(std::size_t member) const {
  std::ifstream file(scratch_.path() / ("n" + std::to_string(member + 1) + ".log"));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace conclave::test
