#include "runtime/host/connector.hpp"

#include <perennial/plugin.h>

#include <chrono>
#include <exception>
#include <optional>

#include "runtime/host/plugin_library.hpp"
#include "runtime/host/plugin_replies.hpp"

namespace perennial::host {
namespace {

enum class State { created, configured, started, stopped };

perennial_view view_of(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

// A plugin may read a view up to its size without looking at data first; never hand out NULL with
// a size, and give empty ones as {NULL, 0}.
perennial_view view_or_none(std::string_view bytes) {
  return bytes.empty() ? perennial_view{nullptr, 0} : view_of(bytes);
}

const char* name_of(wire::Verb verb) {
  switch (verb) {
    case wire::Verb::execute:
      return "execute";
    case wire::Verb::lookup:
      return "lookup";
    case wire::Verb::poll:
      return "poll";
    case wire::Verb::cancel:
      return "cancel";
  }
  return "execute";
}

std::uint32_t default_status(std::uint32_t result) {
  switch (result) {
    case PERENNIAL_WEBHOOK_ACCEPTED:
      return 200;
    case PERENNIAL_WEBHOOK_REFUSED_SIGNATURE:
      return 401;
    case PERENNIAL_WEBHOOK_REFUSED_MALFORMED:
    case PERENNIAL_WEBHOOK_REFUSED_VERSION:
      return 400;
    default:
      return 503;
  }
}

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::vector<perennial_delivery> to_deliveries(const std::vector<DeliveryCall>& calls) {
  std::vector<perennial_delivery> deliveries;
  deliveries.reserve(calls.size());
  for (const DeliveryCall& call : calls) {
    deliveries.push_back({view_of(call.key), view_or_none(call.correlation),
                          view_or_none(call.traceparent), view_or_none(call.payload),
                          view_or_none(call.token), call.attempt, 0});
  }
  return deliveries;
}

}  // namespace

// What a call into the plugin came to: its return code, or none when an exception left it.
struct Returned {
  std::optional<std::uint32_t> code;
  std::string fault;
};

struct Connector::Parts {
  Parts(const Manifest& manifest, const std::string& connector, Secrets secrets, Log log)
      : who("plugin " + manifest.id + " " + manifest.version + " (connector " + connector + ")"),
        services(std::move(secrets), std::move(log)),
        tell([this](const std::string& text) { tell_misuse(text); }),
        source_replies(tell),
        operation_replies(tell),
        lookup_replies(tell),
        webhook_replies(tell),
        health_replies(tell) {}

  std::string who;
  HostServices services;
  std::atomic<std::uint64_t> misuses{0};
  TellMisuse tell;
  ReplyPool<SourceReply> source_replies;
  ReplyPool<OperationReply> operation_replies;
  ReplyPool<LookupReply> lookup_replies;
  ReplyPool<WebhookReply> webhook_replies;
  ReplyPool<HealthReply> health_replies;
  perennial_instance* instance = nullptr;
  const perennial_source* source = nullptr;
  const perennial_operation* operation = nullptr;
  const perennial_lookup* lookup = nullptr;
  const perennial_webhook* webhook = nullptr;
  const perennial_health* health = nullptr;
  State state = State::created;

  void tell_misuse(const std::string& text) {
    misuses.fetch_add(1, std::memory_order_relaxed);
    services.log(PERENNIAL_LEVEL_ERROR, "misuse: " + who + " " + text);
  }

  // Every call into the plugin goes through here. `deadline_ms` 0 = not timed.
  template <typename Call>
  Returned enter(const std::string& place, std::int64_t deadline_ms, Call call) {
    Returned returned;
    static_cast<void>(HostServices::take_fault());
    const std::int64_t begin = steady_ms();
    try {
      returned.code = call();
    } catch (const std::exception& error) {
      escaped(place, error.what(), returned);
    } catch (...) {
      escaped(place, "of unknown type", returned);
    }
    const std::int64_t took = steady_ms() - begin;
    if (deadline_ms > 0 && took > deadline_ms) {
      tell("returned from " + place + " after " + std::to_string(took) +
           " ms, must return within " + std::to_string(deadline_ms) + " ms");
    }
    std::string fault = HostServices::take_fault();
    if (returned.code) returned.fault = std::move(fault);
    return returned;
  }

  void escaped(const std::string& place, const char* what, Returned& returned) {
    returned.fault = std::string("an exception left the plugin: ") + what;
    tell("let an exception out of " + place + " (" + what +
         "), must catch it and return PERENNIAL_CALL_FAULT");
  }

  Status find_extensions(const Manifest& manifest);
  Status control(const char* what, const Returned& returned);
  std::uint32_t call_result(const std::string& place, const Returned& returned);
  void fill_missing(const std::string& place, const Returned& returned, std::uint32_t kind,
                    std::vector<Answer>& answers);
  std::vector<Answer> not_offered(wire::Verb verb, const OperationCall& call);
};

// Each name that the manifest lists needs the extension that serves it.
Status Connector::Parts::find_extensions(const Manifest& manifest) {
  const auto get = [&](const char* id) -> const void* {
    const void* table = nullptr;
    enter("get_extension", 0, [&] {
      table = instance->get_extension(instance, id);
      return std::uint32_t{PERENNIAL_CALL_DONE};
    });
    return table;
  };
  source = static_cast<const perennial_source*>(get(PERENNIAL_SOURCE));
  operation = static_cast<const perennial_operation*>(get(PERENNIAL_OPERATION));
  lookup = static_cast<const perennial_lookup*>(get(PERENNIAL_LOOKUP));
  webhook = static_cast<const perennial_webhook*>(get(PERENNIAL_WEBHOOK));
  health = static_cast<const perennial_health*>(get(PERENNIAL_HEALTH));
  const auto need = [&](bool is_listed, bool is_there, const char* what, const char* id) -> Status {
    if (!is_listed || is_there) return {};
    return fail(Code::defect, who + ": expected the extension " + id +
                                  ", because connector.json lists " + what +
                                  ", but the library offers none; offer it or unlist them");
  };
  const bool has_source = source != nullptr && source->poll != nullptr;
  const bool has_operation = operation != nullptr && operation->execute != nullptr;
  const bool has_webhook = webhook != nullptr && webhook->receive != nullptr;
  if (auto status = need(!manifest.sources.empty(), has_source, "sources", PERENNIAL_SOURCE);
      !status) {
    return status;
  }
  if (auto status =
          need(!manifest.operations.empty(), has_operation, "operations", PERENNIAL_OPERATION);
      !status) {
    return status;
  }
  return need(!manifest.webhooks.empty(), has_webhook, "webhooks", PERENNIAL_WEBHOOK);
}

Status Connector::Parts::control(const char* what, const Returned& returned) {
  if (returned.code == PERENNIAL_CALL_DONE) return {};
  const std::string reason = returned.fault.empty() ? "it gave no reason" : returned.fault;
  if (returned.code == PERENNIAL_CALL_REFUSED) {
    return fail(Code::refused, who + " refused to " + what + ": " + reason);
  }
  if (returned.code && returned.code != PERENNIAL_CALL_FAULT) {
    tell(std::string("returned ") + std::to_string(*returned.code) + " from " + what +
         ", must return one of perennial_call_result (1 to 3)");
  }
  return fail(Code::defect, who + " failed to " + what + ": " + reason);
}

// The listed code that a return stands for: whatever else came is a fault.
std::uint32_t Connector::Parts::call_result(const std::string& place, const Returned& returned) {
  if (!returned.code) return PERENNIAL_CALL_FAULT;
  if (returned.code == PERENNIAL_CALL_DONE || returned.code == PERENNIAL_CALL_FAULT) {
    return *returned.code;
  }
  tell("returned " + std::to_string(*returned.code) + " from " + place +
       ", must return PERENNIAL_CALL_DONE or PERENNIAL_CALL_FAULT");
  return PERENNIAL_CALL_FAULT;
}

void Connector::Parts::fill_missing(const std::string& place, const Returned& returned,
                                    std::uint32_t kind, std::vector<Answer>& answers) {
  const bool is_fault = call_result(place, returned) == PERENNIAL_CALL_FAULT;
  std::size_t missing = 0;
  for (Answer& answer : answers) {
    if (answer.kind != 0) continue;
    ++missing;
    answer.kind = kind;
    answer.code = !returned.code ? "plugin_exception" : is_fault ? "plugin_fault" : "plugin_misuse";
    answer.text = is_fault ? (returned.fault.empty() ? "the plugin gave no reason" : returned.fault)
                           : "the plugin returned without an answer";
  }
  if (missing > 0 && !is_fault) {
    tell("left " + std::to_string(missing) + " of " + std::to_string(answers.size()) +
         " deliveries unanswered in " + place + ", must answer each");
  }
}

// A verb that the plugin has no function for changes nothing.
std::vector<Answer> Connector::Parts::not_offered(wire::Verb verb, const OperationCall& call) {
  std::vector<Answer> answers;
  for (const DeliveryCall& delivery : *call.deliveries) {
    Answer answer;
    answer.code = std::string(name_of(verb)) + "_not_offered";
    answer.text = "the plugin offers no " + std::string(name_of(verb));
    answer.kind = PERENNIAL_LOOKUP_CANNOT_TELL;
    if (verb != wire::Verb::lookup) {
      answer.kind = delivery.token.empty() ? PERENNIAL_OUTCOME_UNKNOWN : PERENNIAL_OUTCOME_PENDING;
      answer.token = delivery.token;
    }
    answers.push_back(std::move(answer));
  }
  return answers;
}

Connector::Connector(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Connector>> Connector::create(const Manifest& manifest,
                                                     const std::string& name, Secrets secrets,
                                                     Log log) {
  const auto library = PluginLibrary::load(manifest);
  if (!library) return tl::unexpected(library.error());
  auto parts = std::make_unique<Parts>(manifest, name, std::move(secrets), std::move(log));
  const Returned returned = parts->enter("create", 0, [&] {
    parts->instance = library->entry().create(parts->services.table());
    return std::uint32_t{PERENNIAL_CALL_DONE};
  });
  perennial_instance* instance = parts->instance;
  if (instance == nullptr) {
    return fail(Code::defect, parts->who +
                                  ": expected an instance from create, but there is none: " +
                                  (returned.fault.empty() ? "it gave no reason" : returned.fault));
  }
  if (instance->struct_size != sizeof(perennial_instance)) {
    return fail(Code::unsupported, parts->who + ": expected a perennial_instance of " +
                                       std::to_string(sizeof(perennial_instance)) +
                                       " bytes, but the plugin states " +
                                       std::to_string(instance->struct_size) +
                                       "; rebuild it with the published headers");
  }
  if (instance->configure == nullptr || instance->start == nullptr || instance->stop == nullptr ||
      instance->destroy == nullptr || instance->get_extension == nullptr) {
    return fail(Code::defect, parts->who +
                                  ": expected every function of perennial_instance, but one "
                                  "is NULL; the plugin has to fill all");
  }
  const Status status = parts->find_extensions(manifest);
  std::unique_ptr<Connector> connector(new Connector(std::move(parts)));
  if (!status) return tl::unexpected(status.error());
  return connector;
}

Connector::~Connector() {
  stop();
  if (parts_->instance == nullptr) return;
  parts_->enter("destroy", 0, [&] {
    parts_->instance->destroy(parts_->instance);
    return std::uint32_t{PERENNIAL_CALL_DONE};
  });
}

Status Connector::configure(ByteView config) {
  if (parts_->state == State::started) {
    return fail(Code::defect, parts_->who + ": expected a stopped connector, but it runs");
  }
  const Returned returned = parts_->enter("configure", 0, [&] {
    return parts_->instance->configure(parts_->instance, view_of(config));
  });
  auto status = parts_->control("configure", returned);
  if (status) parts_->state = State::configured;
  return status;
}

Status Connector::start() {
  if (parts_->state != State::configured) {
    return fail(Code::defect, parts_->who + ": expected a configured connector, but it is not");
  }
  const Returned returned =
      parts_->enter("start", 0, [&] { return parts_->instance->start(parts_->instance); });
  auto status = parts_->control("start", returned);
  if (status) parts_->state = State::started;
  return status;
}

void Connector::stop() {
  if (parts_->state != State::started) return;
  parts_->state = State::stopped;
  parts_->enter("stop", 0, [&] {
    parts_->instance->stop(parts_->instance);
    return std::uint32_t{PERENNIAL_CALL_DONE};
  });
}

PollResult Connector::poll_source(const SourceCall& call) {
  const std::string place = "poll of source " + std::string(call.source);
  ReplyPool<SourceReply>::Loan reply(parts_->source_replies);
  reply->begin(call);
  const perennial_source_call asked{
      view_of(call.source), view_or_none(call.cursor), view_of(call.start), call.now_ms,
      call.deadline_ms,     call.records_max,          call.bytes_max};
  const Returned returned = parts_->enter(place, call.deadline_ms, [&] {
    return parts_->source->poll(parts_->instance, &asked, reply->table());
  });
  PollResult result = reply->end();
  const bool is_listed = returned.code && *returned.code >= PERENNIAL_SOURCE_RECORDS &&
                         *returned.code <= PERENNIAL_SOURCE_FAULT;
  if (returned.code && !is_listed) {
    parts_->tell("returned " + std::to_string(*returned.code) + " from " + place +
                 ", must return one of perennial_source_result (1 to 11)");
  }
  result.result = is_listed ? *returned.code : static_cast<std::uint32_t>(PERENNIAL_SOURCE_FAULT);
  if (result.result == PERENNIAL_SOURCE_FAULT) {
    // What a broken call gave is not trusted; the cursor stays, so nothing is lost.
    result.records.clear();
    result.oversize.clear();
    result.has_cursor = false;
    if (!returned.fault.empty()) result.explanation.text = returned.fault;
    if (result.explanation.text.empty()) result.explanation.text = "the plugin gave no reason";
  }
  return result;
}

void Connector::acknowledge(std::string_view source, ByteView cursor) {
  if (parts_->source == nullptr || parts_->source->acknowledge == nullptr) return;
  parts_->enter("acknowledge of source " + std::string(source), 0, [&] {
    parts_->source->acknowledge(parts_->instance, view_of(source), view_or_none(cursor));
    return std::uint32_t{PERENNIAL_CALL_DONE};
  });
}

std::vector<Answer> Connector::call(wire::Verb verb, const OperationCall& call) {
  const bool is_lookup = verb == wire::Verb::lookup;
  const auto function = parts_->operation == nullptr  ? nullptr
                        : verb == wire::Verb::execute ? parts_->operation->execute
                        : verb == wire::Verb::poll    ? parts_->operation->poll
                        : verb == wire::Verb::cancel  ? parts_->operation->cancel
                                                      : nullptr;
  const bool has_lookup = parts_->lookup != nullptr && parts_->lookup->lookup != nullptr;
  if (is_lookup ? !has_lookup : function == nullptr) return parts_->not_offered(verb, call);

  const std::string place = std::string(name_of(verb)) + " of " + std::string(call.operation);
  const auto deliveries = to_deliveries(*call.deliveries);
  const perennial_operation_call asked{view_of(call.operation),
                                       deliveries.data(),
                                       static_cast<std::uint32_t>(deliveries.size()),
                                       0,
                                       call.now_ms,
                                       call.deadline_ms};
  Returned returned;
  std::vector<Answer> answers;
  const auto ask = [&](auto& pool, auto invoke) {
    typename std::decay_t<decltype(pool)>::Loan reply(pool);
    reply->begin(place, deliveries.size());
    returned = parts_->enter(place, call.deadline_ms, [&] { return invoke(reply->table()); });
    answers = reply->end();
  };
  if (is_lookup) {
    ask(parts_->lookup_replies, [&](perennial_lookup_reply* reply) {
      return parts_->lookup->lookup(parts_->instance, &asked, reply);
    });
  } else {
    ask(parts_->operation_replies, [&](perennial_operation_reply* reply) {
      return function(parts_->instance, &asked, reply);
    });
  }
  const std::uint32_t missing_kind = is_lookup
                                         ? static_cast<std::uint32_t>(PERENNIAL_LOOKUP_CANNOT_TELL)
                                         : static_cast<std::uint32_t>(PERENNIAL_OUTCOME_UNKNOWN);
  parts_->fill_missing(place, returned, missing_kind, answers);
  return answers;
}

WebhookResult Connector::receive_webhook(const WebhookCall& call) {
  const std::string place = "receive of webhook " + std::string(call.webhook);
  std::vector<perennial_header> headers;
  for (const auto& header : call.headers) {
    headers.push_back({view_of(header.name), view_of(header.value)});
  }
  const perennial_webhook_call asked{view_of(call.webhook),
                                     view_of(call.method),
                                     view_or_none(call.query),
                                     view_or_none(call.body),
                                     headers.data(),
                                     static_cast<std::uint32_t>(headers.size()),
                                     0,
                                     call.now_ms,
                                     call.deadline_ms};
  ReplyPool<WebhookReply>::Loan reply(parts_->webhook_replies);
  reply->begin(call);
  const Returned returned = parts_->enter(place, call.deadline_ms, [&] {
    return parts_->webhook->receive(parts_->instance, &asked, reply->table());
  });
  WebhookResult result = reply->end();
  const bool is_listed = returned.code && *returned.code >= PERENNIAL_WEBHOOK_ACCEPTED &&
                         *returned.code <= PERENNIAL_WEBHOOK_FAULT;
  if (returned.code && !is_listed) {
    parts_->tell("returned " + std::to_string(*returned.code) + " from " + place +
                 ", must return one of perennial_webhook_result (1 to 6)");
  }
  result.result = is_listed ? *returned.code : static_cast<std::uint32_t>(PERENNIAL_WEBHOOK_FAULT);
  if (result.result != PERENNIAL_WEBHOOK_ACCEPTED) {
    result.records.clear();
    result.oversize.clear();
    result.settled.clear();
  }
  if (!is_listed) result.status = 0;
  if (result.status == 0) result.status = default_status(result.result);
  if (result.explanation.text.empty()) result.explanation.text = returned.fault;
  return result;
}

std::vector<HealthFinding> Connector::check_health(std::int64_t deadline_ms) {
  if (parts_->health == nullptr || parts_->health->check == nullptr) {
    return {{PERENNIAL_LEVEL_INFO, "health", "the plugin offers no check of its own"}};
  }
  ReplyPool<HealthReply>::Loan reply(parts_->health_replies);
  reply->begin();
  const Returned returned = parts_->enter("check of health", deadline_ms, [&] {
    return parts_->health->check(parts_->instance, deadline_ms, reply->table());
  });
  auto findings = reply->end();
  if (parts_->call_result("check of health", returned) == PERENNIAL_CALL_FAULT) {
    findings.push_back({PERENNIAL_LEVEL_ERROR, "health",
                        returned.fault.empty() ? "the check failed without a reason"
                                               : "the check failed: " + returned.fault});
  }
  return findings;
}

std::uint64_t Connector::misuse_count() const {
  return parts_->misuses.load(std::memory_order_relaxed);
}

}  // namespace perennial::host
