#include "conclave/locksmith_core/policy.hpp"

#include "conclave/base/prng.hpp"
#include "conclave/locksmith_core/duration_text.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace std::chrono_literals;

namespace {

std::string why(std::string_view json) {
  const auto policy = parse_policy(json);
  return policy ? "no error" : policy.error().context;
}

Policy some_policy(Prng& prng) {
  Policy policy;
  policy.slots =
      prng.chance(1, 2) ? Amount{Amount::Kind::absolute, prng.below(20)} : Amount{Amount::Kind::percent, prng.between(1, 100)};
  policy.paused = prng.chance(1, 2);
  if (policy.paused) policy.paused_by = "anna \"the\" operator \xc3\xa9";
  if (prng.chance(1, 2)) policy.spacing = milliseconds(prng.between(2000, 86'400'000));
  if (prng.chance(1, 2)) policy.zone = "America/Argentina/Buenos_Aires";
  for (std::uint64_t i = prng.below(4); i > 0; --i) {
    Window window{{}, static_cast<std::uint32_t>(prng.below(1440)), milliseconds(prng.between(1, 7 * 86'400'000))};
    for (std::uint8_t day = 0; day < 7; ++day)
      if (prng.chance(1, 3)) window.days.push_back(static_cast<Weekday>(day));
    policy.windows.push_back(std::move(window));
  }
  if (prng.chance(1, 2)) policy.order = Order::priority;
  if (prng.chance(1, 2)) policy.unhealthy_max = Amount{Amount::Kind::percent, prng.below(101)};
  if (prng.chance(1, 2)) policy.deadline = milliseconds(prng.between(1, 3'600'000));
  if (prng.chance(1, 2)) policy.auto_release = AutoRelease{std::max<milliseconds>(policy.deadline, 2s) + 1s, prng.between(1, 5)};
  return policy;
}

}  // namespace

TEST_CASE("a policy is read as it was written") {
  Prng prng(5);
  for (int round = 0; round < 500; ++round) {
    const Policy policy = some_policy(prng);
    INFO(to_json(policy));
    const auto compact = parse_policy(to_json(policy));
    REQUIRE(compact);
    CHECK(*compact == policy);
    CHECK(parse_policy(to_json(policy, true)) == compact);
  }
}

TEST_CASE("the record of a plain reboot lock is a policy") {
  const auto policy = parse_policy(R"({"slots": 3, "paused": true})");
  REQUIRE(policy);
  CHECK(policy->slots == Amount{Amount::Kind::absolute, 3});
  CHECK(policy->paused);
  CHECK(parse_policy("{}") == Policy{});
}

TEST_CASE("what is wrong with a policy is told with its place") {
  CHECK(why("") == "the group's record is not valid JSON");
  CHECK(why("[1]") == "the group's record is not a JSON object");
  CHECK(why(R"({"slots": -1})") == "slots: must be a whole number from 0 to 1000");
  CHECK(why(R"({"slots": 1001})") == "slots: must be a whole number from 0 to 1000");
  CHECK(why(R"({"slots": "150%"})") == "slots: '150%' is neither a number from 0 to 1000 nor a percentage such as 20%");
  CHECK(why(R"({"percent": 0})") == "percent: must be a whole number from 1 to 100");
  CHECK(why(R"({"paused": "yes"})") == "paused: must be true or false");
  CHECK(why(R"({"spacing": "1s"})") == "spacing: must be 0s, or from 2s to 24h");
  CHECK(why(R"({"spacing": "soon"})") == "spacing: 'soon' is no duration such as 1h30m: a whole number is missing");
  CHECK(why(R"({"zone": "../../etc/passwd"})") == "zone: '../../etc/passwd' is no name of a time zone such as Europe/Berlin");
  CHECK(why(R"({"order": "random"})") == "order: 'random' is neither arrival nor priority");
  CHECK(why(R"({"windows": {}})") == "windows: must be a list");
  CHECK(why(R"({"windows": [{"start": "02:00", "length": "1h"}, {"start": "25:00", "length": "1h"}]})") ==
        "windows[1].start: '25:00' is no time of day from 00:00 to 23:59");
  CHECK(why(R"({"windows": [{"start": "02:00", "length": "0s"}]})") ==
        "windows[0]: a window is open for more than nothing and at most a week, not for '0s'");
  CHECK(why(R"({"windows": [{"days": ["mon", "mon"], "start": "02:00", "length": "1h"}]})") ==
        "windows[0]: 'mon' stands twice in the days of a window");
  CHECK(why(R"({"windows": [{"start": "02:00", "length": "1h", "zone": "UTC"}]})") ==
        "windows[0].zone: this field is not known; there are days, start, length");
  CHECK(why(R"({"auto_release": {"after": "1m"}})") ==
        "auto_release.after: must not be before the deadline, after which a holder is overdue");
  CHECK(why(R"({"colour": "red"})").starts_with("colour: this field is not known"));
  CHECK(why(std::string(policy_bytes_max + 1, ' ')) == "the group's record has more than 64 KiB");
  const auto later = parse_policy(R"({"version": 2, "miracle": true})");
  REQUIRE_FALSE(later);
  CHECK(later.error().code == Errc::unsupported);
}

TEST_CASE("whatever bytes stand for a policy, they are read or refused") {
  Prng prng(11);
  for (int round = 0; round < 3000; ++round) {
    std::string text = to_json(some_policy(prng));
    for (std::uint64_t i = prng.between(1, 5); i > 0; --i) {
      const std::size_t at = prng.below(text.size());
      if (prng.chance(1, 2))
        text[at] = static_cast<char>(prng.below(256));
      else
        text.erase(at, prng.below(10));
      if (text.empty()) text = "{";
    }
    if (const auto policy = parse_policy(text)) CHECK(check(*policy));
  }
}

TEST_CASE("a percentage of the machines gives at least one slot") {
  Policy policy;
  policy.slots = {Amount::Kind::percent, 25};
  CHECK(policy.effective_slots(0) == 1);
  CHECK(policy.effective_slots(3) == 1);
  CHECK(policy.effective_slots(8) == 2);
  CHECK(policy.effective_slots(11) == 2);
  policy.slots = {Amount::Kind::absolute, 0};
  CHECK(policy.effective_slots(8) == 0);
}

TEST_CASE("single fields are changed by name") {
  auto policy = with_field(Policy{}, "windows", "mon,thu 02:00 1h30m; 22:00 6h");
  REQUIRE(policy);
  REQUIRE(policy->windows.size() == 2);
  CHECK(window_text(policy->windows[0]) == "mon,thu 02:00 1h30m");
  CHECK(window_text(policy->windows[1]) == "22:00 6h");
  CHECK(with_field(*policy, "windows", "none")->windows.empty());
  CHECK(with_field(*policy, "slots", "20%")->slots == Amount{Amount::Kind::percent, 20});
  CHECK(with_field(*policy, "auto_release", "2h")->auto_release->after == 2h);
  CHECK(with_field(*policy, "slots", "many").error().context.starts_with("slots: 'many' is neither"));
  CHECK(with_field(*policy, "down_max", "2").error().context == "down_max: set auto_release first");
  CHECK(with_field(*policy, "colour", "red").error().context.starts_with("colour: this field is not known"));
}

TEST_CASE("durations are read as they are written") {
  CHECK(*parse_duration("1h30m") == 90min);
  CHECK(*parse_duration("2d") == 48h);
  CHECK(*parse_duration("250ms") == 250ms);
  CHECK(*parse_duration("0") == 0ms);
  for (const char* const text : {"", "h", "1", "1x", "1m1h", "1h1h", "-1s", "1 h", "99999999999999999999d", "400d"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
  Prng prng(3);
  for (int round = 0; round < 1000; ++round) {
    const milliseconds span(prng.below(366ULL * 86'400'000));
    CHECK(*parse_duration(duration_text(span)) == span);
  }
}
