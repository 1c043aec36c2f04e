#include <algorithm>

#include "conclave/gateway_core/kv_answer.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::gateway;
using Kind = mvcc::KeySelector::Kind;

namespace {

/// Reads a request that must be right.
template <class Parse>
auto parsed(ByteView text, Parse parse) {
  Problem problem;
  const JsonDocument document = JsonDocument::parse(text, {}, problem);
  auto request = parse(document.root(problem));
  INFO(text);
  INFO((problem ? problem->text : std::string()));
  REQUIRE_FALSE(problem.has_value());
  return request;
}

template <class Parse>
std::string refusal(ByteView text, Parse parse) {
  Problem problem;
  const JsonDocument document = JsonDocument::parse(text, {}, problem);
  (void)parse(document.root(problem));
  REQUIRE(problem.has_value());
  return std::to_string(static_cast<int>(problem->code)) + " " + problem->text;
}

mvcc::KeyValuePtr key_value(std::string_view key, std::string_view value, std::uint64_t revision) {
  return mvcc::make_key_value(key, value, {Revision(revision), Revision(revision), 1, LeaseId(0)});
}

const Head head{ClusterId(11), MemberId(18446744073709551615U), Term(3), Revision(9)};
constexpr const char* head_json =
    R"("header":{"cluster_id":"11","member_id":"18446744073709551615","revision":"9","raft_term":"3"})";

std::string with_head(const std::string& rest) { return std::string("{") + head_json + rest + "}\n"; }

}  // namespace

TEST_CASE("a range reads every field, in both spellings") {
  const auto range = parsed(R"({"key":"YQ==","rangeEnd":"Yg==","limit":"3","revision":7,"sort_order":"DESCEND","sortTarget":"MOD",
    "serializable":true,"keys_only":true,"minModRevision":"2","max_mod_revision":"8","min_create_revision":"1","maxCreateRevision":"9"})",
                            parse_range);
  CHECK(range.serializable);
  CHECK(range.counted_apart);
  const mvcc::RangeOp& op = range.op;
  CHECK(op.keys.kind == Kind::range);
  CHECK(op.keys.begin == "a");
  CHECK(op.keys.end == "b");
  CHECK(op.limit == 3);
  CHECK(op.at == Revision(7));
  CHECK(op.sort_order == mvcc::SortOrder::descending);
  CHECK(op.sort_target == mvcc::SortTarget::mod);
  CHECK(op.keys_only);
  CHECK(op.min_mod == Revision(2));
  CHECK(op.max_mod == Revision(8));
  CHECK(op.min_create == Revision(1));
  CHECK(op.max_create == Revision(9));
}

TEST_CASE("a range end of one zero byte means everything from the key on") {
  CHECK(parsed(R"({"key":"YQ=="})", parse_range).op.keys.kind == Kind::single);
  const auto all = parsed(R"({"key":"AA==","range_end":"AA=="})", parse_range);
  CHECK(all.op.keys.kind == Kind::from);
  CHECK(all.op.keys.begin == ByteView("\0", 1));
}

TEST_CASE("a count leaves bounds on revisions aside, as etcd does") {
  const auto count = parsed(R"({"key":"YQ==","count_only":true,"min_mod_revision":5})", parse_range);
  CHECK(count.op.min_mod == Revision());
  CHECK_FALSE(count.counted_apart);
}

TEST_CASE("negative limits and revisions mean none, as etcd has it") {
  const auto range = parsed(R"({"key":"YQ==","limit":"-1","revision":"-5"})", parse_range);
  CHECK(range.op.limit == 0);
  CHECK(range.op.at == Revision());
}

TEST_CASE("a put reads every field and knows what excludes what") {
  const auto put = parsed(R"({"key":"YQ==","value":"Yg==","lease":"5","prev_kv":true})", parse_put);
  const auto& op = std::get<mvcc::PutOp>(std::get<mvcc::Op>(put.body).body);
  CHECK(op.key == "a");
  CHECK(op.value == "b");
  CHECK(op.lease == LeaseId(5));
  CHECK(op.want_previous);
  CHECK(refusal("{}", parse_put) == "3 etcdserver: key is not provided");
  CHECK(refusal(R"({"key":"YQ==","value":"Yg==","ignore_value":true})", parse_put) == "3 etcdserver: value is provided");
  CHECK(refusal(R"({"key":"YQ==","lease":1,"ignoreLease":true})", parse_put) == "3 etcdserver: lease is provided");
  CHECK(refusal(R"({"key":7})", parse_put) == "3 invalid value for field key: a string in base64 is wanted");
  CHECK(refusal("{}", parse_range) == "3 etcdserver: key is not provided");
  CHECK(refusal("{}", parse_delete_range) == "3 etcdserver: key is not provided");
}

TEST_CASE("a transaction reads compares of every target, and operations of every kind") {
  const auto txn = parsed(R"({
    "compare":[{"key":"YQ=="},{"key":"YQ==","target":"MOD","result":"GREATER","mod_revision":"4"},
               {"key":"YQ==","target":1,"result":3,"createRevision":5},{"key":"YQ==","target":"VALUE","value":"eA=="},
               {"key":"YQ==","target":"LEASE","result":"LESS","lease":"6","range_end":"Yg=="}],
    "success":[{"requestPut":{"key":"YQ==","value":"Yg=="}},{"request_range":{"key":"YQ=="}}],
    "failure":[{"request_delete_range":{"key":"YQ=="}},{"request_txn":{"success":[{"request_range":{"key":"Yw=="}}]}}]})",
                          parse_txn);
  REQUIRE(txn.op.compares.size() == 5);
  CHECK(txn.op.compares[0].target == mvcc::CompareTarget::version);
  CHECK(txn.op.compares[0].relation == mvcc::CompareRelation::equal);
  CHECK(txn.op.compares[1].target == mvcc::CompareTarget::mod);
  CHECK(txn.op.compares[1].relation == mvcc::CompareRelation::greater);
  CHECK(txn.op.compares[1].number == 4);
  CHECK(txn.op.compares[2].target == mvcc::CompareTarget::create);
  CHECK(txn.op.compares[2].relation == mvcc::CompareRelation::not_equal);
  CHECK(txn.op.compares[3].value == "x");
  CHECK(txn.op.compares[4].keys.kind == Kind::range);
  REQUIRE(txn.op.success.size() == 2);
  REQUIRE(txn.op.failure.size() == 2);
  CHECK(std::get<mvcc::TxnOp>(txn.op.failure[1].body).success.size() == 1);
  CHECK(txn.changes);
  CHECK_FALSE(txn.serializable);
}

TEST_CASE("a compare with a negative number has one answer for every key") {
  const auto relation = [](const std::string& result) {
    const auto txn =
        parsed(R"({"compare":[{"key":"YQ==","target":"MOD","mod_revision":"-1","result":")" + result + "\"}]}", parse_txn);
    if (txn.op.compares.empty()) return std::string("holds");
    const bool never = txn.op.compares[0].relation == mvcc::CompareRelation::less && txn.op.compares[0].number == 0;
    return std::string(never ? "fails" : "?");
  };
  CHECK(relation("EQUAL") == "fails");
  CHECK(relation("LESS") == "fails");
  CHECK(relation("GREATER") == "holds");
  CHECK(relation("NOT_EQUAL") == "holds");
}

TEST_CASE("what is too much for a transaction is refused before it is built") {
  const auto many = [](int count) {
    std::string text = R"({"success":[)";
    for (int i = 0; i < count; ++i) text += std::string(i == 0 ? "" : ",") + R"({"request_range":{"key":"YQ=="}})";
    return text + "]}";
  };
  CHECK(parsed(many(128), parse_txn).op.success.size() == 128);
  CHECK(refusal(many(129), parse_txn) == "3 etcdserver: too many operations in txn request");
  std::string nested = R"({"success":[]})";
  for (int i = 0; i < 3; ++i) nested = R"({"success":[{"request_txn":)" + nested + "}]}";
  (void)parsed(nested, parse_txn);
  nested = R"({"success":[{"request_txn":)" + nested + "}]}";
  CHECK(refusal(nested, parse_txn).starts_with("3 conclave: transactions are nested deeper than 4"));
  CHECK(refusal(R"({"success":[{"request_put":{"key":"YQ=="}},{"request_range":{"key":"YQ==","revision":3}}]})", parse_txn)
            .starts_with("12 conclave:"));
  CHECK(refusal(R"({"success":[{}]})", parse_txn) == "3 etcdserver: key not found");
}

TEST_CASE("a range's answer leaves out what is zero and may come in pages") {
  CHECK(RangeAnswer(head).finish(false, 0) == with_head(""));
  RangeAnswer answer(head);
  mvcc::RangeResult page;
  page.kvs = {key_value("a", "x", 2)};
  answer.add(page);
  page.kvs = {key_value("b", "", 3)};
  page.keys_only = true;
  answer.add(page);
  CHECK(answer.finish(true, 7) ==
        with_head(R"(,"kvs":[{"key":"YQ==","create_revision":"2","mod_revision":"2","version":"1","value":"eA=="},)"
                  R"({"key":"Yg==","create_revision":"3","mod_revision":"3","version":"1"}],"more":true,"count":"7")"));
}

TEST_CASE("the revision is written also when nothing was ever written") {
  CHECK(header_only({ClusterId(1), MemberId(2), Term(3), Revision()}) ==
        R"({"header":{"cluster_id":"1","member_id":"2","revision":"0","raft_term":"3"}})"
        "\n");
}

TEST_CASE("answers to puts and deletes carry what was there before") {
  mvcc::PutResult put;
  CHECK(put_answer(head, put) == with_head(""));
  put.prev = mvcc::make_key_value("a", "x", {Revision(2), Revision(3), 2, LeaseId(77)});
  CHECK(
      put_answer(head, put) ==
      with_head(R"(,"prev_kv":{"key":"YQ==","create_revision":"2","mod_revision":"3","version":"2","value":"eA==","lease":"77"})"));
  mvcc::DeleteResult erase;
  CHECK(delete_answer(head, erase) == with_head(""));
  erase.deleted = 1;
  erase.prev = {key_value("a", "x", 2)};
  CHECK(delete_answer(head, erase) ==
        with_head(
            R"(,"deleted":"1","prev_kvs":[{"key":"YQ==","create_revision":"2","mod_revision":"2","version":"1","value":"eA=="}])"));
}

TEST_CASE("a transaction's answer has one response for each operation that was asked") {
  const auto txn = parsed(R"({"success":[{"request_range":{"key":"YQ==","min_mod_revision":2}},{"request_put":{"key":"YQ=="}},
                              {"request_delete_range":{"key":"Yg=="}},{"request_txn":{}}]})",
                          parse_txn);
  REQUIRE(txn.op.success.size() == 5);  // the first range is counted apart
  mvcc::TxnResult result;
  result.succeeded = true;
  mvcc::RangeResult range;
  range.kvs = {key_value("a", "x", 2)};
  range.count = 1;
  mvcc::RangeResult count;
  count.count = 6;
  mvcc::DeleteResult erase;
  erase.deleted = 2;
  result.results.push_back({range});
  result.results.push_back({count});
  result.results.push_back({mvcc::PutResult{}});
  result.results.push_back({erase});
  result.results.push_back({mvcc::TxnResult{}});
  const std::string nine = R"({"header":{"revision":"9"})";
  CHECK(
      txn_answer(head, result, txn.shape) ==
      with_head(R"(,"succeeded":true,"responses":[{"response_range":)" + nine +
                R"(,"kvs":[{"key":"YQ==","create_revision":"2","mod_revision":"2","version":"1","value":"eA=="}],"count":"6"}},)" +
                R"({"response_put":)" + nine + R"(}},{"response_delete_range":)" + nine + R"(,"deleted":"2"}},)" +
                R"({"response_txn":)" + nine + "}}]"));
  CHECK(txn_answer(head, {}, txn.shape) == with_head(""));
}
