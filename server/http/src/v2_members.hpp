#pragma once

#include <string>

#include "calls.hpp"
#include "conclave/http/router.hpp"

/// What the v2 interface says of the cluster.
namespace conclave::gateway {

/// /v2/members, its leader, /v2/machines, and /v2/auth as of a cluster that has it turned off. `context` outlives the router.
void add_members(http::Router& router, const CallContext& context);
/// /v2/stats/leader, of the member that leads.
void add_leader_stats(http::Router& router, const CallContext& context);
/// Every other method is answered 405, in etcd's words. After those that the path takes.
void add_other_methods(http::Router& router, const std::string& path, const std::string& allowed);

}  // namespace conclave::gateway
