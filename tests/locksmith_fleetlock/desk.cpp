#include "desk.hpp"

#include <nlohmann/json.hpp>

#include "conclave/test/catch.hpp"

namespace conclave::locksmith::test {

using conclave::test::RawHttp;

conclave::test::Cluster& cluster() {
  static conclave::test::Cluster shared(3);
  return shared;
}

Client& store() {
  static Client shared = cluster().client();
  return shared;
}

Revision revision() {
  const auto got = store().get("nothing");
  REQUIRE(got);
  return got->header.revision;
}

FleetLock::FleetLock(std::vector<std::string> flags, HttpTls tls) : port_(conclave::test::free_port()), tls_(std::move(tls)) {
  std::vector<std::string> command = {conclave::test::program("locksmith-fleetlock"), "--listen",
                                      "127.0.0.1:" + std::to_string(port_), "--endpoints", cluster().endpoints()};
  command.insert(command.end(), flags.begin(), flags.end());
  process_ = std::make_unique<conclave::test::Process>(command, scratch_.path() / "log");
  REQUIRE(conclave::test::await(std::chrono::seconds(20), [this] {
    try {
      return ask(conclave::test::http_request("GET", "/readyz")).status == 200;
    } catch (const std::runtime_error&) {
      return false;  // does not listen yet
    }
  }));
}

HttpReply FleetLock::ask(const std::string& bytes, const HttpTls& tls) const {
  RawHttp client(port_);
  const HttpTls& mine = tls.ca_file.empty() ? tls_ : tls;
  if (!mine.ca_file.empty() && !client.start_tls(mine)) return {};
  return client.ask(bytes);
}

HttpReply FleetLock::post(const std::string& verb, const std::string& id, const std::string& group, const HttpTls& tls) const {
  return ask(fleet_request("POST", "/v1/" + verb, params(id, group)), tls);
}

std::string fleet_request(const std::string& method, const std::string& path, const std::string& body,
                          const std::string& header_lines) {
  return conclave::test::http_request(method, path, body, header_lines);
}

std::string params(const std::string& id, const std::string& group) {
  return R"({"client_params":{"id":")" + id + R"(","group":")" + group + R"("}})";
}

bool is_error(const HttpReply& reply, const std::string& kind) {
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  return reply.header("Content-Type") == "application/json" && json.is_object() && json.size() == 2 &&
         json.value("kind", "") == kind && !json.value("value", "").empty();
}

std::vector<std::string> holders(const std::string& group) {
  const auto view = Group(store(), group).status();
  REQUIRE(view);
  std::vector<std::string> ids;
  for (const SlotView& slot : view->slots) ids.push_back(slot.claim.machine);
  return ids;
}

}  // namespace conclave::locksmith::test
