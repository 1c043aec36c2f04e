#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "conclave/raft/types.hpp"

/// Majorities, simple and joint (dissertation 4.3): while a joint change goes on, a decision needs a majority of both sets.
namespace conclave::raft {

enum class Tally : std::uint8_t { open, won, lost };

[[nodiscard]] constexpr std::size_t majority_of(std::size_t count) { return count / 2 + 1; }

/// What the votes given so far decide. Votes of others than voters do not count.
[[nodiscard]] Tally tally(const Membership& membership, const std::map<MemberId, bool>& votes);

/// The greatest value that a quorum has reached; zero without voters.
[[nodiscard]] std::uint64_t quorum_value(const Membership& membership, const std::function<std::uint64_t(MemberId)>& value_of);

/// Whether those for whom `holds` is true are a quorum.
[[nodiscard]] bool is_quorum(const Membership& membership, const std::function<bool(MemberId)>& holds);

}  // namespace conclave::raft
