#include "plugins/testing/instance.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "plugins/testing/pack.hpp"

namespace testing_connector {
namespace {

perennial_view view_of(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view text_of(const perennial_view& view) {
  return view.data == nullptr ? std::string_view() : std::string_view(view.data, view.size);
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return 0;
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return number;
}

std::string keys_of(const perennial_operation_call& call) {
  std::string keys;
  for (std::uint32_t index = 0; index < call.count; ++index) {
    keys += ' ';
    keys += text_of(call.deliveries[index].key);
  }
  return keys;
}

// A canonical event: CloudEvents attributes and data.
std::string event_of(std::uint64_t number, std::string_view source, std::string_view subject,
                     std::string_view correlation, std::string_view filler) {
  const std::string id = std::to_string(number);
  const std::pair<std::string_view, std::string_view> attributes[] = {
      {"specversion", "1.0"},          {"id", id},           {"source", source},
      {"type", "testing.happened.v1"}, {"subject", subject}, {"correlationid", correlation}};
  std::string out;
  put_map(out, 7);
  for (const auto& [name, value] : attributes) {
    put_text(out, name);
    put_text(out, value);
  }
  put_text(out, "data");
  put_map(out, 2);
  put_text(out, "number");
  put_number(out, number);
  put_text(out, "filler");
  put_text(out, filler);
  return out;
}

// One msgpack map with an "id".
constexpr std::string_view plain_receipt(
    "\x81\xa2id\xa4"
    "done",
    9);

}  // namespace

Instance::Instance(const perennial_host* host) : host_(host), table_{} {}

void Instance::enter(const char* callback, std::string_view keys) {
  if (!config_.calls_file.empty()) {
    const std::string line = std::string(callback) + std::string(keys) + "\n";
    const int fd =
        ::open(config_.calls_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) {
      [[maybe_unused]] const auto written = ::write(fd, line.data(), line.size());
      ::close(fd);
    }
  }
  if (config_.crash_in == callback &&
      (config_.crash_file.empty() || ::unlink(config_.crash_file.c_str()) == 0)) {
    std::abort();
  }
  if (config_.block_in == callback) {
    std::this_thread::sleep_for(std::chrono::milliseconds(config_.block_ms));
  }
  if (config_.throw_in == callback) throw std::runtime_error("thrown on purpose");
}

std::uint32_t Instance::configure(perennial_view config) {
  Config read;
  if (!read_config(text_of(config), read)) {
    host_->fault(host_, view_of("expected the configuration as a flat msgpack map"));
    return PERENNIAL_CALL_FAULT;
  }
  config_ = read;
  enter("configure");
  if (!config_.template_file.empty() && !load_.open(config_.template_file, load_plan())) {
    host_->fault(host_, view_of("expected template_file to hold a record with {{ number }}"));
    return PERENNIAL_CALL_REFUSED;
  }
  if (config_.refuse.empty()) return PERENNIAL_CALL_DONE;
  host_->fault(host_, view_of(config_.refuse));
  return PERENNIAL_CALL_REFUSED;
}

std::uint32_t Instance::form() const {
  return config_.form == "vendor" ? PERENNIAL_FORM_VENDOR : PERENNIAL_FORM_EVENT;
}

Load::Plan Instance::load_plan() const {
  return {static_cast<std::uint64_t>(config_.events), config_.rate, config_.begin_us, form()};
}

std::uint32_t Instance::start() {
  enter("start");
  begun_ms_ = 0;
  return PERENNIAL_CALL_DONE;
}

void Instance::stop() {
  enter("stop");
}

std::string Instance::record_of(std::uint64_t number, std::uint32_t form) const {
  const std::string subject = "thing-" + std::to_string(number);
  const std::string correlation =
      "R-" + std::to_string(number % static_cast<std::uint64_t>(config_.correlations));
  // What the rest of the record takes, so that `size` is the whole.
  constexpr std::int64_t overhead = 230;
  const std::string filler(
      static_cast<std::size_t>(std::max<std::int64_t>(config_.size - overhead, 0)), 'x');
  if (form == PERENNIAL_FORM_EVENT) {
    return event_of(number, config_.event_source, subject, correlation, filler);
  }
  std::string out;
  put_map(out, 4);
  put_text(out, "Number");
  put_number(out, number);
  put_text(out, "Subject");
  put_text(out, subject);
  put_text(out, "Correlation");
  put_text(out, correlation);
  put_text(out, "Filler");
  put_text(out, filler);
  return out;
}

std::uint32_t Instance::emit(perennial_source_reply& reply, std::uint64_t number,
                             std::uint32_t form) {
  const std::string id = std::to_string(number);
  std::string body = record_of(number, form);
  if (config_.misuse == "big_record") body.resize(PERENNIAL_RECORD_BYTES_MAX + 1);
  const perennial_record record{form, 0, view_of(id), view_of(body)};
  return reply.emit(&reply, &record);
}

// How many events may have been emitted by now.
std::int64_t Instance::allowed(std::int64_t now_ms) {
  if (config_.rate == 0) return config_.events;
  if (begun_ms_ == 0) begun_ms_ = now_ms;
  return std::min(config_.events, (now_ms - begun_ms_) * config_.rate / 1000);
}

std::uint32_t Instance::poll_source(const perennial_source_call& call,
                                    perennial_source_reply& reply) {
  enter("poll_source");
  if (config_.misuse == "garbage_code") return 42;
  if (config_.result != 0) {
    const perennial_explanation why{view_of("E1"), view_of("as configured"), view_of("1"),
                                    view_of("2"), -1};
    reply.explain(&reply, &why);
    return static_cast<std::uint32_t>(config_.result);
  }
  if (text_of(call.source) == "load") return load_.poll(call, reply);
  std::uint64_t next = number_of(text_of(call.cursor));
  const auto last = static_cast<std::uint64_t>(allowed(call.now_ms));
  const std::uint64_t begin = next;
  std::uint32_t taken = PERENNIAL_CALL_DONE;
  while (next < last && taken == PERENNIAL_CALL_DONE) {
    taken = emit(reply, next + 1, form());
    if (taken == PERENNIAL_CALL_DONE) ++next;
    if (next - begin >= call.records_max && config_.misuse != "too_many") break;
  }
  if (config_.misuse == "fault") {
    host_->fault(host_, view_of("broken on purpose"));
    return PERENNIAL_SOURCE_FAULT;
  }
  std::string cursor = std::to_string(next);
  if (config_.misuse == "big_cursor") cursor.resize(PERENNIAL_CURSOR_BYTES_MAX + 1, '0');
  if (next != begin) reply.cursor(&reply, view_of(cursor));
  if (next == begin) return PERENNIAL_SOURCE_NOTHING;
  return next < last ? PERENNIAL_SOURCE_MORE : PERENNIAL_SOURCE_RECORDS;
}

void Instance::acknowledge(perennial_view cursor) {
  enter("acknowledge", " " + std::string(text_of(cursor)));
}

perennial_outcome Instance::outcome_of(const perennial_delivery& delivery,
                                       std::vector<std::int64_t>& births_us) const {
  perennial_outcome outcome{};
  outcome.after_ms = -1;
  outcome.kind = static_cast<std::uint32_t>(config_.outcome);
  FlatReader(text_of(delivery.payload)).each([&](std::string_view name, const Scalar& value) {
    const auto* kind = std::get_if<std::int64_t>(&value);
    if (name == "outcome" && kind != nullptr) outcome.kind = static_cast<std::uint32_t>(*kind);
    const auto* born = std::get_if<std::string_view>(&value);
    if (name == "born_us" && born != nullptr) {
      births_us.push_back(static_cast<std::int64_t>(number_of(*born)));
    }
  });
  const bool is_done =
      outcome.kind == PERENNIAL_OUTCOME_DONE || outcome.kind == PERENNIAL_OUTCOME_ALREADY_DONE;
  if (is_done && config_.has_receipt) outcome.receipt = view_of(plain_receipt);
  if (!is_done) {
    outcome.code = view_of("E1");
    outcome.text = view_of("as configured");
  }
  if (outcome.kind == PERENNIAL_OUTCOME_PENDING && config_.misuse != "no_token") {
    outcome.token = view_of("token-1");
  }
  return outcome;
}

// True when the call is over with `result`.
bool Instance::break_rules(const perennial_operation_call& call, perennial_operation_reply& reply,
                           std::uint32_t& result) {
  result = PERENNIAL_CALL_DONE;
  std::vector<std::int64_t> births_us;
  perennial_outcome outcome = outcome_of(call.deliveries[0], births_us);
  const std::string& misuse = config_.misuse;
  if (misuse == "no_answer") return true;
  if (misuse == "garbage_code") {
    result = 42;
    return true;
  }
  if (misuse == "fault") {
    host_->fault(host_, view_of("broken on purpose"));
    result = PERENNIAL_CALL_FAULT;
    return true;
  }
  if (misuse == "late_answer") {
    // The reply of an earlier call, which is over.
    perennial_operation_reply* kept = kept_reply_.exchange(&reply);
    if (kept != nullptr) kept->settle(kept, 0, &outcome);
  } else if (misuse == "wrong_index") {
    reply.settle(&reply, call.count, &outcome);
  } else if (misuse == "null_answer") {
    reply.settle(&reply, 0, nullptr);
  } else if (misuse == "double_answer") {
    reply.settle(&reply, 0, &outcome);
  } else if (misuse == "garbage_kind") {
    outcome.kind = 0;
    reply.settle(&reply, 0, &outcome);
    return true;
  } else if (misuse == "bad_receipt") {
    outcome.receipt = view_of("no msgpack map");
    reply.settle(&reply, 0, &outcome);
    return true;
  } else if (misuse == "big_receipt") {
    const std::string big(PERENNIAL_RECEIPT_BYTES_MAX + 1, '\x80');
    outcome.receipt = view_of(big);
    reply.settle(&reply, 0, &outcome);
    return true;
  }
  return false;
}

std::uint32_t Instance::operate(const char* callback, const perennial_operation_call& call,
                                perennial_operation_reply& reply) {
  enter(callback, config_.calls_file.empty() ? std::string() : keys_of(call));
  std::uint32_t result = PERENNIAL_CALL_DONE;
  if (config_.misuse != "none" && break_rules(call, reply, result)) return result;
  std::vector<std::int64_t> births_us;
  for (std::uint32_t index = 0; index < call.count; ++index) {
    const perennial_outcome outcome = outcome_of(call.deliveries[index], births_us);
    reply.settle(&reply, index, &outcome);
  }
  if (!births_us.empty()) ages_.add(births_us, monotonic_us(), config_.ages_from_us);
  return PERENNIAL_CALL_DONE;
}

std::uint32_t Instance::lookup(const perennial_operation_call& call,
                               perennial_lookup_reply& reply) {
  enter("lookup", keys_of(call));
  if (config_.misuse == "no_answer") return PERENNIAL_CALL_DONE;
  for (std::uint32_t index = 0; index < call.count; ++index) {
    perennial_lookup_answer answer{};
    answer.kind = config_.misuse == "garbage_kind" ? 0 : static_cast<std::uint32_t>(config_.lookup);
    answer.after_ms = -1;
    if (answer.kind == PERENNIAL_LOOKUP_DONE) answer.receipt = view_of(plain_receipt);
    reply.answer(&reply, index, &answer);
    if (config_.misuse == "double_answer") reply.answer(&reply, index, &answer);
  }
  return PERENNIAL_CALL_DONE;
}

std::uint32_t Instance::receive(const perennial_webhook_call& call,
                                perennial_webhook_reply& reply) {
  enter("receive");
  if (config_.misuse == "garbage_code") return 42;
  bool is_signed = false;
  for (std::uint32_t index = 0; index < call.header_count; ++index) {
    const perennial_header& header = call.headers[index];
    is_signed |= text_of(header.name) == "x-signature" && text_of(header.value) == "good";
  }
  if (!is_signed) return PERENNIAL_WEBHOOK_REFUSED_SIGNATURE;
  const std::uint64_t number = number_of(text_of(call.body));
  if (number == 0) return PERENNIAL_WEBHOOK_REFUSED_MALFORMED;
  const std::string id = std::to_string(number);
  const std::string body = record_of(number, PERENNIAL_FORM_VENDOR);
  const perennial_record record{PERENNIAL_FORM_VENDOR, 0, view_of(id), view_of(body)};
  reply.emit(&reply, &record);
  if (text_of(call.query) == "settle") {
    perennial_outcome outcome{};
    outcome.kind = PERENNIAL_OUTCOME_DONE;
    reply.settle_token(&reply, view_of("token-1"), &outcome);
  }
  reply.respond(&reply, 202, view_of("text/plain"), view_of("taken"));
  return PERENNIAL_WEBHOOK_ACCEPTED;
}

std::uint32_t Instance::check(perennial_health_reply& reply) {
  enter("check");
  const auto* secrets =
      static_cast<const perennial_host_secret*>(host_->get_extension(host_, PERENNIAL_HOST_SECRET));
  std::size_t length = 0;
  const auto receive = [](void* context, perennial_view value) {
    *static_cast<std::size_t*>(context) = value.size;
  };
  const bool is_set = secrets != nullptr && secrets->read(host_, view_of("api_key"), &length,
                                                          receive) == PERENNIAL_CALL_DONE;
  const std::string text =
      is_set ? "api_key of " + std::to_string(length) + " bytes" : "no api_key";
  reply.finding(&reply, PERENNIAL_LEVEL_INFO, view_of("secret"), view_of(text));
  if (!config_.check_error.empty()) {
    reply.finding(&reply, PERENNIAL_LEVEL_ERROR, view_of("asked"), view_of(config_.check_error));
  }
  if (!ages_.is_empty()) {
    reply.finding(&reply, PERENNIAL_LEVEL_INFO, view_of("ages"), view_of(ages_.to_text()));
  }
  return PERENNIAL_CALL_DONE;
}

}  // namespace testing_connector
