#include "conclave/scheduler_core/log_tail.hpp"

namespace conclave::scheduler {

std::string LogTail::take(std::uint64_t epoch, const RunRecord& run) {
  if (epoch != epoch_) taken_ = 0;
  epoch_ = epoch;
  if (run.output_bytes <= taken_) return {};
  std::string text;
  std::uint64_t fresh = run.output_bytes - taken_;
  if (fresh > run.output.size()) {
    text = "[... " + std::to_string(fresh - run.output.size()) + " bytes left out ...]\n";
    fresh = run.output.size();
  }
  taken_ = run.output_bytes;
  return text.append(run.output, run.output.size() - fresh);
}

}  // namespace conclave::scheduler
