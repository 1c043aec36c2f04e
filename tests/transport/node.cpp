#include "node.hpp"

#include <stdexcept>

namespace conclave::test {

void RecordingLog::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  std::string line = std::string(name_of(level)) + " " + std::string(event);
  for (const LogField& field : fields) {
    line += " " + std::string(field.key) + "=";
    if (const auto* text = std::get_if<std::string>(&field.value)) {
      line += *text;
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      line += std::to_string(*number);
    } else {
      line += std::to_string(std::get<std::uint64_t>(field.value));
    }
  }
  const std::scoped_lock lock(mutex_);
  lines_.push_back(std::move(line));
}

bool RecordingLog::has(std::initializer_list<std::string_view> parts) const {
  const std::scoped_lock lock(mutex_);
  for (const std::string& line : lines_) {
    bool all = true;
    for (const std::string_view part : parts) all = all && line.find(part) != std::string::npos;
    if (all) return true;
  }
  return false;
}

std::string RecordingLog::text() const {
  const std::scoped_lock lock(mutex_);
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  return text;
}

Node::Node(transport::Config config) {
  auto opened = transport::Transport::open(config, log_);
  if (!opened.has_value()) throw std::runtime_error(opened.error().message());
  transport_ = std::move(*opened);
  thread_ = std::thread([this] { static_cast<void>(transport_->run(*this)); });
}

Node::~Node() {
  {
    const std::scoped_lock lock(mutex_);
    finished_ = true;
  }
  transport_->post(engine::ShutdownAsked{});
  thread_.join();
}

void Node::on_loop(const std::function<void()>& task) {
  bool done = false;
  std::unique_lock lock(mutex_);
  tasks_.push_back([&] {
    task();
    const std::scoped_lock inner(mutex_);
    done = true;
  });
  transport_->post(engine::DiskSpace{});
  if (!changed_.wait_for(lock, patience, [&] { return done; })) throw std::runtime_error("the loop does not run");
}

void Node::set_members(const raft::Membership& membership) {
  on_loop([&] { transport_->peers().set_members(membership); });
}

void Node::send(MemberId to, engine::PeerMessage message) {
  on_loop([&] { transport_->peers().send(to, std::move(message)); });
}

transport::Counters Node::counters() {
  transport::Counters copy;
  on_loop([&] { copy = transport_->counters(); });
  return copy;
}

bool Node::refuses(transport::Refusal refusal) {
  return wait_until([&] { return transport_->counters().refused_for(refusal) > 0; });
}

bool Node::wait_until(const std::function<bool()>& reached) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    bool yes = false;
    on_loop([&] { yes = reached(); });
    if (yes) return true;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, milliseconds(5));
  }
  return false;
}

void Node::deliver(engine::Event event) {
  if (std::holds_alternative<engine::DiskSpace>(event)) return;  // only wakes the loop
  const std::scoped_lock lock(mutex_);
  events_.push_back(std::move(event));
}

void Node::run_once(Instant) {
  std::vector<std::function<void()>> tasks;
  {
    const std::scoped_lock lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
  changed_.notify_all();
}

Instant Node::next_deadline() const { return transport::Transport::clock() + milliseconds(50); }

bool Node::finished() const {
  const std::scoped_lock lock(mutex_);
  return finished_;
}

transport::Config config_of(std::uint64_t id) {
  transport::Config config;
  config.self = MemberId(id);
  config.incarnation = Incarnation(1000 + id);
  config.cluster = ClusterId(42);
  config.token_hash = 4242;
  config.name = "n" + std::to_string(id);
  config.listen_client = "127.0.0.1:0";
  config.listen_peer = "127.0.0.1:0";
  config.seed = id;
  return config;
}

raft::Member record_of(std::uint64_t id, std::uint16_t peer_port, std::uint64_t incarnation, const std::string& host) {
  return {MemberId(id), Incarnation(incarnation), "n" + std::to_string(id), host + ":" + std::to_string(peer_port), ""};
}

raft::Membership membership_of(std::vector<raft::Member> members) {
  raft::Membership membership;
  for (const raft::Member& member : members) membership.voters.push_back(member.id);
  membership.members = std::move(members);
  return membership;
}

}  // namespace conclave::test
