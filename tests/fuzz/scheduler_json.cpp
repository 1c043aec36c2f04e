// What users send to the scheduler, and what it finds in the store.
#include <string>

#include "conclave/scheduler_core/keys.hpp"
#include "conclave/scheduler_core/records.hpp"
#include "fuzz.hpp"

using namespace conclave;
using namespace conclave::scheduler;

namespace {

void submit(std::string_view text) {
  const Result<Submission> submission = parse_submission(text);
  if (!submission.has_value()) return fuzz::demand(!submission.error().context.empty(), "a refusal says what is wrong");
  fuzz::demand(!submission->specs.empty(), "a submission has a job");
  fuzz::demand(submission->specs.size() <= submission_keys_max, "a submission is not too large");
  fuzz::demand(check(*submission).has_value(), "what was read keeps the rules");
  static_cast<void>(digest_of(*submission));
  for (const Spec& spec : submission->specs) fuzz::demand(jobs_of(spec).size() <= submission_keys_max, "an array is not too large");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  submit(text);
  fuzz::demand_same_again(spec_from_json, text, "a spec");
  fuzz::demand_same_again(job_from_json, text, "a job");
  fuzz::demand_same_again(agent_from_json, text, "an agent");
  fuzz::demand_same_again(assign_from_json, text, "an assignment");
  fuzz::demand_same_again(run_from_json, text, "a run");
  fuzz::demand_same_again(drain_from_json, text, "a drain");
  fuzz::demand_same_again(gone_from_json, text, "an agent that is gone");
  fuzz::demand_same_again(freeze_from_json, text, "a freeze");
  fuzz::demand_same_again(submitted_from_json, text, "what was submitted under a key");
  return 0;
}
