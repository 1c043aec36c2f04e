#pragma once

#include <cstdint>
#include <string>

#include "conclave/app/options.hpp"
#include "conclave/base/ids.hpp"
#include "conclave/raft/types.hpp"

/// Names become numbers: the same on every member and in every version, for they are on disk and on every link.
namespace conclave::app {

/// From the cluster token alone: what a member that is not sure of its cluster can still compare.
[[nodiscard]] std::uint64_t token_hash(const std::string& token);
/// From the cluster token and the initial members with their addresses; a member alone counts without its address. Never zero.
[[nodiscard]] ClusterId cluster_id(const Options& options);
/// The membership of a cluster that starts: all initial members vote. Two names with the same number are invalid_argument.
[[nodiscard]] Result<raft::Membership> bootstrap_membership(const Options& options);

}  // namespace conclave::app
