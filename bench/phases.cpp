#include "bench/phases.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

#include "bench/ceiling.hpp"
#include "bench/jq_rate.hpp"
#include "bench/pipeline_run.hpp"
#include "runtime/host/jq_engine.hpp"

namespace perennial::bench {
namespace {

std::string read_all(int fd) {
  std::string text;
  char block[4096];
  for (ssize_t count = ::read(fd, block, sizeof block); count > 0;
       count = ::read(fd, block, sizeof block)) {
    text.append(block, static_cast<std::size_t>(count));
  }
  return text;
}

Result<Json> ceiling(const Json& plan) {
  CeilingPlan asked;
  asked.directory = plan.at("directory");
  asked.seconds = plan.at("seconds");
  asked.rate = plan.at("rate");
  asked.event_bytes = plan.at("size");
  asked.durability =
      plan.at("durability") == "fsync" ? store::Durability::fsync : store::Durability::os;
  // With a rate nothing holds it back.
  if (asked.rate > 0) asked.in_flight_max = UINT64_MAX;
  const auto figures = run_ceiling(asked);
  if (!figures) return tl::unexpected(figures.error());
  return Json{{"events_per_s", figures->events_per_s},
              {"p50_us", figures->p50_us},
              {"p99_us", figures->p99_us},
              {"cpu_s_per_million", figures->cpu_s_per_million}};
}

Result<Json> pipeline_phase(const Json& plan) {
  host::hide_home_from_jq();
  RunPlan asked;
  asked.directory = plan.at("directory");
  asked.is_in_process = plan.at("hosting") == "in_process";
  asked.is_synced = plan.at("durability") == "fsync";
  asked.events = plan.at("events");
  asked.rate = plan.at("rate");
  asked.event_bytes = plan.at("size");
  asked.is_mapped = plan.at("mapped");
  const auto figures = run_pipeline(asked);
  if (!figures) return tl::unexpected(figures.error());
  return Json{{"events_per_s", figures->events_per_s},
              {"p50_us", figures->p50_us},
              {"p99_us", figures->p99_us},
              {"cpu_s_per_million", figures->cpu_s_per_million},
              {"peak_rss_mib", figures->peak_rss_mib}};
}

Result<Json> value(const Result<double>& number) {
  if (!number) return tl::unexpected(number.error());
  return Json{{"value", *number}};
}

Result<Json> run(const std::string& name, const Json& plan) {
  if (name == "ceiling") return ceiling(plan);
  if (name == "pipeline") return pipeline_phase(plan);
  if (name == "disk") return value(fdatasync_p50_us(plan.at("directory")));
  if (name == "jq") return value(jq_events_per_s(plan.at("seconds")));
  return fail(Code::not_found, "expected a phase, but '" + name + "' is none");
}

}  // namespace

Result<Json> run_phase(const std::string& name, const Json& plan) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(Code::io, "expected a pipe, but there is none");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::string text = plan.dump();
  std::string phase = name;
  char program[] = "perennial-bench";
  char verb[] = "phase";
  char* arguments[] = {program, verb, phase.data(), text.data(), nullptr};
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  const std::string output = failed == 0 ? read_all(ends[0]) : std::string();
  ::close(ends[0]);
  int how = 0;
  if (failed == 0) ::waitpid(pid, &how, 0);
  Json answer = Json::parse(output, nullptr, false);
  if (answer.is_object() && !answer.contains("error")) return answer;
  return fail(Code::defect,
              "phase " + name + ": " +
                  (answer.is_object()
                       ? answer["error"].get<std::string>()
                       : "expected figures, but it ended with status " + std::to_string(how)));
}

int serve_phase(const std::string& name, const std::string& plan) {
  const Json read = Json::parse(plan, nullptr, false);
  Result<Json> answer = fail(Code::invalid, "expected the plan of a phase as JSON");
  try {
    if (read.is_object()) answer = run(name, read);
  } catch (const Json::exception& error) {
    answer =
        fail(Code::invalid, std::string("the plan of a phase lacks something: ") + error.what());
  }
  std::cout << (answer ? *answer : Json{{"error", answer.error().reason}}).dump() << "\n";
  return answer ? 0 : 1;
}

}  // namespace perennial::bench
