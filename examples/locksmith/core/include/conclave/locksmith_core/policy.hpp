#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/base/result.hpp"
#include "conclave/base/time.hpp"
#include "conclave/locksmith_core/windows.hpp"

namespace conclave::locksmith {

inline constexpr std::uint64_t slots_max = 1000;
inline constexpr std::size_t windows_max = 32;
inline constexpr std::size_t policy_bytes_max = 64 * 1024;
/// What is measured by the cluster's own clock can last a day.
inline constexpr milliseconds spacing_max = std::chrono::hours(24);

/// So many, or so many percent of the machines that the group knows.
struct Amount {
  enum class Kind : std::uint8_t { absolute, percent };
  Kind kind = Kind::absolute;
  std::uint64_t number = 0;
  bool operator==(const Amount&) const = default;
  /// Rounded down.
  [[nodiscard]] std::uint64_t of(std::uint64_t machines) const { return kind == Kind::absolute ? number : machines * number / 100; }
};
/// "3" or "25%"
[[nodiscard]] Result<Amount> parse_amount(std::string_view text);
[[nodiscard]] std::string amount_text(const Amount& amount);

enum class Order : std::uint8_t {
  arrival,   ///< who has waited longest
  priority,  ///< the highest priority, and among those who has waited longest
};
[[nodiscard]] std::string_view name_of(Order order);

/// Slots of machines that stay away are given to others, without a person's word.
struct AutoRelease {
  milliseconds after{0};       ///< its slot was given; by the cluster's clock, at most a day
  std::uint64_t down_max = 1;  ///< machines that lost their slot so and were not heard of since
  bool operator==(const AutoRelease&) const = default;
};

/// What a group's machines go by; the group's own record in the store.
struct Policy {
  Amount slots{Amount::Kind::absolute, 1};  ///< a percentage gives at least one
  bool paused = false;                      ///< no slot is given, and who has one and did not reboot yet gives it back
  std::string paused_by;                    ///< who, and why, for people
  milliseconds spacing{0};                  ///< at least so long between two slots that are given
  std::string zone = "UTC";                 ///< of the windows; a name of the zone database
  std::vector<Window> windows;              ///< when machines may reboot; none: always
  Order order = Order::arrival;
  std::optional<Amount> unhealthy_max;              ///< more than so many unhealthy machines, and no slot is given
  milliseconds deadline{std::chrono::minutes(30)};  ///< after which a holder counts as overdue; zero: never
  std::optional<AutoRelease> auto_release;
  bool operator==(const Policy&) const = default;

  [[nodiscard]] std::uint64_t effective_slots(std::uint64_t machines) const {
    const std::uint64_t number = slots.of(machines);
    return slots.kind == Amount::Kind::percent && number == 0 ? 1 : number;
  }
};

/// Reads the record strictly: JSON, no field that this version does not know, every value in its range. Errors: invalid_argument
/// with where and what ("windows[1].start: '25:00' is no time of day from 00:00 to 23:59"), unsupported if a later version wrote
/// it.
[[nodiscard]] Result<Policy> parse_policy(std::string_view json);
/// What parse_policy() reads as `policy`. `pretty`: for people, with line breaks.
[[nodiscard]] std::string to_json(const Policy& policy, bool pretty = false);
/// What parse_policy() checks, of a policy made otherwise; and nothing else: whether the zone exists is for whoever has the zone
/// database.
[[nodiscard]] Result<void> check(const Policy& policy);

/// A change of single fields, by the names that the record has: "slots" "3", "windows" "mon 02:00 1h; sat 22:00 6h",
/// "unhealthy_max" "none". Errors: invalid_argument with the name and what is wrong.
[[nodiscard]] Result<Policy> with_field(Policy policy, std::string_view name, std::string_view value);
/// The names that with_field() takes, each with what its value is, for a help text.
struct PolicyField {
  std::string_view name;
  std::string_view value;
};
[[nodiscard]] const std::vector<PolicyField>& policy_fields();

}  // namespace conclave::locksmith
