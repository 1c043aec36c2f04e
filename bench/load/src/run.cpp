#include "runs.hpp"

namespace conclave::bench {

Result<Outcome> run(const Options& options) {
  switch (options.workload) {
    case Workload::fill: return run_fill(options);
    case Workload::lock: return run_lock(options);
    case Workload::watch: return run_watch(options);
    case Workload::recover: return run_recover(options);
    case Workload::start: return run_start(options);
    case Workload::put:
    case Workload::put_large:
    case Workload::get:
    case Workload::get_serializable:
    case Workload::mixed:
    case Workload::cas:
    case Workload::cas_contended:
    case Workload::txn:
    case Workload::lease_grant:
    case Workload::lease_renew:
    case Workload::range: return run_requests(options);
  }
  return fail(Errc::internal, "an unknown workload");
}

}  // namespace conclave::bench
