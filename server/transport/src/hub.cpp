#include "hub.hpp"

#include <algorithm>
#include <span>

#include "link.hpp"

namespace conclave::transport {
namespace {

constexpr std::uint64_t refusals_logged_per_second_max = 50;

}  // namespace

Hub::Hub(const Config& settings, LogSink& log_sink, Counters& counts)
    : config(settings), log(log_sink), counters(counts), prng(settings.seed), swept_(now()) {}

/// A flush may close a link, and that may make others dirty.
void Hub::flush(std::vector<std::shared_ptr<Link>>& links) {
  for (std::size_t i = 0; i < links.size(); ++i) {
    const std::shared_ptr<Link> link = links[i];
    link->flush();
  }
  links.clear();
}

void Hub::flush_dirty() {
  const auto is_full = [](const auto& links) { return !links.empty(); };
  while (std::ranges::any_of(dirty_, is_full)) std::ranges::for_each(dirty_, flush);
}

void Hub::flush_before_last() { std::ranges::for_each(std::span(dirty_).first(dirty_.size() - 1), flush); }

void Hub::sweep() {
  const Instant at = now();
  patience_ += std::min<Duration>(at - std::exchange(swept_, at), 2 * sweep_interval);
  for (const std::shared_ptr<Link>& link : open_links()) link->check_deadlines(patience_);
  std::erase_if(links_, [](const std::weak_ptr<Link>& link) { return link.expired(); });
}

std::vector<std::shared_ptr<Link>> Hub::open_links() const {
  std::vector<std::shared_ptr<Link>> open;
  open.reserve(links_.size());
  for (const std::weak_ptr<Link>& weak : links_) {
    if (auto link = weak.lock(); link != nullptr && link->is_open()) open.push_back(std::move(link));
  }
  return open;
}

void Hub::refused(Refusal why, const std::string& port, const std::string& remote, const std::string& detail) {
  const std::uint64_t counted = count(why);
  const Instant at = now();
  if (at - log_second_ >= seconds(1)) {
    if (log_suppressed_ != 0) log.warning("links refused without a line", {{"count", log_suppressed_}});
    log_second_ = at;
    logged_in_second_ = 0;
    log_suppressed_ = 0;
  }
  if (++logged_in_second_ > refusals_logged_per_second_max) {
    ++log_suppressed_;
    return;
  }
  log.warning("link refused",
              {{"reason", name_of(why)}, {"port", port}, {"remote", remote}, {"detail", detail}, {"count", counted}});
}

Refusal refusal_of(Errc code) {
  if (code == Errc::too_large) return Refusal::too_large;
  if (code == Errc::wrong_cluster) return Refusal::wrong_cluster;
  if (code == Errc::wrong_member || code == Errc::permission_denied) return Refusal::wrong_member;
  if (code == Errc::version_mismatch) return Refusal::version_mismatch;
  if (code == Errc::overloaded) return Refusal::too_many;
  return Refusal::malformed;
}

}  // namespace conclave::transport
