#include <map>

#include "conclave/base/arena.hpp"
#include "conclave/base/bytes.hpp"
#include "conclave/base/crc32c.hpp"
#include "conclave/base/error.hpp"
#include "conclave/base/ids.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;

TEST_CASE("crc32c gives the check values of RFC 3720") {
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
  CHECK(crc32c("123456789") == 0xe3069283u);
}

TEST_CASE("crc32c of parts continues from the seed") {
  const std::string text = "a text that is longer than eight bytes";
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    CHECK(crc32c(ByteView(text).substr(cut), crc32c(ByteView(text).substr(0, cut))) == crc32c(text));
}

TEST_CASE("a slice of bytes keeps the buffer alive") {
  Bytes slice;
  {
    const Bytes whole(std::string("hello world"));
    slice = whole.slice(6);
  }
  CHECK(slice.view() == "world");
}

TEST_CASE("copied and filled bytes stand at a multiple of 8") {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string text(size, 'x');
    const Bytes copy = Bytes::copy_of(text);
    const Bytes filled = Bytes::filled(size, [&](char* at) { text.copy(at, size); });
    CHECK(copy.view() == text);
    CHECK(filled == copy);
    CHECK(reinterpret_cast<std::uintptr_t>(copy.data()) % 8 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(filled.data()) % 8 == 0);
  }
}

TEST_CASE("the generator's sequence is fixed by its seed") {
  Prng a(42);
  Prng b(42);
  for (int i = 0; i < 100; ++i) CHECK(a.next() == b.next());
  CHECK(Prng(1).next() != Prng(2).next());
}

TEST_CASE("below() stays below and reaches every value") {
  Prng prng(7);
  std::map<std::uint64_t, int> seen;
  for (int i = 0; i < 1000; ++i) ++seen[prng.below(5)];
  CHECK(seen.size() == 5);
  CHECK(seen.rbegin()->first == 4);
}

TEST_CASE("arena spans survive growth and a move") {
  Arena arena;
  const auto first = arena.make_span<int>(3);
  first[2] = 9;
  for (int i = 0; i < 100; ++i) (void)arena.make_span<long>(1000);
  Arena moved = std::move(arena);
  CHECK(first[2] == 9);
  moved.clear();
  CHECK(moved.bytes_reserved() > 0);
}

TEST_CASE("every error code has a name of its own and survives the wire") {
  std::map<std::string_view, int> names;
  for (std::uint16_t number = 1; number < 100; ++number) {
    const auto code = static_cast<Errc>(number);
    if (name_of(code) == "error") continue;
    ++names[name_of(code)];
    CHECK(errc_from_wire(number) == code);
  }
  for (const auto& [name, count] : names) CHECK(count == 1);
  CHECK(errc_from_wire(9999) == Errc::internal);
  CHECK(certainty(Errc::internal) == Certainty::unknown);
}

TEST_CASE("strong ids count and order") {
  CHECK(Index(3).next() == Index(4));
  CHECK(Index(3).prev() == Index(2));
  CHECK(Index(9).minus(Index(4)) == 5);
  CHECK(Index(3) < Index(4));
}
