// Every reader of the interfaces of etcd on the same bytes, whole and in pieces: they read or refuse, and what they refuse can be
// told.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "conclave/gateway_core/cluster_json.hpp"
#include "conclave/gateway_core/lease_json.hpp"
#include "conclave/gateway_core/v2_tree.hpp"
#include "conclave/gateway_core/watch_json.hpp"

using namespace conclave;
using namespace conclave::gateway;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView text(reinterpret_cast<const char*>(data), size);
  const JsonLimits limits{64 * 1024, 32};
  Problem no_json;
  const JsonDocument document = JsonDocument::parse(text, limits, no_json);
  const auto read = [&](auto parse) {
    Problem problem = no_json;
    (void)parse(document.root(problem));
    // A problem can be told: the text of it is valid JSON whatever bytes it quotes.
    if (!problem) return;
    Problem untold;
    const std::string told = error_body(*problem);
    (void)JsonDocument::parse(told, {}, untold);
    if (untold || told.find("\"code\"") == std::string::npos) std::abort();
  };
  read(parse_range);
  read(parse_put);
  read(parse_delete_range);
  read(parse_compaction);
  read(parse_txn);
  read(parse_lease_grant);
  read(parse_lease_id);
  read(parse_watch);
  read(parse_alarm);
  read(parse_transfer_target);
  Problem whole_problem;
  Problem pieces_problem;
  JsonSplitter whole(limits);
  JsonSplitter pieces(limits);
  std::vector<std::string> from_whole;
  std::vector<std::string> from_pieces;
  (void)whole.feed(text, whole_problem);
  while (auto object = whole.next()) from_whole.push_back(*object);
  for (std::size_t i = 0; i < size; ++i) {
    (void)pieces.feed(text.substr(i, 1), pieces_problem);
    while (auto object = pieces.next()) from_pieces.push_back(*object);
  }
  if (from_whole != from_pieces || whole_problem != pieces_problem) std::abort();
  (void)v2::decode_event(text, 1);
  (void)v2::decode_node("/k", text, 1);
  (void)v2::parse(v2::Method::put, text, {{"ttl", std::string(text)}, {"prevIndex", std::string(text)}});
  return 0;
}
