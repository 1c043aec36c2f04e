#include <string>
#include <vector>

#include "conclave/base/prng.hpp"
#include "conclave/gateway_core/cluster_json.hpp"
#include "conclave/gateway_core/lease_json.hpp"
#include "conclave/gateway_core/watch_json.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::gateway;

/// For a fuzzer that is linked with this file instead of the tests: every reader of JSON on the same bytes, whole and in pieces.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size);

int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const ByteView text(reinterpret_cast<const char*>(data), size);
  const JsonLimits limits{64 * 1024, 32};
  const auto read = [&](auto parse) {
    Problem problem;
    const JsonDocument document = JsonDocument::parse(text, limits, problem);
    (void)parse(document.root(problem));
    // A problem can be told: the text of it is valid JSON whatever bytes it quotes.
    if (problem) (void)JsonDocument::parse(error_body(*problem), {}, problem);
    if (problem && error_body(*problem).find("\"code\"") == std::string::npos) std::abort();
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
  return 0;
}

namespace {

const std::vector<std::string> corpus{
    R"({"key":"YQ==","range_end":"AA==","limit":"3","revision":7,"sort_order":"DESCEND","sort_target":4,"min_mod_revision":"2"})",
    R"({"key":"YQ==","value":"Yg==","lease":"5","prev_kv":true,"ignore_value":false,"ignoreLease":null})",
    R"({"compare":[{"key":"YQ==","target":"VALUE","value":"eA=="},{"key":"YQ==","target":1,"result":"LESS","create_revision":"-1"}],)"
    R"("success":[{"request_put":{"key":"YQ=="}},{"request_txn":{"success":[{"request_range":{"key":"YQ=="}}]}}],"failure":[]})",
    R"({"create_request":{"key":"YQ==","range_end":"Yg==","filters":["NOPUT",1],"watch_id":7}} {"cancel_request":{"watch_id":"7"}})",
    R"({"TTL":"30","ID":9223372036854775807})",
};

std::string damaged(std::string text, Prng& prng) {
  constexpr std::string_view bytes = "{}[]\",:\\0123456789eE+-.\xff\x00 /_=AZaz\n";
  for (std::uint64_t i = 0, count = 1 + prng.below(6); i < count && !text.empty(); ++i) {
    const std::size_t at = prng.below(text.size());
    switch (prng.below(5)) {
      case 0: text[at] = bytes[prng.below(bytes.size())]; break;
      case 1: text.erase(at, 1 + prng.below(8)); break;
      case 2: text.insert(at, 1, bytes[prng.below(bytes.size())]); break;
      case 3: text.insert(at, text.substr(prng.below(text.size()), prng.below(40))); break;
      default: text.resize(at); break;
    }
  }
  return text;
}

}  // namespace

TEST_CASE("damaged requests are refused with a reason or read, whatever is in them") {
  Prng prng(20260);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = damaged(corpus[prng.below(corpus.size())], prng);
    CHECK(LLVMFuzzerTestOneInput(reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 0);
  }
}
