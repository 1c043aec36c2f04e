#include "conclave/scheduler_core/keys.hpp"

#include <algorithm>

namespace conclave::scheduler {
namespace {

constexpr std::size_t word_bytes_max = 64;

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool take(std::string_view& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

}  // namespace

Result<void> check_word(std::string_view what, std::string_view word) {
  const auto refuse = [&](const std::string& why) { return fail(Errc::invalid_argument, std::string(what) + ": " + why); };
  if (word.empty()) return refuse("it is empty");
  if (word.size() > word_bytes_max)
    return refuse("it has " + std::to_string(word.size()) + " bytes; the limit is " + std::to_string(word_bytes_max));
  if (word.front() == '.') return refuse("it begins with a dot");
  if (!std::all_of(word.begin(), word.end(), is_word_char))
    return refuse("it may have letters, digits, '_', '-' and '.' only, no slashes or blanks");
  return {};
}

Keys::Keys(std::string_view name)
    : directory_("/conclave/scheduler/" + std::string(name) + "//"), runs_("/conclave/scheduler-run/" + std::string(name) + "//") {}

AnyKey Keys::parse(std::string_view key) const {
  if (!take(key, directory_)) return OtherKey{};
  if (take(key, "spec/")) return SpecKey{std::string(key)};
  if (take(key, "job/")) return JobKey{std::string(key)};
  if (take(key, "agent/")) return AgentKey{std::string(key)};
  if (take(key, "drain/")) return DrainKey{std::string(key)};
  if (take(key, "gone/")) return GoneKey{std::string(key)};
  if (take(key, "refused/")) return RefusedKey{std::string(key)};
  if (key == "freeze") return FreezeKey{};
  if (!take(key, "assign/")) return OtherKey{};
  const auto slash = key.find('/');
  if (slash == std::string_view::npos) return OtherKey{};
  return AssignKey{std::string(key.substr(0, slash)), std::string(key.substr(slash + 1))};
}

std::string element_of(std::string_view spec, std::uint64_t index) { return std::string(spec) + "." + std::to_string(index); }

std::string_view spec_of(std::string_view job) { return job.substr(0, job.find('.')); }

}  // namespace conclave::scheduler
