#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../http/raw_http.hpp"
#include "cluster.hpp"
#include "conclave/locksmith/groups.hpp"
#include "conclave/test/certificates.hpp"

/// locksmith-fleetlock in front of a real cluster of three, which all tests share; each has groups of its own.
namespace conclave::locksmith::test {

using conclave::test::HttpReply;
using conclave::test::HttpTls;

[[nodiscard]] conclave::test::Cluster& cluster();
[[nodiscard]] Client& store();
[[nodiscard]] Revision revision();

class FleetLock {
 public:
  /// Runs the program and waits until it is ready. `tls`: how its own requests are made, then.
  explicit FleetLock(std::vector<std::string> flags = {}, HttpTls tls = {});

  /// POST /v1/VERB as zincati does it.
  [[nodiscard]] HttpReply post(const std::string& verb, const std::string& id, const std::string& group,
                               const HttpTls& tls = {}) const;
  [[nodiscard]] HttpReply ask(const std::string& bytes, const HttpTls& tls = {}) const;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] conclave::test::Process& process() { return *process_; }

 private:
  conclave::test::ScratchDir scratch_;
  std::uint16_t port_;
  HttpTls tls_;
  std::unique_ptr<conclave::test::Process> process_;
};

[[nodiscard]] std::string fleet_request(const std::string& method, const std::string& path, const std::string& body,
                                        const std::string& header_lines = "fleet-lock-protocol: true\r\n");
[[nodiscard]] std::string params(const std::string& id, const std::string& group);
/// True if the body is {"kind": KIND, "value": TEXT} and nothing else, and TEXT is not empty.
[[nodiscard]] bool is_error(const HttpReply& reply, const std::string& kind);
[[nodiscard]] std::vector<std::string> holders(const std::string& group);

}  // namespace conclave::locksmith::test
