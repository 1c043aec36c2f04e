#include "site.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <future>
#include <stdexcept>

#include "conclave/http/coroutine.hpp"
#include "conclave/http/event_stream.hpp"

namespace conclave::test {
namespace {

using http::ExchangePtr;

asio::awaitable<void> slow_echo(ExchangePtr exchange) {
  exchange->begin(200, {{"Content-Type", "text/plain"}});
  while (true) {
    auto piece = co_await http::read_piece(exchange);
    if (!piece.has_value()) exchange->abort();
    if (!piece.has_value() || piece->empty()) break;
    exchange->write(*piece);
  }
  exchange->finish();
}

asio::awaitable<void> flood(ExchangePtr exchange) {
  auto left = std::stoul(std::string(exchange->request().parts.get("bytes")));
  exchange->begin(200, {});
  while (left > 0 && !exchange->gone()) {
    const std::size_t piece = std::min<std::size_t>(left, 64 * 1024);
    exchange->write(std::string(piece, 'x'));
    left -= piece;
    co_await http::queued_below(exchange, 256 * 1024);
  }
  exchange->finish();
}

asio::awaitable<void> throwing(ExchangePtr exchange) {
  auto body = co_await http::read_body(exchange);
  throw std::runtime_error("thrown");
}

void echo(const ExchangePtr& exchange) {
  exchange->read_body([exchange](Result<std::string> body) {
    if (!body.has_value()) return;
    exchange->reply({.status = 200, .body = *body, .content_type = "text/plain"});
  });
}

void count(const ExchangePtr& exchange) {
  const auto chunks = std::stoi(std::string(exchange->request().parts.get("n")));
  exchange->begin(200, {{"Content-Type", "text/plain"}});
  for (int i = 0; i < chunks; ++i) exchange->write(std::to_string(i) + "\n");
  exchange->finish();
}

}  // namespace

Site::Site(http::Options options) {
  add_handlers();
  auto server = http::Server::open(
      io_, std::move(options), [this](const ExchangePtr& exchange) { router_(exchange); }, log_);
  if (!server.has_value()) throw std::runtime_error(server.error().message());
  server_ = std::move(*server);
  port_ = server_->port();
  thread_ = std::thread([this] {
    const auto work = asio::make_work_guard(io_);
    io_.run();
  });
}

Site::~Site() {
  run([this](http::Server&) {
    waiting_.clear();
    server_.reset();
    io_.stop();
  });
  thread_.join();
}

void Site::add_handlers() {
  router_.add("GET", "/hello", [](const ExchangePtr& exchange) {
    exchange->reply({.status = 200, .body = "hello " + exchange->request().remote.common_name, .content_type = "text/plain"});
  });
  router_.add("POST", "/echo", echo);
  router_.add("POST", "/slow-echo", http::as_handler(io_, slow_echo));
  router_.add("GET", "/flood/{bytes}", http::as_handler(io_, flood));
  router_.add("POST", "/throw", http::as_handler(io_, throwing));
  router_.add("GET", "/count/{n}", count);
  router_.add("POST", "/ignore",
              [](const ExchangePtr& exchange) { exchange->reply({.status = 204, .body = {}, .content_type = {}}); });
  router_.add("GET", "/throw", [](const ExchangePtr&) { throw std::runtime_error("thrown"); });
  router_.add("GET", "/forget", [](const ExchangePtr&) {});
  router_.add("GET", "/events", [this](const ExchangePtr& exchange) {
    http::EventStream events(io_, exchange);
    events.send({"2", "job", "after " + std::string(http::last_event_id(exchange->request()))});
    events.finish();
  });
  router_.add("GET", "/wait", [this](const ExchangePtr& exchange) {
    waiting_.push_back(exchange);
    exchange->on_gone([this] { waiting_.clear(); });
  });
}

void Site::run(const std::function<void(http::Server&)>& what) {
  std::promise<void> done;
  asio::post(io_, [&] {
    what(*server_);
    done.set_value();
  });
  done.get_future().wait();
}

http::Counters Site::counters() {
  http::Counters copy;
  run([&copy](http::Server& server) { copy = server.counters(); });
  return copy;
}

std::uint64_t Site::refused(const std::string& kind) {
  const auto counters_now = counters();
  const auto found = counters_now.refused.find(kind);
  return found == counters_now.refused.end() ? 0 : found->second;
}

bool Site::eventually(const std::function<bool(const http::Counters&)>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  while (std::chrono::steady_clock::now() < deadline) {
    if (holds(counters())) return true;
    std::this_thread::yield();
  }
  return false;
}

void Site::release() {
  run([this](http::Server&) {
    const auto waiting = std::exchange(waiting_, {});
    for (const auto& exchange : waiting) exchange->reply({.status = 200, .body = "released", .content_type = "text/plain"});
  });
}

void Site::stop(Duration patience) {
  std::promise<void> done;
  run([&](http::Server& server) { server.stop(patience, [&done] { done.set_value(); }); });
  done.get_future().wait();
}

}  // namespace conclave::test
