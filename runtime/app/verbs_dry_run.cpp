// The verb that touches the network and changes nothing: connect, check permissions, read a little,
// map it, judge it.
#include <iostream>
#include <nlohmann/json.hpp>

#include "runtime/app/cli.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/event/event.hpp"
#include "runtime/host/connector.hpp"
#include "runtime/host/event_maker.hpp"
#include "runtime/host/jq_engine.hpp"

namespace perennial::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t health_deadline_ms = 30'000;
constexpr std::uint32_t records_max = 5;
constexpr std::uint32_t error_level = 4;      // perennial_level
constexpr std::uint32_t well_result_max = 3;  // perennial_source_result: records, more, nothing

// What one connector was found to be; `is_well` is false when it could not work as configured.
struct Report {
  Json findings = Json::array();
  bool is_well = true;

  void add(const std::string& level, const std::string& name, const std::string& text) {
    findings.push_back({{"level", level}, {"name", name}, {"text", text}});
    is_well = is_well && level != "error";
  }
};

std::string level_name(std::uint32_t level) {
  if (level >= error_level) return "error";
  return level == error_level - 1 ? "warning" : "ok";
}

// The events that the connector's map makes of one record, judged as intake would.
void judge_record(const Config& config, const ConnectorConfig& connector,
                  const host::SourceManifest& source, host::JqEngine& engine,
                  const host::Record& record, Report& report, std::size_t& events) {
  const std::string place = "source " + source.name + ", record " + std::string(record.id);
  auto outputs = engine.run(source.map, record.body, host::RunBounds{});
  if (!outputs) return report.add("error", place, outputs.error().reason);
  const std::string event_source = "perennial://" + connector.name + "/" + source.name;
  for (const Bytes& output : *outputs) {
    host::EventDefaults defaults;
    defaults.source = event_source;
    defaults.id = record.id;
    auto bytes = host::complete_event(output, defaults);
    if (!bytes) {
      report.add("error", place, bytes.error().reason);
      continue;
    }
    const event::EventView event = event::trusted_event(*bytes);
    const policy::Schema* schema = config.graph->registry->find(event.type);
    const auto judged =
        schema == nullptr ? tl::expected<void, policy::Violation>{} : schema->check(event.data);
    if (!judged) {
      report.add("error", place,
                 std::string(event.type) + ": " + judged.error().reason + " at /data" +
                     judged.error().pointer);
    } else {
      ++events;
    }
  }
}

void try_source(const Config& config, const ConnectorConfig& connector,
                const SourceConfig& configured, host::Connector& instance, host::JqEngine& engine,
                Report& report) {
  const host::SourceManifest& source = *connector.manifest->find_source(configured.name);
  SystemClock clock;
  host::SourceCall call;
  call.source = source.name;
  call.start = configured.start;
  call.now_ms = clock.now_ms();
  call.deadline_ms = source.deadline_ms;
  call.records_max = records_max;
  call.bytes_max = 1024 * 1024;
  const host::PollResult polled = instance.poll_source(call);
  if (polled.result > well_result_max) {
    return report.add("error", "source " + source.name,
                      polled.explanation.code + ": " + polled.explanation.text);
  }
  std::size_t events = 0;
  for (std::size_t index = 0; index < polled.records.size(); ++index) {
    judge_record(config, connector, source, engine, polled.records.at(index), report, events);
  }
  report.add("ok", "source " + source.name,
             std::to_string(polled.records.size()) + " records read, " + std::to_string(events) +
                 " events made, none kept");
}

Report try_connector(const Config& config, const ConnectorConfig& connector) {
  Report report;
  host::Secrets secrets;
  for (const auto& [field, value] : connector.secrets) secrets[field] = value;
  auto instance = host::Connector::create(*connector.manifest, connector.name, std::move(secrets),
                                          [](std::uint32_t, std::string_view) {});
  if (!instance) {
    report.add("error", "load", instance.error().reason);
    return report;
  }
  auto status = (*instance)->configure(connector.config);
  if (status) status = (*instance)->start();
  if (!status) {
    report.add("error", "start", status.error().reason);
    return report;
  }
  bool can_read = true;
  for (const host::HealthFinding& finding : (*instance)->check_health(health_deadline_ms)) {
    report.add(level_name(finding.level), finding.name, finding.text);
    can_read = can_read && finding.level < error_level;
  }
  auto program =
      host::JqProgram::assemble(connector.manifest->mappings, connector.mapping_directory,
                                connector.vars, connector.currency_profiles);
  auto engine = program ? host::JqEngine::compile(*program) : tl::unexpected(program.error());
  for (const SourceConfig& source : connector.sources) {
    if (can_read && engine) try_source(config, connector, source, **instance, **engine, report);
  }
  (*instance)->stop();
  return report;
}

int dry_run(const Invocation& invocation) {
  const auto config = load_or_explain(invocation);
  if (!config) return exit_findings;
  bool is_well = true;
  Json all = Json::array();
  for (const ConnectorConfig& connector : config->connectors) {
    const Report report = try_connector(*config, connector);
    is_well = is_well && report.is_well;
    all.push_back(
        {{"connector", connector.name}, {"ok", report.is_well}, {"findings", report.findings}});
    if (invocation.is_json) continue;
    std::cout << connector.name << ": " << (report.is_well ? "ok" : "cannot work") << "\n";
    for (const Json& finding : report.findings) {
      std::cout << "  " << finding["level"].get<std::string>() << "  "
                << finding["name"].get<std::string>() << ": " << finding["text"].get<std::string>()
                << "\n";
    }
  }
  if (invocation.is_json)
    std::cout << Json{{"schema_version", 1}, {"connectors", all}}.dump() << "\n";
  return is_well ? exit_ok : exit_findings;
}

}  // namespace

std::vector<Verb> dry_run_verbs() {
  return {{"dry-run",
           "dry-run",
           "connects every connector, checks permissions, reads a little and keeps nothing",
           {},
           {},
           dry_run}};
}

}  // namespace perennial::app
