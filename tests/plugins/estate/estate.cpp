#include "tests/plugins/estate/estate.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "plugins/common/time.hpp"

namespace perennial::tests {
namespace {

namespace common = plugins::common;
using sdk::LookupKind;
using sdk::OutcomeKind;
using sdk::view;

constexpr int attempts_max = 40;

std::string sandbox_program() {
  if (const char* given = std::getenv("PERENNIAL_SANDBOX")) return given;
  const char* build = std::getenv("PERENNIAL_BUILD_DIR");
  return std::string(build == nullptr ? "build/release" : build) + "/bin/perennial-sandbox";
}

pid_t launch(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments)
    pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const pid_t process = fork();
  if (process == 0) {
    execv(pointers[0], pointers.data());
    _exit(127);
  }
  return process;
}

// What a runtime waits before it asks again. The estate itself needs this time: an effect whose
// answer was lost becomes visible within the settling time of the manifest.
void wait_ms(std::int64_t ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

}  // namespace

Sandbox::Sandbox(const std::vector<std::string>& flags) {
  const std::string ports =
      (std::filesystem::temp_directory_path() / ("estate-" + std::to_string(getpid()) + ".json"))
          .string();
  std::filesystem::remove(ports);
  std::vector<std::string> arguments = {sandbox_program(), "--port", "0", "--ports-file", ports};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  process_ = launch(arguments);
  for (int round = 0; round < 500 && !std::filesystem::exists(ports); ++round) {
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) == process_) {
      process_ = 0;
      throw std::runtime_error("the sandbox ended at once: " + sandbox_program());
    }
    wait_ms(20);
  }
  urls_ = Json::parse(std::ifstream(ports));
  std::filesystem::remove(ports);
}

Sandbox::~Sandbox() {
  if (process_ <= 0) return;
  kill(process_, SIGTERM);
  int status = 0;
  waitpid(process_, &status, 0);
}

Json Sandbox::control(const std::string& method, const std::string& path, const Json& body) {
  common::HttpRequest request;
  request.method = method;
  request.url = url("control") + path;
  if (!body.is_null()) {
    request.headers.add("Content-Type", "application/json");
    request.body = body.dump();
  }
  const common::Exchange answer = transport_.send(request);
  if (!answer) throw std::runtime_error(path + ": " + answer.error().text);
  if (answer->status >= 300) throw std::runtime_error(path + ": " + answer->body);
  return answer->body.empty() ? Json() : Json::parse(answer->body);
}

Driver::Driver(const std::string& id, const Json& config,
               std::map<std::string, std::string> secrets, Json vars)
    : id_(id),
      plugin_(id, std::move(secrets)),
      maps_(id),
      manifest_(json_file("plugins/" + id + "/connector.json")),
      vars_(std::move(vars)) {
  if (plugin_.configure(config) != PERENNIAL_CALL_DONE) {
    throw std::runtime_error(id + ": " + plugin_.host().last_fault());
  }
  plugin_.start();
}

void Driver::attempt(const std::string& operation, const std::string& key, const Json& payload,
                     std::uint32_t number, Effect& effect, Settled& settled) {
  Deliveries deliveries;
  deliveries.add(key, payload, number);
  OperationRecorder recorder;
  const perennial_operation_call call = deliveries.call(
      operation, common::unix_ms(), manifest_["operations"][operation]["deadline_ms"]);
  const auto* table = plugin_.extension<perennial_operation>(PERENNIAL_OPERATION);
  const std::uint32_t result = table->execute(plugin_.instance(), &call, &recorder.reply());
  if (result != PERENNIAL_CALL_DONE) throw std::runtime_error(plugin_.host().last_fault());
  settled = recorder.at(0);
  ++effect.attempts;
  ++counts_[operation + " " + settled.code];
  if (settled.kind != OutcomeKind::unknown) return;

  const std::int64_t settle_ms = manifest_["operations"][operation]["idempotency"]["settle_ms"];
  const auto* lookup = plugin_.extension<perennial_lookup>(PERENNIAL_LOOKUP);
  wait_ms(settle_ms);
  for (int round = 0; round < attempts_max; ++round) {
    LookupRecorder answers;
    const perennial_operation_call again = deliveries.call(operation, common::unix_ms(), 15'000);
    lookup->lookup(plugin_.instance(), &again, &answers.reply());
    const Answered& answer = answers.at(0);
    ++effect.lookups;
    ++counts_["lookup " + operation + " " + std::to_string(static_cast<int>(answer.kind))];
    if (answer.kind == LookupKind::done) {
      settled.kind = OutcomeKind::done;
      settled.receipt = answer.receipt;
      settled.body = answer.body;
      return;
    }
    if (answer.kind == LookupKind::absent) {
      settled.kind = OutcomeKind::try_again;
      settled.after_ms = 0;
      return;
    }
    if (answer.kind == LookupKind::several) {
      settled.kind = OutcomeKind::rejected;
      settled.text = answer.text;
      return;
    }
    wait_ms(50);
  }
}

Driver::Effect Driver::perform(const std::string& operation, const Json& event,
                               const std::string& key) {
  Effect effect;
  const Json& declared = manifest_["operations"][operation];
  const Json payload = maps_.one(declared["map"], event, vars_);
  Settled settled{};
  for (std::uint32_t number = 1; number <= attempts_max; ++number) {
    attempt(operation, key, payload, number, effect, settled);
    const bool is_over = settled.kind == OutcomeKind::done ||
                         settled.kind == OutcomeKind::already_done ||
                         settled.kind == OutcomeKind::rejected;
    if (is_over) break;
    wait_ms(std::min<std::int64_t>(std::max<std::int64_t>(settled.after_ms, 20), 1000));
  }
  effect.kind = settled.kind;
  effect.why = settled.code + ": " + settled.text;
  const bool is_applied =
      settled.kind == OutcomeKind::done || settled.kind == OutcomeKind::already_done;
  if (is_applied && declared.contains("result_map")) {
    effect.events = maps_.run(declared["result_map"],
                              {{"event", event},
                               {"payload", payload},
                               {"receipt", settled.receipt},
                               {"body", settled.body}},
                              vars_);
  }
  return effect;
}

std::vector<Json> Driver::poll(const std::string& source) {
  const auto* table = plugin_.extension<perennial_source>(PERENNIAL_SOURCE);
  std::vector<Json> events;
  for (;;) {
    perennial_source_call call{};
    call.source = view(std::string_view(source));
    std::string& cursor = cursors_[source];
    call.cursor = view(std::string_view(cursor));
    call.start = view(std::string_view("all"));
    call.now_ms = common::unix_ms();
    call.deadline_ms = 30'000;
    call.records_max = 50;
    call.bytes_max = 10'000'000;
    SourceRecorder recorder;
    const std::uint32_t result = table->poll(plugin_.instance(), &call, &recorder.reply());
    if (!recorder.cursor().empty()) cursor = recorder.cursor();
    ++counts_["poll " + source + " " + std::to_string(result) + " " + recorder.explained().code];
    for (const Emitted& record : recorder.records()) {
      for (const Json& event : maps_.run(manifest_["sources"][source]["map"], record.body, vars_)) {
        events.push_back(event);
      }
    }
    if (result == PERENNIAL_SOURCE_REJECTED || result == PERENNIAL_SOURCE_FAULT ||
        result == PERENNIAL_SOURCE_CURSOR_INVALID) {
      throw std::runtime_error(source + ": " + recorder.explained().text +
                               plugin_.host().last_fault());
    }
    if (result != PERENNIAL_SOURCE_MORE) return events;
  }
}

}  // namespace perennial::tests
