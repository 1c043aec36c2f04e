#pragma once

#include <string>

#include "conclave/app/descriptors.hpp"
#include "conclave/app/options.hpp"
#include "conclave/engine/config.hpp"
#include "conclave/gateway/gateway.hpp"
#include "conclave/storage/options.hpp"
#include "conclave/transport/config.hpp"
#include "conclave/transport/probe.hpp"

/// Options for people become the settings of each part.
namespace conclave::app {

[[nodiscard]] mvcc::MachineConfig machine_settings();
[[nodiscard]] engine::Config engine_settings(const Options& options, const std::string& version, Incarnation incarnation);
[[nodiscard]] storage::Options storage_settings(const Options& options, raft::Membership bootstrap);
[[nodiscard]] transport::Config transport_settings(const Options& options, Incarnation incarnation, std::uint64_t seed);
/// Only where HTTP is asked for.
[[nodiscard]] gateway::Config http_settings(const Options& options, const std::string& version, const Descriptors& descriptors);
/// The initial members other than this one.
[[nodiscard]] std::vector<transport::ProbeTarget> other_members(const Options& options);

}  // namespace conclave::app
