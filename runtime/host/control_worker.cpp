#include "runtime/host/control_worker.hpp"

#include <perennial/plugin.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>

#include "runtime/host/mapper.hpp"
#include "runtime/host/record_mapper.hpp"

namespace perennial::host {
namespace {

// A webhook request with its own bytes, or a check of health.
struct Request {
  bool is_check = false;
  std::size_t partition = 0;
  std::uint64_t number = 0;
  std::int64_t due_us = 0;
  std::string webhook;
  std::string method;
  std::string query;
  Bytes body;
  std::vector<std::pair<std::string, std::string>> headers;
};

std::shared_ptr<Round> answer_round(HostShared& shared, const Request& request,
                                    WebhookResult result) {
  auto round = std::make_shared<Round>();
  round->source = request.webhook;
  round->events.resize(shared.partitions());
  round->webhook = WebhookDone{request.partition, request.number, std::move(result)};
  return round;
}

WebhookResult try_again(std::string text) {
  WebhookResult result;
  result.result = PERENNIAL_WEBHOOK_TRY_AGAIN;
  result.status = 503;
  result.explanation.text = std::move(text);
  return result;
}

void give_up(HostShared& shared, const Request& request) {
  if (request.is_check) {
    HealthDone done{request.partition, request.number, {}};
    done.findings.push_back({PERENNIAL_LEVEL_ERROR, "health",
                             "expected the check to end within its time, but it did not"});
    shared.outbox.post(std::move(done));
    return;
  }
  shared.outbox.post(answer_round(
      shared, request,
      try_again("expected the connector to answer in time, but it did not; repeat the request")));
}

}  // namespace

struct ControlWorker::Desk {
  explicit Desk(std::shared_ptr<HostShared> shared_state)
      : shared(std::move(shared_state)), mapper(shared->program, shared->archive, shared->clock) {}

  const std::shared_ptr<HostShared> shared;
  Mapper mapper;

  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  std::deque<Request> waiting;
  std::shared_ptr<Request> current;  // null when idle, or when it was given up on
  bool is_busy = false;
  bool is_stopping = false;
  bool has_ended = false;

  void push(Request request, std::int64_t budget_ms);
  [[nodiscard]] bool claim(const std::shared_ptr<Request>& request);
  void serve(const std::shared_ptr<Request>& request);
  void serve_check(const std::shared_ptr<Request>& request);
  [[nodiscard]] WebhookResult ask(const Request& request);
  void post_settled(const std::vector<Answer>& settled);
};

void ControlWorker::Desk::push(Request request, std::int64_t budget_ms) {
  request.due_us = shared->clock.monotonic_us() + (budget_ms + shared->spec.tuning.grace_ms) * 1000;
  {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(request));
  }
  changed.notify_all();
}

// True when the request is still this thread's to answer.
bool ControlWorker::Desk::claim(const std::shared_ptr<Request>& request) {
  const std::lock_guard lock(mutex);
  if (current != request) return false;
  current = nullptr;
  return true;
}

WebhookResult ControlWorker::Desk::ask(const Request& request) {
  WebhookCall call;
  call.webhook = request.webhook;
  call.method = request.method;
  call.query = request.query;
  call.body = request.body;
  for (const auto& [name, value] : request.headers) call.headers.push_back({name, value});
  call.now_ms = shared->clock.now_ms();
  call.deadline_ms = shared->spec.tuning.webhook_ms;
  return shared->connector->receive_webhook(call);
}

// A token is settled in whichever partition knows it; the others pass over it.
void ControlWorker::Desk::post_settled(const std::vector<Answer>& settled) {
  if (settled.empty()) return;
  std::vector<Finished> all;
  for (const Answer& answer : settled) {
    for (std::size_t partition = 0; partition < shared->partitions(); ++partition) {
      Finished& finished = all.emplace_back();
      finished.partition = partition;
      finished.answer = answer;
    }
  }
  shared->outbox.post(std::move(all));
}

void ControlWorker::Desk::serve(const std::shared_ptr<Request>& request) {
  if (request->is_check) return serve_check(request);
  const WebhookManifest* webhook = shared->manifest.find_webhook(request->webhook);
  if (webhook == nullptr) {
    WebhookResult result;
    result.result = PERENNIAL_WEBHOOK_REFUSED_MALFORMED;
    result.status = 404;
    result.explanation.text =
        "expected a webhook of this connector, but '" + request->webhook + "' is none";
    if (claim(request)) shared->outbox.post(answer_round(*shared, *request, std::move(result)));
    return;
  }
  WebhookResult result = ask(*request);
  const SourceManifest& source = *shared->manifest.find_source(webhook->as_source);
  auto round = make_round(*shared, mapper, source, std::move(result.records), result.oversize);
  // Given up on: the sender repeats the request, and its events come again with the same identity.
  if (!claim(request)) return;
  post_settled(result.settled);
  round->webhook = WebhookDone{request->partition, request->number, std::move(result)};
  shared->outbox.post(std::move(round));
}

void ControlWorker::Desk::serve_check(const std::shared_ptr<Request>& request) {
  HealthDone done{request->partition, request->number,
                  shared->connector->check_health(shared->spec.tuning.health_ms)};
  if (claim(request)) shared->outbox.post(std::move(done));
}

void ControlWorker::run(const std::shared_ptr<Desk>& desk) {
  std::unique_lock lock(desk->mutex);
  while (true) {
    desk->changed.wait(lock, [&] { return desk->is_stopping || !desk->waiting.empty(); });
    if (desk->is_stopping) break;
    const auto request = std::make_shared<Request>(std::move(desk->waiting.front()));
    desk->waiting.pop_front();
    desk->current = request;
    desk->is_busy = true;
    lock.unlock();
    desk->serve(request);
    lock.lock();
    desk->is_busy = false;
  }
  desk->has_ended = true;
  desk->changed.notify_all();
}

ControlWorker::ControlWorker(std::shared_ptr<HostShared> shared)
    : desk_(std::make_shared<Desk>(std::move(shared))) {
  thread_ = std::thread([desk = desk_] { run(desk); });
}

ControlWorker::~ControlWorker() {
  request_stop();
  static_cast<void>(join_until(0));
}

void ControlWorker::receive(std::size_t partition, const wire::WebhookRequest& request) {
  Request own;
  own.partition = partition;
  own.number = request.request;
  own.webhook = request.webhook;
  own.method = request.method;
  own.query = request.query;
  own.body = request.body;
  for (const auto& header : request.headers) own.headers.emplace_back(header.name, header.value);
  desk_->push(std::move(own), desk_->shared->spec.tuning.webhook_ms);
}

void ControlWorker::check(std::size_t partition, std::uint64_t request) {
  Request own;
  own.is_check = true;
  own.partition = partition;
  own.number = request;
  desk_->push(std::move(own), desk_->shared->spec.tuning.health_ms);
}

bool ControlWorker::watch() {
  const std::int64_t now_us = desk_->shared->clock.monotonic_us();
  desk_->mapper.halt_begun_before(now_us - desk_->shared->spec.tuning.map_ms * 1000);
  std::vector<Request> overdue;
  bool is_stuck = false;
  {
    const std::lock_guard lock(desk_->mutex);
    if (desk_->current && now_us > desk_->current->due_us) {
      overdue.push_back(*desk_->current);
      desk_->current = nullptr;
      is_stuck = true;
    }
    for (auto at = desk_->waiting.begin(); at != desk_->waiting.end();) {
      if (now_us <= at->due_us) {
        ++at;
        continue;
      }
      overdue.push_back(std::move(*at));
      at = desk_->waiting.erase(at);
    }
  }
  for (const Request& request : overdue) give_up(*desk_->shared, request);
  return is_stuck;
}

void ControlWorker::forget() {
  const std::lock_guard lock(desk_->mutex);
  desk_->waiting.clear();
  desk_->current = nullptr;
}

bool ControlWorker::is_idle() const {
  const std::lock_guard lock(desk_->mutex);
  return !desk_->is_busy && desk_->waiting.empty();
}

void ControlWorker::request_stop() {
  {
    const std::lock_guard lock(desk_->mutex);
    desk_->is_stopping = true;
  }
  desk_->changed.notify_all();
}

bool ControlWorker::join_until(std::int64_t monotonic_us) {
  if (!thread_.joinable()) return true;
  {
    std::unique_lock lock(desk_->mutex);
    const std::int64_t left_us = monotonic_us - desk_->shared->clock.monotonic_us();
    desk_->changed.wait_for(lock, std::chrono::microseconds(std::max<std::int64_t>(left_us, 0)),
                            [&] { return desk_->has_ended; });
    if (!desk_->has_ended) {
      thread_.detach();
      return false;
    }
  }
  thread_.join();
  return true;
}

}  // namespace perennial::host
