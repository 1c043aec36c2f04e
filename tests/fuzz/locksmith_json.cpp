// What locksmith reads: the policy that an operator wrote, records of the store, its journal, requests over HTTP, and words.
#include <array>
#include <cstdio>
#include <string>

#include "conclave/base/crc32c.hpp"
#include "conclave/locksmith_core/duration_text.hpp"
#include "conclave/locksmith_core/journal.hpp"
#include "conclave/locksmith_core/policy.hpp"
#include "conclave/locksmith_core/records.hpp"
#include "fuzz.hpp"
#include "protocol.hpp"

using namespace conclave;
using namespace conclave::locksmith;

namespace {

constexpr WallMillis now = 1'790'000'000'000;

void read_policy(std::string_view text) {
  const Result<Policy> policy = parse_policy(text);
  if (!policy.has_value()) return fuzz::demand(!policy.error().context.empty(), "a refusal says what is wrong");
  for (const bool pretty : {false, true}) {
    const Result<Policy> again = parse_policy(to_json(*policy, pretty));
    fuzz::demand(again.has_value() && *again == *policy, "a policy");
  }
  fuzz::demand(check(*policy).has_value(), "what was read keeps the rules");
  const OffsetAt zone = fixed_offset(3600);
  const WallMillis opens = next_opening(policy->windows, zone, now);
  fuzz::demand(opens >= now, "an opening is not in the past");
  fuzz::demand(is_open(policy->windows, zone, opens), "a window is open when it opens");
}

void read_words(std::string_view text) {
  static_cast<void>(parse_duration(text));
  static_cast<void>(parse_window(text, "1h"));
  static_cast<void>(parse_window("mon 02:00", text));
  for (const PolicyField& field : policy_fields()) {
    const Result<Policy> changed = with_field(Policy{}, field.name, text);
    if (changed.has_value()) fuzz::demand(parse_policy(to_json(*changed)).has_value(), "a changed policy can be read");
  }
}

void read_request(std::string_view text) {
  const auto request = fleetlock::parse_request(text);
  if (const auto* refusal = std::get_if<http::Refusal>(&request)) {
    fuzz::demand(refusal->status / 100 == 4, "a refusal is the client's fault");
    fuzz::demand(fleetlock::error_body(*refusal).starts_with('{'), "a refusal can be told");
  } else {
    fuzz::demand(fleetlock::is_group(std::get<fleetlock::ClientParams>(request).group), "a group has a name");
  }
}

/// With the line before it that a journal begins with.
void read_journal(std::string_view body) {
  std::array<char, 9> checksum{};
  static_cast<void>(std::snprintf(checksum.data(), checksum.size(), "%08x", static_cast<unsigned>(crc32c(body))));
  const auto journal = decode_journal(std::string("locksmith-journal 1 ") + checksum.data() + "\n" + std::string(body));
  if (!journal.has_value()) return fuzz::demand(!journal.error().context.empty(), "a refusal says what is wrong");
  const auto again = decode_journal(encode(*journal));
  fuzz::demand(again.has_value() && encode(*again) == encode(*journal), "a journal");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  read_policy(text);
  read_words(text);
  read_request(text);
  fuzz::demand_same_again(claim_from_json, text, "a claim");
  fuzz::demand_same_again(presence_from_json, text, "a presence");
  fuzz::demand_same_again(wish_from_json, text, "a wish");
  fuzz::demand_same_again(entry_from_json, text, "a line of the history");
  static_cast<void>(decode_journal(text));
  read_journal(text);
  return 0;
}
