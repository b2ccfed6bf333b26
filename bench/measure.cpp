#include "bench/measure.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

namespace perennial::bench {
namespace {

std::string text_of(pid_t pid, const char* name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Fields 14 and 15 of proc(5), "/proc/pid/stat"; counted from behind the name, which may hold
// anything.
double cpu_of(pid_t pid) {
  const std::string stat = text_of(pid, "stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double peak_of(pid_t pid) {
  const std::string status = text_of(pid, "status");
  const std::size_t at = status.find("VmHWM:");
  if (at == std::string::npos) return 0;
  return std::strtod(status.c_str() + at + 6, nullptr) / 1024;
}

}  // namespace

std::int64_t monotonic_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double cpu_seconds(const std::vector<pid_t>& children) {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  double all = seconds(used.ru_utime) + seconds(used.ru_stime);
  for (const pid_t child : children) all += cpu_of(child);
  return all;
}

double peak_rss_mib(const std::vector<pid_t>& children) {
  double all = peak_of(::getpid());
  for (const pid_t child : children) all += peak_of(child);
  return all;
}

double median(std::vector<double> values) {
  return quantile(values, 0.5);
}

double quantile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(part * static_cast<double>(values.size()));
  return values[std::min(rank, values.size() - 1)];
}

}  // namespace perennial::bench
