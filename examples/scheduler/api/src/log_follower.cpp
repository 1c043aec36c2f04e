#include "log_follower.hpp"

#include <asio/post.hpp>
#include <utility>

namespace conclave::scheduler::api {
namespace {

constexpr std::size_t queued_max = 64 * 1024;
constexpr Duration pause_after_failure = seconds(1);

}  // namespace

LogFollower::LogFollower(asio::io_context& io, http::ExchangePtr exchange, std::string job, Show show)
    : exchange_(std::move(exchange)), job_(std::move(job)), show_(std::move(show)), timer_(io), io_(io) {}

void LogFollower::start(Client& client, const Keys& keys) {
  WatchOptions options;
  options.keys = conclave::Keys::prefix(keys.runs(job_));
  watch_ = client.watch(std::move(options), [weak = weak_from_this(), &io = io_](const WatchNotice&) {
    asio::post(io, [weak] {
      if (const auto self = weak.lock()) self->changed();
    });
  });
  changed();
}

void LogFollower::stop() {
  if (std::exchange(is_over_, true)) return;
  watch_.cancel();
  timer_.cancel();
  exchange_->finish();
}

void LogFollower::changed() {
  is_stale_ = true;
  if (!is_reading_ && !is_over_) read();
}

void LogFollower::look(const Picture& picture) {
  const auto job = picture.jobs.find(job_);
  const Revision now = job == picture.jobs.end() ? Revision() : job->second.changed;
  if (now == seen_) return;
  seen_ = now;
  changed();
}

void LogFollower::read() {
  is_reading_ = true;
  is_stale_ = false;
  show_([self = shared_from_this()](Result<Board::Shown> shown) { self->take(std::move(shown)); });
}

void LogFollower::take(Result<Board::Shown> shown) {
  is_reading_ = false;
  if (is_over_) return;
  if (exchange_->gone() || (!shown && shown.error().code == Errc::key_not_found)) return stop();
  if (!shown) return again_later();
  const auto runs = shown->runs.find(job_);
  if (runs != shown->runs.end() && !runs->second.empty())
    exchange_->write(tail_.take(runs->second.rbegin()->first, runs->second.rbegin()->second));
  const auto job = shown->jobs.find(job_);
  if (job == shown->jobs.end() || is_final(job->second.record.phase)) return stop();
  if (!is_stale_) return;
  if (exchange_->queued_bytes() < queued_max) return read();
  is_reading_ = true;  // until it has read
  exchange_->when_queued_below(queued_max, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr || self->is_over_) return;
    self->read();
  });
}

void LogFollower::again_later() {
  is_reading_ = true;
  timer_.expires_after(pause_after_failure);
  timer_.async_wait([weak = weak_from_this()](std::error_code cancelled) {
    const auto self = weak.lock();
    if (!cancelled && self != nullptr) self->read();
  });
}

}  // namespace conclave::scheduler::api
