#include "conclave/locksmith_core/journal.hpp"

#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::locksmith;

TEST_CASE("a journal is read as it was written") {
  for (int stage = 0; stage <= static_cast<int>(Stage::returning); ++stage) {
    const Journal journal{static_cast<Stage>(stage), "boot", Revision(9), Revision(3), "because \"\n\xc3\xa9"};
    const auto read = decode_journal(encode(journal));
    REQUIRE(read);
    CHECK(*read == journal);
  }
}

TEST_CASE("a journal that was changed or cut off is a clear error") {
  const std::string whole = encode({Stage::rebooting, "boot-1", Revision(9), {}, "kernel"});
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(decode_journal(whole.substr(0, size)));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    INFO(changed);
    CHECK_FALSE(decode_journal(changed));
  }
  CHECK(decode_journal("").error().context == "it does not begin with 'locksmith-journal '");
  CHECK(decode_journal("locksmith-journal 2 x").error().code == Errc::unsupported);
  CHECK(decode_journal(std::string(100'000, 'x')).error().code == Errc::corruption);
}
