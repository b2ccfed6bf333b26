#include "runtime/admin/render.hpp"

#include "runtime/view/json_text.hpp"
#include "runtime/view/time_text.hpp"

namespace perennial::admin {
namespace {

// Written by the view or by to_json_text; a text that is no JSON is shown as text.
Json embedded(const std::string& text) {
  if (text.empty()) return nullptr;
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}

Json time_of(TimeMs time) {
  return time == 0 ? Json(nullptr) : Json(view::to_time_text(time));
}

}  // namespace

Json to_json(const view::RenewalRow& row) {
  return {{"id", row.correlation},
          {"state", row.state},
          {"first", time_of(row.first)},
          {"last", time_of(row.last)},
          {"events", row.events},
          {"deliveries", row.deliveries},
          {"deliveries_open", row.deliveries_open},
          {"joins_waiting", row.joins_waiting},
          {"exceptions", row.exceptions},
          {"exceptions_open", row.exceptions_open}};
}

Json to_json(const view::TimelineRow& row) {
  return {{"time", time_of(row.time)},
          {"correlation", row.correlation},
          {"kind", row.kind},
          {"connector", row.connector},
          {"operation", row.operation},
          {"text", row.text},
          {"partition", row.partition},
          {"position", row.position},
          {"detail", embedded(row.detail)}};
}

Json to_json(const view::DeliveryRow& row) {
  return {{"partition", row.partition},
          {"id", row.id},
          {"event", row.event},
          {"effect", row.effect},
          {"connector", row.connector},
          {"operation", row.operation},
          {"correlation", row.correlation},
          {"status", row.status},
          {"attempts", row.attempts},
          {"tries", row.tries},
          {"scheduled", time_of(row.scheduled)},
          {"started", time_of(row.started)},
          {"settled", time_of(row.settled)},
          {"due", time_of(row.due)},
          {"key", row.key},
          {"receipt", embedded(row.receipt)},
          {"last_code", row.last_code},
          {"last_text", row.last_text},
          {"exception", row.exception}};
}

Json to_json(const view::EventRow& row) {
  Json json = {{"partition", row.partition},    {"position", row.position},
               {"accepted", time_of(row.time)}, {"connector", row.connector},
               {"channel", row.channel},        {"id", row.id},
               {"source", row.source},          {"type", row.type},
               {"subject", row.subject},        {"correlation", row.correlation},
               {"causation", row.causation}};
  if (!row.body.empty()) json["event"] = embedded(row.body);
  return json;
}

Json to_json(const view::ExceptionRow& row, bool has_body) {
  Json json = {{"id", row.id},
               {"cause", row.cause},
               {"connector", row.connector},
               {"operation", row.operation},
               {"correlation", row.correlation},
               {"owner", row.owner},
               {"opened", time_of(row.opened)},
               {"due", time_of(row.due)},
               {"state", row.state},
               {"code", row.code},
               {"text", row.text},
               {"count", row.count},
               {"partition", row.partition},
               {"position", row.position},
               {"delivery", row.delivery}};
  if (row.state == "closed") {
    json["closed"] = {{"time", time_of(row.closed)},
                      {"how", row.closed_how},
                      {"by", row.closed_by},
                      {"why", row.closed_why}};
  }
  if (has_body) json["body"] = embedded(row.body);
  return json;
}

Json to_json(const view::ConnectorRow& row) {
  Json cursors = Json::array();
  for (const view::CursorRow& cursor : row.cursors) {
    cursors.push_back({{"source", cursor.source},
                       {"cursor", embedded(cursor.cursor)},
                       {"moved", time_of(cursor.moved)}});
  }
  return {{"connector", row.name},    {"flow", row.flow},       {"epoch", row.epoch},
          {"plugin", row.plugin},     {"version", row.version}, {"pid", row.pid},
          {"last_end", row.last_end}, {"cursors", cursors}};
}

Json to_json(const host::HostState& state) {
  return {{"connector", state.connector},
          {"hosting", state.hosting == host::Hosting::process ? "process" : "in_process"},
          {"pid", state.pid},
          {"is_running", state.is_running},
          {"is_connected", state.is_connected},
          {"is_paused", state.is_paused},
          {"restarts", state.restarts},
          {"misuses", state.misuses},
          {"threads_written_off", state.threads_written_off},
          {"last_exit", state.last_exit}};
}

view::ExceptionRow to_view_row(std::uint32_t partition, const state::ExceptionRow& row) {
  view::ExceptionRow out;
  out.id = view::exception_id(partition, row.id);
  out.partition = partition;
  out.position = row.id;
  out.cause = row.cause;
  out.connector = row.connector;
  out.operation = row.operation;
  out.correlation = row.correlation;
  out.owner = row.owner;
  out.opened = row.opened;
  out.due = row.due;
  out.state = row.is_on_trial ? "trial" : "open";
  out.code = row.code;
  out.text = row.text;
  out.count = row.count;
  out.delivery = row.delivery;
  out.body = view::to_json_text(row.body);
  return out;
}

Response ok(const Json& body, unsigned status) {
  Response response;
  response.status = status;
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

}  // namespace perennial::admin
