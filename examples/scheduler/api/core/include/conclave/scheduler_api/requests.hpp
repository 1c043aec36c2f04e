#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "conclave/base/ids.hpp"
#include "conclave/scheduler_api/trouble.hpp"
#include "conclave/scheduler_core/agents.hpp"
#include "conclave/scheduler_core/records.hpp"

/// What requests ask for. Everything is checked, and what nobody asked for is refused with its name.
namespace conclave::scheduler::api {

template <class T>
using Parsed = std::variant<T, Trouble>;

/// A body is JSON, or there is none.
[[nodiscard]] std::optional<Trouble> check_content_type(const http::RequestHead& head, std::string_view body);
/// Parameters of the query beside those that are known.
[[nodiscard]] std::optional<Trouble> check_parameters(const http::RequestHead& head, const std::vector<std::string_view>& known);
/// The name of a job or an agent in a path.
[[nodiscard]] std::optional<Trouble> check_name(std::string_view what, std::string_view name);
/// For calls that have nothing to say: no body, or {}.
[[nodiscard]] std::optional<Trouble> check_empty(std::string_view body);

/// POST /v1/jobs. The key may stand in the header Idempotency-Key instead.
[[nodiscard]] Parsed<Submission> submission_of(const http::RequestHead& head, std::string_view body);

/// The place of a job in lists: the order in which jobs were submitted; elements of an array by their number.
struct Place {
  Revision created;
  std::string job;
  bool operator==(const Place&) const = default;
};
[[nodiscard]] bool is_before(const Place& a, const Place& b);

/// GET /v1/jobs?phase=PHASE,...&agent=AGENT&job=SPEC&order=oldest|newest&limit=N&after=PAGE
struct ListQuery {
  std::vector<Phase> phases;  ///< none: all
  std::string agent;
  std::string spec;
  bool newest_first = false;
  std::size_t limit = 100;
  std::optional<Place> after;
};
inline constexpr std::size_t list_limit_max = 1000;
[[nodiscard]] Parsed<ListQuery> list_query_of(const http::RequestHead& head);
/// The text of a page's end, and back.
[[nodiscard]] std::string page_of(const Place& place);
[[nodiscard]] std::optional<Place> place_of(std::string_view page);

/// GET /v1/jobs/JOB/logs?follow=true&epoch=N
struct LogQuery {
  bool follow = false;
  std::uint64_t epoch = 0;  ///< zero: the last
};
[[nodiscard]] Parsed<LogQuery> log_query_of(const http::RequestHead& head);

/// POST /v1/agents/AGENT/drain: {"within_ms": N, "reason": TEXT}, both or the body may be missing.
[[nodiscard]] Parsed<DrainRecord> drain_of(std::string_view body);

}  // namespace conclave::scheduler::api
