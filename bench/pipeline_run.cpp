#include "bench/pipeline_run.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "bench/measure.hpp"
#include "bench/sample_event.hpp"
#include "bench/workspace.hpp"
#include "runtime/app/runtime.hpp"
#include "runtime/base/log.hpp"

namespace perennial::bench {
namespace {

// The hosts are up and connected by then.
constexpr std::int64_t begin_after_us = 1'500'000;
constexpr std::int64_t standstill_us_max = 30'000'000;
// Each thread compiles the maps at its first record; that is over by then.
constexpr double warm_part = 0.2;

// As in the example: every record is a new one, so each gives one event.
constexpr const char* transitions =
    "transitions:\n"
    "  renewal:\n"
    "    of: opportunity.observed.v1\n"
    "    when: .data.is_won\n"
    "    facts: [/data/renewal/term, /data/renewal/lines, /data/renewal/total_minor]\n"
    "    version: /data/version\n"
    "    emits: {entered: {type: renewal.accepted.v1, data: /data/renewal}}\n";

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump();
}

std::string config_text(const RunPlan& plan, const Workspace& folder, std::int64_t begin_us) {
  const std::string hosting = plan.is_in_process ? "in_process" : "process";
  const std::string form = plan.is_mapped ? "vendor" : "event";
  std::string text = "schema_version: 1\ndata_dir: " + quoted(folder.path("state")) +
                     "\nruntime: {durability: " + (plan.is_synced ? "fsync" : "os") +
                     ", log_level: error}\nplugins: {directories: [" +
                     quoted(plugin_directory().string()) + "]}\nschemas: {directories: [" +
                     quoted(folder.path("schemas")) + "]}\nconnectors:\n";
  const auto connector = [&](const std::string& name, const std::string& rest) {
    text += "  " + name + ":\n    plugin: testing\n    hosting: " + hosting + "\n" + rest;
    if (plan.is_mapped) text += "    mappings: " + quoted(folder.path("maps/" + name)) + "\n";
  };
  connector("load", "    sources: {load: {start: all}}\n    config: {events: " +
                        std::to_string(plan.events) + ", rate: " + std::to_string(plan.rate) +
                        ", begin_us: " + std::to_string(begin_us) + ", form: " + form +
                        ", template_file: " + quoted(folder.path("record.msgpack")) + "}\n");
  // At a rate, the first tenth meets cold caches and a first segment.
  const std::int64_t warm_us =
      plan.rate == 0 ? 0 : static_cast<std::int64_t>(plan.events * 100'000 / plan.rate);
  connector("target", "    config: {ages_from_us: " + std::to_string(begin_us + warm_us) + "}\n");
  if (plan.is_mapped) text += transitions;
  return text + "pipelines:\n  deliver: {from: " +
         (plan.is_mapped ? "renewal.accepted.v1, map: create_order" : std::string(sample_type)) +
         ", to: target.sink}\n";
}

Result<Bytes> record_of(const RunPlan& plan) {
  if (!plan.is_mapped) {
    auto sample = SampleEvent::of_size(plan.event_bytes);
    if (!sample) return tl::unexpected(sample.error());
    return sample->to_template();
  }
  auto text = read_file(share_directory() / "records/opportunity.json");
  if (!text) return text;
  Bytes record;
  nlohmann::json::to_msgpack(nlohmann::json::parse(*text), record);
  return record;
}

Status fill(const RunPlan& plan, const Workspace& folder, std::int64_t begin_us) {
  const auto record = record_of(plan);
  if (!record) return tl::unexpected(record.error());
  const auto plugins = plugin_directory();
  std::vector<std::pair<std::filesystem::path, std::string>> copies;
  const std::string schema =
      std::string(plan.is_mapped ? "renewal.accepted.v1" : sample_type) + ".json";
  copies.emplace_back(share_directory() / "schemas" / schema, "schemas/" + schema);
  if (plan.is_mapped) {
    const std::string observed = "opportunity.observed.v1.json";
    copies.emplace_back(share_directory() / "schemas" / observed, "schemas/" + observed);
  }
  if (plan.is_mapped) {
    const auto crm = plugins / "salesforce/mappings";
    const auto erp = plugins / "erp/mappings";
    copies.emplace_back(crm / "_parts.jq", "maps/load/_parts.jq");
    copies.emplace_back(crm / "source_opportunities.jq", "maps/load/source_load.jq");
    copies.emplace_back(erp / "_parts.jq", "maps/target/_parts.jq");
    copies.emplace_back(erp / "_sap.jq", "maps/target/_sap.jq");
    copies.emplace_back(erp / "create_order.jq", "maps/target/create_order.jq");
  }
  for (const auto& [from, name] : copies) {
    if (auto status = folder.copy(from, name); !status) return status;
  }
  if (auto status = folder.write("record.msgpack", *record); !status) return status;
  return folder.write("perennial.yaml", config_text(plan, folder, begin_us));
}

// What the partition's thread says, waited for from here.
template <typename Answer>
class Asked {
 public:
  void give(Answer answer) {
    {
      const std::lock_guard lock(mutex_);
      answer_ = std::move(answer);
    }
    given_.notify_one();
  }
  std::optional<Answer> wait() {
    std::unique_lock lock(mutex_);
    given_.wait_for(lock, std::chrono::seconds(30), [this] { return answer_.has_value(); });
    return answer_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<Answer> answer_;
};

struct Progress {
  pipeline::Counters counters;
  Position position = 0;
};

class Run {
 public:
  Run(const RunPlan& plan, app::Runtime& runtime) : plan_(plan), runtime_(runtime) {}

  Result<RunFigures> measure(std::int64_t begin_us) {
    await_begin(begin_us);
    double cpu = cpu_seconds(children());
    const auto warm = static_cast<std::uint64_t>(
        plan_.is_mapped ? warm_part * static_cast<double>(plan_.events) : 0);
    std::uint64_t counted = plan_.events;
    std::int64_t counted_from_us = 0;
    if (warm > 0) {
      counted_from_us = begin_us;
      const auto done = await_done(warm);
      if (!done) return tl::unexpected(done.error());
      // On a busy machine all may be done before the first look: then the warm part counts too.
      if (*done < plan_.events) {
        cpu = cpu_seconds(children());
        counted -= *done;
        counted_from_us = monotonic_us();
      }
    }
    if (auto done = await_done(plan_.events); !done) return tl::unexpected(done.error());
    const std::int64_t end_us = monotonic_us();
    RunFigures figures;
    figures.cpu_s_per_million =
        (cpu_seconds(children()) - cpu) / static_cast<double>(counted) * 1e6;
    figures.peak_rss_mib = peak_rss_mib(children());
    if (!plan_.is_mapped) {
      auto status = read_ages(figures, counted_from_us);
      if (!status) return tl::unexpected(status.error());
    }
    figures.events_per_s =
        static_cast<double>(counted) / static_cast<double>(end_us - counted_from_us) * 1e6;
    return figures;
  }

 private:
  [[nodiscard]] std::vector<pid_t> children() const {
    std::vector<pid_t> pids;
    for (const host::HostState& state : runtime_.host_states()) {
      const bool is_child = state.hosting == host::Hosting::process && state.pid != 0;
      if (is_child) pids.push_back(static_cast<pid_t>(state.pid));
    }
    return pids;
  }

  static void await_begin(std::int64_t begin_us) {
    const std::int64_t left_us = begin_us - monotonic_us();
    if (left_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(left_us));
  }

  Result<Progress> look() {
    const auto asked = std::make_shared<Asked<Progress>>();
    runtime_.partition(0).inspect([asked](const pipeline::Partition& partition) {
      asked->give({partition.counters(), partition.state().position()});
    });
    const auto progress = asked->wait();
    if (const auto failure = runtime_.failure()) return tl::unexpected(*failure);
    if (!progress) return fail(Code::unavailable, "expected the partition to answer within 30 s");
    return *progress;
  }

  // Waits until that many outcomes are durable; gives how many there are.
  Result<std::uint64_t> await_done(std::uint64_t events) {
    std::uint64_t before = 0;
    std::int64_t moved_us = monotonic_us();
    while (true) {
      const auto now = look();
      if (!now) return tl::unexpected(now.error());
      const pipeline::Counters& counters = now->counters;
      const std::uint64_t lost = counters.events_refused + counters.exceptions_opened;
      if (lost > 0 || counters.deliveries_done > counters.events_accepted) {
        return fail(Code::defect, "expected every event to be accepted and delivered once, but " +
                                      std::to_string(lost) + " were refused");
      }
      if (counters.deliveries_done >= events) return settle(*now);
      if (counters.deliveries_done != before) moved_us = monotonic_us();
      before = counters.deliveries_done;
      if (monotonic_us() - moved_us > standstill_us_max) {
        return fail(Code::unavailable, "expected progress within 30 s, but only " +
                                           std::to_string(before) + " of " +
                                           std::to_string(events) + " events were delivered");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(4));
    }
  }

  // The outcomes count when they are durable.
  Result<std::uint64_t> settle(const Progress& progress) {
    const std::int64_t begin_us = monotonic_us();
    while (runtime_.partition(0).durable() < progress.position) {
      if (const auto failure = runtime_.failure()) return tl::unexpected(*failure);
      if (monotonic_us() - begin_us > standstill_us_max) {
        return fail(Code::unavailable, "expected the journal to sync within 30 s");
      }
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return progress.counters.deliveries_done;
  }

  Status read_ages(RunFigures& figures, std::int64_t& first_born_us) {
    const auto asked = std::make_shared<Asked<std::string>>();
    runtime_.partition(0).check("target", [asked](bool, const auto& findings) {
      std::string ages;
      for (const pipeline::FindingReply& finding : findings) {
        if (finding.name == "ages") ages = finding.text;
      }
      asked->give(ages);
    });
    const std::string ages = asked->wait().value_or("");
    unsigned long long count = 0;
    long long born = 0;
    const int read =
        std::sscanf(ages.c_str(), "count=%llu p50_us=%lf p99_us=%lf first_born_us=%lld", &count,
                    &figures.p50_us, &figures.p99_us, &born);
    first_born_us = born;
    if (read == 4 && count >= plan_.events) return {};
    return fail(Code::defect, "expected the operation to have seen " +
                                  std::to_string(plan_.events) + " events, but it says '" + ages +
                                  "'");
  }

  const RunPlan& plan_;
  app::Runtime& runtime_;
};

}  // namespace

Result<RunFigures> run_pipeline(const RunPlan& plan) {
  auto folder = Workspace::make(plan.directory);
  if (!folder) return tl::unexpected(folder.error());
  const std::int64_t begin_us = monotonic_us() + begin_after_us;
  if (auto status = fill(plan, *folder, begin_us); !status) return tl::unexpected(status.error());
  app::Findings findings;
  auto config = app::load_config(folder->path("perennial.yaml"), findings);
  if (!config) return fail(Code::invalid, findings.to_text());
  log::set_level("error");
  auto runtime = app::Runtime::start(std::move(*config), app::RuntimeOptions{});
  if (!runtime) return tl::unexpected(runtime.error());
  if (auto status = (*runtime)->start_hosts(); !status) return tl::unexpected(status.error());
  return Run(plan, **runtime).measure(begin_us);
}

}  // namespace perennial::bench
