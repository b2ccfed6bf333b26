// What a process used: time, processor, memory, of itself and of its child hosts.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace perennial::bench {

[[nodiscard]] std::int64_t monotonic_us();
// User and system time of this process and of `children`, in seconds.
[[nodiscard]] double cpu_seconds(const std::vector<pid_t>& children);
// High-water mark of the resident set of this process and of `children`, in MiB.
[[nodiscard]] double peak_rss_mib(const std::vector<pid_t>& children);
[[nodiscard]] double median(std::vector<double> values);
// Of unsorted values; 0 when there are none.
[[nodiscard]] double quantile(std::vector<double>& values, double part);

}  // namespace perennial::bench
