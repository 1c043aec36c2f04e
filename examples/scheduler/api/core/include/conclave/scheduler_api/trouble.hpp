#pragma once

#include <optional>
#include <string>

#include "conclave/base/error.hpp"
#include "conclave/http_core/message.hpp"

/// The scheduler's HTTP interface as values: requests taken apart, answers put together. docs/scheduler.md is the contract.
namespace conclave::scheduler::api {

/// Why a request is not served: what is wrong, and where.
struct Trouble {
  int status = 400;
  std::string kind;         ///< a short word for programs
  std::string where;        ///< "jobs[1].resources.slots"; may be empty
  std::string what;         ///< "it is negative"
  bool is_unknown = false;  ///< it may have happened all the same
  bool operator==(const Trouble&) const = default;
};

/// Errors of the scheduler begin with where they are: "after: there is no job 'x'".
[[nodiscard]] Trouble trouble_of(const Error& error);
/// What the HTTP server refuses itself.
[[nodiscard]] Trouble trouble_of(const http::Refusal& refusal);

/// {"error": "WHERE: WHAT", "kind": KIND, "where": WHERE, "what": WHAT}, with "outcome": "unknown" where it is.
[[nodiscard]] std::string to_json(const Trouble& trouble);

}  // namespace conclave::scheduler::api
