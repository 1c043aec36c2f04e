#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "wt_handle.hpp"

using namespace conclave;
using namespace conclave::storage;

namespace {

struct Database {
  Database() {
    REQUIRE(connection.has_value());
    auto opened = (*connection)->session();
    REQUIRE(opened.has_value());
    session.emplace(std::move(*opened));
  }
  ~Database() {
    session.reset();
    if (connection.has_value()) static_cast<void>((*connection)->close());
  }

  conclave::test::ScratchDir scratch;
  NullLogSink log;
  Result<std::unique_ptr<WtConnection>> connection = WtConnection::open(scratch.path(), "create,log=(enabled=false)", log);
  std::optional<WtSession> session;
};

}  // namespace

TEST_CASE("a transaction that WiredTiger rolls back is tried again until it is taken") {
  Database database;
  WtSession& session = *database.session;
  REQUIRE(session.create("table:state", "key_format=u,value_format=u").has_value());
  auto cursor = session.open("table:state");
  REQUIRE(cursor.has_value());
  const auto put = [&](const std::string& key) {
    cursor->set_key(key);
    return cursor->put("value");
  };
  constexpr int refusals = 150;  // a cache that stays full for a second and more
  int attempts = 0;
  const auto done = in_transaction(session, "writing", [&](WtTransaction& transaction) {
    transaction.run([&] { return put("of attempt " + std::to_string(attempts)); });
    transaction.run([&] { return ++attempts <= refusals ? WT_ROLLBACK : 0; });
  });
  CHECK(done.has_value());
  CHECK(attempts == refusals + 1);
  cursor->reset();
  const std::string last = "of attempt " + std::to_string(refusals);
  cursor->set_key("of");
  const auto found = cursor->seek();
  REQUIRE(found.has_value());
  REQUIRE(*found);
  CHECK(cursor->text_key() == last);  // and nothing of the others
  const auto more = cursor->next();
  REQUIRE(more.has_value());
  CHECK_FALSE(*more);
}

TEST_CASE("a transaction that fails for another reason is not tried again") {
  Database database;
  WtSession& session = *database.session;
  int attempts = 0;
  const auto done = in_transaction(session, "writing", [&](WtTransaction& transaction) {
    transaction.run([&] {
      ++attempts;
      return WT_PANIC;
    });
  });
  REQUIRE_FALSE(done.has_value());
  CHECK(attempts == 1);
}
