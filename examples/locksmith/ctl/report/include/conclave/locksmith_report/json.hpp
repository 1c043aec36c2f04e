#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "conclave/locksmith_report/views.hpp"

/// The views as JSON: one object on one line, always valid UTF-8. Its fields are a contract that locksmithctl(1) documents: with
/// one "schema" none is removed, renamed or changed in type; new ones may be added. Times are RFC 3339 in UTC and, beside them,
/// numbers that need no parsing; what is not known is null.
namespace conclave::locksmith::report {

using Json = nlohmann::ordered_json;

inline constexpr int json_schema = 1;

[[nodiscard]] Json json_of(const GroupView& group, std::int64_t now_ms);
[[nodiscard]] Json json_of(const HolderView& holder, std::int64_t now_ms);
[[nodiscard]] Json json_of(const WaiterView& waiter, std::uint64_t turn, std::int64_t now_ms);
[[nodiscard]] Json json_of(const HistoryView& entry);
[[nodiscard]] Json json_of(const MachineView& machine, std::int64_t now_ms);

/// {"schema": 1, NAME: body}, or with the fields of the body beside "schema" if there is no name; with its newline.
[[nodiscard]] std::string document(const Json& body, const std::string& name = {});

}  // namespace conclave::locksmith::report
