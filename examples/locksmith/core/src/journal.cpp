#include "conclave/locksmith_core/journal.hpp"

#include <algorithm>
#include <array>

#include "conclave/base/crc32c.hpp"
#include "json_fields.hpp"

namespace conclave::locksmith {
namespace {

constexpr std::string_view magic = "locksmith-journal 1 ";
constexpr std::string_view magic_any_version = "locksmith-journal ";
constexpr std::size_t checksum_digits = 8;
constexpr std::array<std::string_view, 13> stage_names{"idle",      "waiting",    "queueing",  "admitting", "draining",
                                                       "warning",   "confirming", "rebooting", "checking",  "restoring",
                                                       "releasing", "undoing",    "returning"};

std::string checksum_of(std::string_view body) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::uint32_t sum = crc32c(body);
  std::string text;
  for (std::size_t i = 0; i < checksum_digits; ++i) text += digits[sum >> (28 - 4 * i) & 15];
  return text;
}

Unexpected spoilt(const std::string& what) { return fail(Errc::corruption, what); }

Result<Revision> revision_in(const Fields& fields, std::string_view name) {
  const auto number = fields.number(name, 0, std::uint64_t(1) << 62);
  if (!number) return fail(number.error());
  return Revision(*number);
}

Result<Journal> read(const Fields& fields) {
  if (const auto only = fields.only({"stage", "boot", "token", "wish", "reason"}); !only) return fail(only.error());
  const auto stage = fields.text("stage");
  if (!stage) return fail(stage.error());
  const auto found = std::find(stage_names.begin(), stage_names.end(), *stage);
  if (found == stage_names.end()) return fields.wrong("stage", "'" + *stage + "' is none");
  const auto boot = fields.text("boot");
  if (!boot) return fail(boot.error());
  const auto reason = fields.text("reason", journal_bytes_max);
  if (!reason) return fail(reason.error());
  const auto token = revision_in(fields, "token");
  if (!token) return fail(token.error());
  const auto wish = revision_in(fields, "wish");
  if (!wish) return fail(wish.error());
  return Journal{static_cast<Stage>(found - stage_names.begin()), *boot, *token, *wish, *reason};
}

}  // namespace

std::string_view name_of(Stage stage) { return stage_names[static_cast<std::size_t>(stage)]; }

std::string encode(const Journal& journal) {
  const Json json{{"stage", std::string(name_of(journal.stage))},
                  {"boot", journal.boot},
                  {"token", journal.token.value()},
                  {"wish", journal.wish.value()},
                  {"reason", journal.reason}};
  const std::string body = text_of(json) + "\n";
  return std::string(magic) + checksum_of(body) + "\n" + body;
}

Result<Journal> decode_journal(std::string_view bytes) {
  if (bytes.size() > journal_bytes_max) return spoilt("it has more than 64 KiB");
  if (!bytes.starts_with(magic_any_version)) return spoilt("it does not begin with '" + std::string(magic_any_version) + "'");
  if (!bytes.starts_with(magic)) return fail(Errc::unsupported, "its version is not 1, which this program knows");
  const std::size_t head = magic.size() + checksum_digits + 1;
  if (bytes.size() < head || bytes[head - 1] != '\n') return spoilt("its first line is cut off");
  const std::string_view body = bytes.substr(head);
  if (bytes.substr(magic.size(), checksum_digits) != checksum_of(body)) return spoilt("its checksum is not that of its content");
  const auto json = parse_object(body, "it");
  if (!json) return spoilt(json.error().context);
  auto journal = read(Fields(*json, ""));
  if (!journal) return spoilt(journal.error().context);
  return journal;
}

}  // namespace conclave::locksmith
