#include "run_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace conclave::scheduler {
namespace {

template <class T>
std::optional<T> number_in(const std::string& text) {
  T number{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<ProcessMark> mark_of(pid_t pid) {
  const auto stat = read_whole("/proc/" + std::to_string(pid) + "/stat");
  // The second field is the name in parentheses, and may have anything in it: what counts comes after the last one.
  const auto name_end = stat ? stat->rfind(')') : std::string::npos;
  if (!stat || name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(stat->substr(name_end + 1));
  std::string field;
  for (int number = 3; number <= 22 && rest >> field; ++number)
    if (number == 3 && (field == "Z" || field == "X")) return std::nullopt;
  const auto started = number_in<std::uint64_t>(field);
  if (!rest || !started) return std::nullopt;
  return ProcessMark{pid, *started};
}

std::string directory_name(const RunId& run) { return run.job + "@" + std::to_string(run.epoch); }

std::optional<RunId> run_of(const std::string& directory_name) {
  const auto at = directory_name.rfind('@');
  if (at == std::string::npos || at == 0) return std::nullopt;
  const auto epoch = number_in<std::uint64_t>(directory_name.substr(at + 1));
  if (!epoch) return std::nullopt;
  return RunId{directory_name.substr(0, at), *epoch};
}

Result<void> write_whole(const std::filesystem::path& path, const std::string& text) {
  const std::string fresh = path.string() + ".new";
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return fail(Errc::io_error, fresh + ": " + std::strerror(errno));
  const ssize_t written = write(file, text.data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size());
  close(file);
  if (!whole || std::rename(fresh.c_str(), path.c_str()) != 0)
    return fail(Errc::io_error, path.string() + ": " + std::strerror(errno));
  return {};
}

std::optional<std::string> read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string to_text(const ProcessMark& mark) { return std::to_string(mark.pid) + " " + std::to_string(mark.started) + "\n"; }

std::optional<ProcessMark> read_mark(const std::filesystem::path& path) {
  const auto text = read_whole(path);
  if (!text) return std::nullopt;
  std::istringstream words(*text);
  ProcessMark mark;
  if (!(words >> mark.pid >> mark.started) || mark.pid <= 0) return std::nullopt;
  return mark;
}

std::string to_json(const RunOrder& order) {
  const nlohmann::json json{{"job", order.id.job}, {"epoch", order.id.epoch}, {"spec", to_json(order.spec)}, {"env", order.env}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<RunOrder> order_from_json(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("job") || !json["job"].is_string() || !json.contains("epoch") ||
      !json["epoch"].is_number_unsigned() || !json.contains("spec") || !json["spec"].is_string() || !json.contains("env") ||
      !json["env"].is_object())
    return std::nullopt;
  auto spec = spec_from_json(json["spec"].get<std::string>());
  if (!spec) return std::nullopt;
  RunOrder order{{json["job"].get<std::string>(), json["epoch"].get<std::uint64_t>()}, std::move(*spec), {}};
  for (const auto& [name, value] : json["env"].items())
    if (value.is_string()) order.env[name] = value.get<std::string>();
  return order;
}

}  // namespace conclave::scheduler
