#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "conclave/http/metrics.hpp"

namespace conclave::http {
namespace {

double in_seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; }

/// Field `number`, from 1, of /proc/self/stat, which has a name in parentheses as its second.
double stat_field(int number) {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  const auto end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos) return 0;
  std::istringstream rest(text.substr(end_of_name + 1));
  std::string field;
  for (int at = 3; at <= number; ++at) rest >> field;
  return field.empty() ? 0 : std::stod(field);
}

double boot_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double value = 0;
    if (word == "btime" && file >> value) return value;
  }
  return 0;
}

double open_descriptors() {
  std::error_code failed;
  double count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", failed), end; !failed && at != end; at.increment(failed)) ++count;
  return count;
}

}  // namespace

void MetricsPage::process() {
  rusage usage{};
  rlimit descriptors{};
  ::getrusage(RUSAGE_SELF, &usage);
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  const auto tick = static_cast<double>(::sysconf(_SC_CLK_TCK));
  counter("process_cpu_seconds_total", "Processor time", in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime));
  gauge("process_resident_memory_bytes", "Memory in use", stat_field(24) * page);
  gauge("process_virtual_memory_bytes", "Address space in use", stat_field(23));
  gauge("process_open_fds", "Open file descriptors", open_descriptors());
  gauge("process_max_fds", "Allowed file descriptors", static_cast<double>(descriptors.rlim_cur));
  gauge("process_threads", "Threads", stat_field(20));
  gauge("process_start_time_seconds", "Start, in seconds since 1970", boot_seconds() + stat_field(22) / tick);
}

}  // namespace conclave::http
