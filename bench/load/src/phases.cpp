#include "phases.hpp"

#include <cstdio>

namespace conclave::bench {

Phases::Phases(const Options& options, const Window& window) {
  if (!options.json) return;
  thread_ = std::thread([window] {
    std::this_thread::sleep_until(window.from);
    std::fputs("measuring\n", stderr);
    std::this_thread::sleep_until(window.until);
    std::fputs("measured\n", stderr);
  });
}

Phases::~Phases() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace conclave::bench
