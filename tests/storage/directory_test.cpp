#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "bare_member.hpp"
#include "conclave/base/crc32c.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "identity.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void overwrite(const std::filesystem::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

/// Opens and closes; the error, if any.
Error error_of(const Options& options) {
  const auto storage = open_storage(options);
  REQUIRE_FALSE(storage.has_value());
  return storage.error();
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a directory is fresh until something was written, and keeps its incarnation") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path() / "deep" / "data");
  Incarnation incarnation;
  {
    auto storage = open_storage(options);
    REQUIRE(storage.has_value());
    CHECK(storage->opened.fresh);
    incarnation = storage->opened.incarnation;
    CHECK_FALSE(incarnation.is_zero());
    CHECK(storage->opened.recovered.raft.membership == options.bootstrap);
  }
  {
    auto storage = open_storage(options);
    REQUIRE(storage.has_value());
    CHECK(storage->opened.fresh);
    CHECK(storage->opened.incarnation == incarnation);
    write_entries(*storage, 1, {make_entry(1, 1, "x")});
  }
  auto changed = options;
  changed.bootstrap.voters.push_back(MemberId(2));
  const auto storage = open_storage(changed);
  REQUIRE(storage.has_value());
  CHECK_FALSE(storage->opened.fresh);
  CHECK(storage->opened.incarnation == incarnation);
  CHECK(storage->opened.recovered.raft.membership == options.bootstrap);  // as it was when the directory was made
}

TEST_CASE("two directories have different incarnations") {
  const conclave::test::ScratchDir scratch;
  const auto one = open_storage(small_options(scratch.path() / "1"));
  const auto two = open_storage(small_options(scratch.path() / "2"));
  REQUIRE(one.has_value());
  REQUIRE(two.has_value());
  CHECK(one->opened.incarnation != two->opened.incarnation);
}

TEST_CASE("a directory of another member or cluster is refused in a text that names both") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path() / "data");
  REQUIRE(open_storage(options).has_value());

  auto other = options;
  SECTION("another member") {
    other.owner.member = MemberId(2);
    other.owner.name = "n2";
    const auto error = error_of(other);
    CHECK(error.code == Errc::wrong_member);
    CHECK(contains(error.context, "belongs to another member: it is of member 1 (n1), this is member 2 (n2)"));
  }
  SECTION("another cluster") {
    other.owner.cluster = ClusterId(8);
    other.owner.cluster_token = "other";
    const auto error = error_of(other);
    CHECK(error.code == Errc::wrong_cluster);
    CHECK(contains(error.context, "it is of cluster 7 (token \"token\"), this is cluster 8 (token \"other\")"));
  }
  SECTION("another token alone") {
    other.owner.cluster_token = "tokem";
    CHECK(error_of(other).code == Errc::wrong_cluster);
  }
  CHECK(open_storage(options).has_value());
}

TEST_CASE("a directory of a newer format is refused") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  REQUIRE(open_storage(options).has_value());
  auto text = text_of(scratch.path() / "IDENTITY");
  const auto today = "format " + std::to_string(directory_format);
  const auto place = text.find(today);
  REQUIRE(place != std::string::npos);
  const auto newer = "format " + std::to_string(directory_format + 1);
  text.replace(place, today.size(), newer);
  overwrite(scratch.path() / "IDENTITY", text);
  const auto error = error_of(options);
  CHECK(error.code == Errc::version_mismatch);
  CHECK(contains(error.context,
                 "is of a newer format: it is of " + newer + ", this program reads up to " + std::to_string(directory_format)));
}

TEST_CASE("an identity that does not verify is corruption") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  REQUIRE(open_storage(options).has_value());
  const auto good = text_of(scratch.path() / "IDENTITY");
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    overwrite(scratch.path() / "IDENTITY", bad);
    const auto error = error_of(options);
    INFO("byte " << i << ": " << error.message());
    const bool in_format = error.code == Errc::version_mismatch;  // a changed digit of the format
    CHECK((error.code == Errc::corruption || in_format));
  }
  for (std::size_t size = 0; size < good.size(); size += 7) {
    overwrite(scratch.path() / "IDENTITY", good.substr(0, size));
    CHECK(error_of(options).code == Errc::corruption);
  }
}

TEST_CASE("a directory with something else in it is not taken for a new one") {
  const conclave::test::ScratchDir scratch;
  overwrite(scratch.path() / "thesis.tex", "important");
  const auto error = error_of(small_options(scratch.path()));
  CHECK(error.code == Errc::corruption);
  CHECK(contains(error.context, "is not a data directory"));
  CHECK(text_of(scratch.path() / "thesis.tex") == "important");
}

TEST_CASE("one directory is open once at a time") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  {
    const auto first = open_storage(options);
    REQUIRE(first.has_value());
    CHECK(error_of(options).code == Errc::already_exists);
  }
  CHECK(open_storage(options).has_value());
}

TEST_CASE("a creation that was interrupted before the identity is done again") {
  const conclave::test::ScratchDir scratch;
  overwrite(scratch.path() / "LOCK", "");
  overwrite(scratch.path() / "IDENTITY.new", "half");
  CHECK(open_storage(small_options(scratch.path())).has_value());
}

TEST_CASE("names and tokens may hold any bytes") {
  const conclave::test::ScratchDir scratch;
  auto options = small_options(scratch.path());
  options.owner.name = "a\nmember 9\n";
  options.owner.cluster_token = std::string("\0\xff", 2);
  REQUIRE(open_storage(options).has_value());
  CHECK(open_storage(options).has_value());
}

TEST_CASE("images and receipts of an earlier process are removed") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  REQUIRE(open_storage(options).has_value());
  overwrite(scratch.path() / "snapshots" / "in-1", "left over");
  REQUIRE(open_storage(options).has_value());
  CHECK(std::filesystem::is_empty(scratch.path() / "snapshots"));
}

TEST_CASE("a database that is gone is noticed") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  {
    auto storage = open_storage(options);
    REQUIRE(storage.has_value());
    write_entries(*storage, 1, {make_entry(1, 1, "x")});
  }
  std::filesystem::remove_all(scratch.path() / "db");
  CHECK(error_of(options).code == Errc::corruption);
}
