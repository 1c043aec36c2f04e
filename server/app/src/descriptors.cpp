#include "conclave/app/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace conclave::app {
namespace {

/// The storage's files, two connections to each peer and as many from it, the loop's own, and room for what one forgot.
constexpr std::uint64_t own_descriptors = 128;
constexpr std::uint64_t connections_min = 8;
constexpr std::uint64_t clients_max = 10'000;
constexpr std::uint64_t http_max = 2'064;
/// Where the system sets no limit.
constexpr std::uint64_t limit_max = 1'048'576;

}  // namespace

Descriptors divide(std::uint64_t limit) {
  const std::uint64_t rest = std::max(limit, own_descriptors + 2 * connections_min) - own_descriptors;
  const std::uint64_t http = std::min(rest / 2, http_max);
  return {limit, std::min(rest - http, clients_max), http};
}

Descriptors take_descriptors(LogSink& log) {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0) {
    log.warning("cannot tell how many files may be open", {{"why", std::string(std::strerror(errno))}});
    return divide(0);
  }
  const rlim_t before = now.rlim_cur;
  const rlimit wanted{std::min<rlim_t>(now.rlim_max, std::max<rlim_t>(before, limit_max)), now.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) {
    now = wanted;
  } else {
    log.warning("cannot raise how many files may be open", {{"why", std::string(std::strerror(errno))}});
  }
  const Descriptors mine = divide(std::min<rlim_t>(now.rlim_cur, limit_max));
  log.info("files and sockets", {{"limit", mine.limit},
                                 {"was", std::uint64_t{before}},
                                 {"clients", std::uint64_t{mine.clients}},
                                 {"http", std::uint64_t{mine.http}}});
  return mine;
}

}  // namespace conclave::app
