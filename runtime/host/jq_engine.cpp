#include "runtime/host/jq_engine.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "runtime/host/jq_native.hpp"
#include "runtime/host/jq_prelude.hpp"
#include "runtime/host/jq_value.hpp"

namespace perennial::host {
namespace {

// What jq says of a program: "jq: error: <reason> at <place>, line <n>:\n<the line>".
struct CompileError {
  std::size_t line = 0;
  std::string reason;
  std::string source_line;
};

CompileError parse_compile_error(std::string text) {
  CompileError error;
  if (text.rfind("jq: error: ", 0) == 0) text.erase(0, 11);
  constexpr std::string_view noise = " (Unix shell quoting issues?)";
  if (const auto at = text.find(noise); at != std::string::npos) text.erase(at, noise.size());
  const auto place = text.find(" at <");
  const auto line = text.find(", line ", place == std::string::npos ? 0 : place);
  if (place != std::string::npos && line != std::string::npos) {
    error.line = std::strtoul(text.c_str() + line + 7, nullptr, 10);
    if (const auto end = text.find('\n', line); end != std::string::npos) {
      error.source_line = text.substr(end + 1);
    }
    text.erase(place);
  }
  error.reason = std::move(text);
  return error;
}

// jq names no column; the name that it did not find has one.
std::size_t column_of(const CompileError& error) {
  const auto end = error.reason.find_first_of("/ ");
  if (error.reason.find(" is not defined") == std::string::npos) return 0;
  const auto at = error.source_line.find(error.reason.substr(0, end));
  return at == std::string::npos ? 0 : at + 1;
}

void collect_error(void* context, jv text) {
  auto& errors = *static_cast<std::vector<CompileError>*>(context);
  errors.push_back(parse_compile_error(to_shown(text)));
}

Status check_home() {
  const char* home = std::getenv("HOME");
  std::error_code error;
  if (home == nullptr || !std::filesystem::exists(std::filesystem::path(home) / ".jq", error)) {
    return {};
  }
  return fail(Code::refused,
              "expected mappings to depend on their own files alone, but libjq would "
              "read " +
                  std::string(home) + "/.jq into them; start the process without HOME");
}

struct Teardown {
  void operator()(jq_state* state) const { ::jq_teardown(&state); }
};
using StateOwner = std::unique_ptr<jq_state, Teardown>;

// The first regular expression of a process initialises oniguruma, which does so without a lock:
// two threads at once corrupt its tables. One is run here before any map can be.
void initialize_regular_expressions() {
  static std::once_flag once;
  std::call_once(once, [] {
    const StateOwner state(::jq_init());
    if (!state || ::jq_compile(state.get(), "test(\"a\")") == 0) return;
    ::jq_start(state.get(), ::jv_string("a"), 0);
    ::jv_free(::jq_next(state.get()));
  });
}

Result<StateOwner> compile_text(const std::string& text, std::vector<CompileError>& errors) {
  if (auto status = check_home(); !status) return tl::unexpected(status.error());
  initialize_regular_expressions();
  StateOwner state(::jq_init());
  if (!state) return fail(Code::exhausted, "expected memory for jq, but there is none");
  ::jq_set_error_cb(state.get(), &collect_error, &errors);
  const bool is_compiled = ::jq_compile(state.get(), text.c_str()) != 0;
  ::jq_set_error_cb(state.get(), nullptr, nullptr);
  if (is_compiled) return state;
  return fail(Code::invalid,
              errors.empty() ? "expected a jq program, but jq refused it" : errors.front().reason);
}

JqValue text_value(std::string_view text) {
  return JqValue(jv_string_sized(text.data(), static_cast<int>(text.size())));
}

}  // namespace

void hide_home_from_jq() {
  ::unsetenv("HOME");
}

struct JqEngine::State {
  explicit State(StateOwner compiled) : jq(std::move(compiled)), native(jq.get()) {}

  StateOwner jq;
  NativeFunctions native;
  // Guards halting against the beginning and end of a run; never held while jq works.
  std::mutex mutex;
  bool is_running = false;
  bool is_halted = false;

  void begin(jv call);
  bool end();
  Result<std::vector<Bytes>> outputs(const RunBounds& bounds);
};

void JqEngine::State::begin(jv call) {
  const std::lock_guard lock(mutex);
  ::jq_start(jq.get(), call, 0);
  is_running = true;
  is_halted = false;
}

// True when the run was halted.
bool JqEngine::State::end() {
  const std::lock_guard lock(mutex);
  is_running = false;
  return is_halted;
}

Result<std::vector<Bytes>> JqEngine::State::outputs(const RunBounds& bounds) {
  std::vector<Bytes> all;
  std::size_t bytes = 0;
  while (true) {
    JqValue value(::jq_next(jq.get()));
    if (!value.is_valid()) {
      const JqValue reason(jv_invalid_get_msg(value.release()));
      if (jv_get_kind(reason.get()) == JV_KIND_NULL) return all;
      return fail(Code::invalid, to_shown(reason.copy()));
    }
    if (all.size() == bounds.outputs_max) {
      return fail(Code::exhausted, "expected at most " + std::to_string(bounds.outputs_max) +
                                       " outputs, but the map made more");
    }
    Bytes& out = all.emplace_back();
    if (auto status = from_jq(value.get(), out); !status) return tl::unexpected(status.error());
    bytes += out.size();
    if (bytes > bounds.bytes_max) {
      return fail(Code::exhausted, "expected at most " + std::to_string(bounds.bytes_max) +
                                       " bytes, but the map made more");
    }
  }
}

JqEngine::JqEngine(std::unique_ptr<State> state, std::string revision)
    : state_(std::move(state)), revision_(std::move(revision)) {}
JqEngine::~JqEngine() = default;

Result<std::unique_ptr<JqEngine>> JqEngine::compile(const JqProgram& program) {
  std::vector<CompileError> errors;
  auto jq = compile_text(program.text(), errors);
  if (!jq) {
    if (errors.empty() || errors.front().line == 0) return tl::unexpected(jq.error());
    const std::size_t column = column_of(errors.front());
    return fail(Code::invalid, program.place(errors.front().line) +
                                   (column == 0 ? "" : ":" + std::to_string(column)) +
                                   ": expected a jq filter, but jq says: " + errors.front().reason);
  }
  auto state = std::make_unique<State>(std::move(*jq));
  return std::unique_ptr<JqEngine>(new JqEngine(std::move(state), program.revision()));
}

Result<std::vector<Bytes>> JqEngine::run(std::string_view map, ByteView input,
                                         const RunBounds& bounds) {
  auto value = to_jq(input);
  if (!value) return tl::unexpected(value.error());
  jv call = jv_object();
  call = jv_object_set(call, jv_string("map"), text_value(map).release());
  call = jv_object_set(call, jv_string("input"), value->release());
  state_->begin(call);
  auto outputs = state_->outputs(bounds);
  if (state_->end()) {
    return fail(Code::exhausted, "expected the map to end within its time, but it was stopped");
  }
  return outputs;
}

void JqEngine::halt() {
  const std::lock_guard lock(state_->mutex);
  if (!state_->is_running || state_->is_halted) return;
  state_->is_halted = true;
  // jq 1.6 asks for this between any two steps (src/execute.c, jq_next), a plain flag that it reads
  // from memory each time.
  ::jq_halt(state_->jq.get(), jv_invalid(), jv_invalid());
}

std::optional<FilterError> MapCheck::check(std::string_view filter) {
  if (auto error = scan_filter(filter)) return error;
  const std::string head = jq_prelude({}) + "\n{} as $vars | (\n";
  std::size_t head_lines = 0;
  for (const char symbol : head) head_lines += symbol == '\n' ? 1 : 0;
  std::vector<CompileError> errors;
  const auto compiled = compile_text(head + std::string(filter) + "\n)", errors);
  if (compiled) return std::nullopt;
  if (errors.empty() || errors.front().line <= head_lines) {
    return FilterError{1, 0, compiled.error().reason};
  }
  const CompileError& first = errors.front();
  // jq tells an unfinished filter where it met the bracket behind it: one line too late.
  const auto lines = static_cast<std::size_t>(std::count(filter.begin(), filter.end(), '\n')) + 1;
  return FilterError{std::min(first.line - head_lines, lines), column_of(first),
                     "expected a jq filter, but jq says: " + first.reason};
}

}  // namespace perennial::host
