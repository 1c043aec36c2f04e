#include "identity.hpp"

#include <charconv>
#include <optional>
#include <random>
#include <system_error>

#include "conclave/base/crc32c.hpp"

namespace conclave::storage {
namespace {

constexpr std::string_view title = "conclave data directory\n";

void line(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(" ").append(value).append("\n");
}

std::optional<std::uint64_t> number(ByteView text) {
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Takes lines "name value" off a text, in the order they were written.
class Lines {
 public:
  explicit Lines(ByteView text) : rest_(text) {}
  std::optional<ByteView> value(std::string_view name) {
    const auto end = rest_.find('\n');
    if (end == ByteView::npos) return std::nullopt;
    const ByteView whole = rest_.substr(0, end);
    if (whole.size() <= name.size() || whole.substr(0, name.size()) != name || whole[name.size()] != ' ') return std::nullopt;
    rest_.remove_prefix(end + 1);
    return whole.substr(name.size() + 1);
  }
  std::optional<std::uint64_t> count(std::string_view name) {
    const auto text = value(name);
    return text ? number(*text) : std::nullopt;
  }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  ByteView rest_;
};

/// Names and tokens come from flags: whatever they hold, a line stays a line.
std::string escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::optional<std::string> unescaped(ByteView text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, code] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (code != std::errc() || end != text.data() + i + 2) return std::nullopt;
    out += static_cast<char>(byte);
  }
  return out;
}

Incarnation draw_incarnation() {
  std::random_device device;
  std::uint64_t value = 0;
  while (value == 0) value = (static_cast<std::uint64_t>(device()) << 32) | device();
  return Incarnation(value);
}

std::string text_of(const Owner& owner) { return "member " + to_string(owner.member) + " (" + owner.name + ")"; }

std::string cluster_of(const Owner& owner) {
  return "cluster " + to_string(owner.cluster) + " (token \"" + owner.cluster_token + "\")";
}

Result<void> check_owner(const std::filesystem::path& root, const Owner& has, const Owner& wants) {
  // The cluster first: member numbers of another cluster mean nothing here.
  if (has.cluster != wants.cluster || has.cluster_token != wants.cluster_token) {
    return fail(Errc::wrong_cluster, "the data directory " + root.string() + " belongs to another cluster: it is of " +
                                         cluster_of(has) + ", this is " + cluster_of(wants));
  }
  if (has.member != wants.member || has.name != wants.name) {
    return fail(Errc::wrong_member, "the data directory " + root.string() + " belongs to another member: it is of " + text_of(has) +
                                        ", this is " + text_of(wants));
  }
  return {};
}

/// True if nothing but what an interrupted creation leaves is in it.
Result<bool> counts_as_empty(const std::filesystem::path& root) {
  std::error_code code;
  for (std::filesystem::directory_iterator it(root, code), end; !code && it != end; it.increment(code)) {
    const auto name = it->path().filename();
    if (name != "LOCK" && name != "IDENTITY.new" && name != "lost+found") return false;
  }
  if (code) return fail(Errc::io_error, "listing " + root.string() + ": " + code.message());
  return true;
}

/// Crash argument: IDENTITY appears by an atomic rename and before anything else is written, so a directory has nothing of ours or
/// has an identity that verifies. A crash before the rename leaves a directory that still counts as empty.
Result<Identity> create_identity(const std::filesystem::path& root, const Owner& owner) {
  const auto empty = counts_as_empty(root);
  if (!empty.has_value()) return fail(empty.error());
  if (!*empty) return fail(Errc::corruption, root.string() + " is not empty and has no file IDENTITY: it is not a data directory");
  const Identity identity{directory_format, owner, draw_incarnation()};
  if (auto done = write_file_atomically(root / "IDENTITY", encode(identity)); !done.has_value()) return fail(done.error());
  return identity;
}

}  // namespace

std::string encode(const Identity& identity) {
  std::string text(title);
  line(text, "format", std::to_string(identity.format));
  line(text, "cluster", to_string(identity.owner.cluster));
  line(text, "member", to_string(identity.owner.member));
  line(text, "incarnation", to_string(identity.incarnation));
  line(text, "name", escaped(identity.owner.name));
  line(text, "token", escaped(identity.owner.cluster_token));
  line(text, "crc32c", std::to_string(crc32c(text)));
  return text;
}

Result<Identity> decode_identity(ByteView text, const std::filesystem::path& path) {
  const auto bad = [&] { return fail(Errc::corruption, path.string() + " does not verify"); };
  if (!text.starts_with(title)) return bad();
  Lines lines(text.substr(title.size()));
  const auto format = lines.count("format");
  if (!format) return bad();
  // The format decides first: what follows may look different in a newer one.
  if (*format > directory_format) {
    return fail(Errc::version_mismatch, path.string() + " is of a newer format: it is of format " + std::to_string(*format) +
                                            ", this program reads up to " + std::to_string(directory_format));
  }
  const auto cluster = lines.count("cluster");
  const auto member = lines.count("member");
  const auto incarnation = lines.count("incarnation");
  const auto name = lines.value("name");
  const auto token = lines.value("token");
  const auto sum = lines.count("crc32c");
  if (!cluster || !member || !incarnation || *incarnation == 0 || !name || !token || !sum || !lines.empty()) return bad();
  if (*sum != crc32c(text.substr(0, text.rfind("crc32c ")))) return bad();
  const auto plain_name = unescaped(*name);
  const auto plain_token = unescaped(*token);
  if (!plain_name || !plain_token) return bad();
  return Identity{static_cast<std::uint32_t>(*format), Owner{MemberId(*member), *plain_name, ClusterId(*cluster), *plain_token},
                  Incarnation(*incarnation)};
}

Result<DataDirectory> open_directory(const std::filesystem::path& root, const Owner& owner) {
  if (auto done = make_directory(root); !done.has_value()) return fail(done.error());
  auto lock = File::open(root / "LOCK", File::Mode::write);
  if (!lock.has_value()) return fail(lock.error());
  const auto locked = lock->try_lock();
  if (!locked.has_value()) return fail(locked.error());
  if (!*locked) return fail(Errc::already_exists, "another process has the data directory " + root.string() + " open");

  const auto path = root / "IDENTITY";
  std::error_code code;
  const bool exists = std::filesystem::exists(path, code);
  if (code) return fail(Errc::io_error, "looking for " + path.string() + ": " + code.message());
  auto identity = exists ? read_file(path).and_then([&](const std::string& text) { return decode_identity(text, path); })
                         : create_identity(root, owner);
  if (!identity.has_value()) return fail(identity.error());
  if (auto done = check_owner(root, identity->owner, owner); !done.has_value()) return fail(done.error());
  return DataDirectory{root, std::move(*identity), std::move(*lock)};
}

}  // namespace conclave::storage
