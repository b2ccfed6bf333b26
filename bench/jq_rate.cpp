#include "bench/jq_rate.hpp"

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "bench/measure.hpp"
#include "bench/workspace.hpp"
#include "runtime/host/jq_engine.hpp"
#include "runtime/host/jq_native.hpp"

// jv.h and jq.h are C headers without guards for C++.
extern "C" {
#include <jq.h>
#include <jv.h>
}

namespace perennial::bench {
namespace {

// The program of one plugin, as a host compiles it, and one of its maps.
class Filter {
 public:
  Filter(const std::string& plugin, std::string map) : map_(std::move(map)) {
    auto program =
        host::JqProgram::assemble(plugin_directory() / plugin / "mappings", {}, ByteView{});
    state_ = jq_init();
    is_good_ = program && state_ != nullptr && jq_compile(state_, program->text().c_str()) != 0;
    if (is_good_) native_ = std::make_unique<host::NativeFunctions>(state_);
  }
  ~Filter() { jq_teardown(&state_); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  [[nodiscard]] bool is_good() const { return is_good_; }

  // The first output; takes the reference to `input`.
  jv run(jv input) {
    jv call = jv_object();
    call = jv_object_set(call, jv_string("map"), jv_string(map_.c_str()));
    call = jv_object_set(call, jv_string("input"), input);
    jq_start(state_, call, 0);
    jv output = jq_next(state_);
    for (jv more = jq_next(state_);; more = jq_next(state_)) {
      const bool is_more = jv_is_valid(more) != 0;
      jv_free(more);
      if (!is_more) return output;
    }
  }

 private:
  std::string map_;
  jq_state* state_ = nullptr;
  std::unique_ptr<host::NativeFunctions> native_;
  bool is_good_ = false;
};

// What the runtime makes of the first version of a record that is won; takes the reference.
jv accepted(jv observed) {
  jv data =
      jv_object_get(jv_object_get(jv_copy(observed), jv_string("data")), jv_string("renewal"));
  jv event = jv_object_set(observed, jv_string("type"), jv_string("renewal.accepted.v1"));
  return jv_object_set(event, jv_string("data"), data);
}

std::uint64_t map_between(const jv& record, std::int64_t begin_us, std::int64_t end_us,
                          std::atomic<bool>& is_broken) {
  Filter source("salesforce", "source_opportunities");
  Filter operation("erp", "create_order");
  if (!source.is_good() || !operation.is_good()) is_broken = true;
  // Compiling takes a while, and is not what is measured.
  const std::int64_t early_us = begin_us - monotonic_us();
  if (early_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(early_us));
  std::uint64_t events = 0;
  while (!is_broken && monotonic_us() < end_us) {
    jv payload = operation.run(accepted(source.run(jv_copy(record))));
    if (!jv_is_valid(payload)) is_broken = true;
    jv_free(payload);
    ++events;
  }
  return events;
}

}  // namespace

Result<double> jq_events_per_s(double seconds) {
  const auto text = read_file(share_directory() / "records/opportunity.json");
  if (!text) return tl::unexpected(text.error());
  host::hide_home_from_jq();
  // Initialises what libjq itself would initialise in several threads at once.
  if (host::MapCheck::check(".")) return fail(Code::defect, "expected libjq to work");
  std::atomic<std::uint64_t> events{0};
  std::atomic<bool> is_broken{false};
  std::vector<std::thread> threads;
  const std::int64_t begin_us = monotonic_us() + 500'000;
  const std::int64_t end_us = begin_us + static_cast<std::int64_t>(seconds * 1e6);
  for (unsigned index = 0; index < std::max(1U, std::thread::hardware_concurrency()); ++index) {
    threads.emplace_back([&] {
      const jv record = jv_parse(text->c_str());
      events += map_between(record, begin_us, end_us, is_broken);
      jv_free(record);
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (is_broken)
    return fail(Code::defect, "expected the maps to compile and run, but they did not");
  return static_cast<double>(events) / seconds;
}

}  // namespace perennial::bench
