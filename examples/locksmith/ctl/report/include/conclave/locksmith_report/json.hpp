#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "conclave/locksmith_report/render.hpp"

/// Groups as JSON: one object on one line, in ASCII. Its fields are a contract that locksmithctl(1) documents: with one "schema"
/// none is removed, renamed or changed in type; new ones may be added. Times are RFC 3339 in UTC, with the age in seconds beside
/// them where that is useful; what is not known is null.
namespace conclave::locksmith::report {

using Json = nlohmann::ordered_json;

inline constexpr int json_schema = 1;

[[nodiscard]] Json json_of(const GroupView& group, const Viewer& viewer);
[[nodiscard]] Json json_of(const SlotView& slot, const GroupView& group, const Viewer& viewer);
[[nodiscard]] Json json_of(const Entry& entry);
[[nodiscard]] Json json_of(const MachineView& machine, const GroupView& group, const Viewer& viewer);
/// The record as it is stored.
[[nodiscard]] Json json_of(const Policy& policy);

/// {"schema": 1, ...} with the fields of `body`, and a newline.
[[nodiscard]] std::string document(const Json& body);

}  // namespace conclave::locksmith::report
