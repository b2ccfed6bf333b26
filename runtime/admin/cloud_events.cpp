#include "runtime/admin/cloud_events.hpp"

#include <algorithm>

#include "runtime/admin/json_tokens.hpp"
#include "runtime/admin/problem.hpp"
#include "runtime/admin/router.hpp"
#include "runtime/event/event.hpp"
#include "runtime/view/json_text.hpp"

namespace perennial::admin {
namespace {

using Kind = JsonTokens::Kind;
using Read = tl::expected<EventsRead, Response>;

constexpr std::string_view attribute_prefix = "ce-";
constexpr std::string_view structured_type = "application/cloudevents";
constexpr std::string_view batch_type = "application/cloudevents-batch";

// The media type without parameters, in lower case.
std::string media_type(std::string_view header) {
  std::string type(header.substr(0, header.find(';')));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(), [](char symbol) {
    return symbol >= 'A' && symbol <= 'Z' ? static_cast<char>(symbol - 'A' + 'a') : symbol;
  });
  return type;
}

bool is_json(std::string_view type) {
  return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

tl::unexpected<Response> malformed(const std::string& reason) {
  return tl::unexpected(problem(400, "malformed_event", reason));
}

tl::unexpected<Response> wrong_type(const std::string& reason) {
  return tl::unexpected(problem(415, "unsupported_content_type", reason));
}

// An attribute that is null counts as unset (JSON Event Format, 2.2 and 2.3).
Result<Bytes> pack_event(const JsonTokens& tokens, std::size_t index) {
  if (tokens.at(index).kind != Kind::map) {
    return fail(Code::invalid, "expected an event as a JSON object, but another kind came");
  }
  std::vector<std::size_t> pairs;
  const std::size_t end = tokens.at(index).end;
  for (std::size_t at = index + 1; at < end; at = tokens.at(at + 1).end) {
    const std::string& name = tokens.at(at).text;
    const JsonTokens::Token& value = tokens.at(at + 1);
    if (value.kind == Kind::null) continue;
    if (name == "data_base64") {
      return fail(Code::invalid,
                  "expected JSON in `data`, but `data_base64` came: events hold no binary");
    }
    const bool is_type = name == "datacontenttype" && value.kind == Kind::text;
    if (is_type && !is_json(media_type(value.text))) {
      return fail(Code::invalid,
                  "expected a JSON datacontenttype, but '" + value.text.substr(0, 80) + "' came");
    }
    pairs.push_back(at);
  }
  Bytes bytes;
  event::Packer packer(bytes);
  packer.map(static_cast<std::uint32_t>(pairs.size()));
  for (std::size_t at : pairs) {
    packer.text(tokens.at(at).text);
    tokens.pack(at + 1, packer);
  }
  if (auto event = event::read_event(bytes); !event) return tl::unexpected(event.error());
  return bytes;
}

Read read_structured(const Request& request) {
  const auto tokens = JsonTokens::parse(request.body);
  if (!tokens) return malformed(tokens.error().reason);
  auto event = pack_event(*tokens, 0);
  if (!event) return malformed(event.error().reason);
  EventsRead read;
  read.events.push_back(std::move(*event));
  return read;
}

Read read_batch(const Request& request) {
  const auto tokens = JsonTokens::parse(request.body);
  if (!tokens) return malformed(tokens.error().reason);
  if (tokens->at(0).kind != Kind::array) {
    return malformed("expected a batch as a JSON array of events, but another kind came");
  }
  EventsRead read;
  read.is_batch = true;
  std::string refused;
  std::size_t index = 0;
  for (std::size_t at : tokens->elements(0)) {
    auto event = pack_event(*tokens, at);
    if (event) {
      read.events.push_back(std::move(*event));
    } else {
      refused += (refused.empty() ? "" : ",") + ("{\"index\":" + std::to_string(index)) +
                 ",\"reason\":" + view::quoted(event.error().reason) + "}";
    }
    ++index;
  }
  if (!refused.empty()) {
    return tl::unexpected(problem(400, "malformed_event",
                                  "expected a batch of events, but some are malformed: nothing of "
                                  "this batch was taken in",
                                  "\"events\":[" + refused + "]"));
  }
  if (read.events.empty()) return malformed("expected at least one event, but the batch is empty");
  return read;
}

Read read_binary(const Request& request, const std::string& type) {
  std::vector<std::pair<std::string, std::string>> attributes;
  for (const auto& [name, value] : request.headers) {
    if (!name.starts_with(attribute_prefix)) continue;
    // HTTP Protocol Binding, 3.1.3.2: values are percent-encoded UTF-8.
    auto text = percent_decode(value);
    if (!text) {
      std::string reason = "expected %XX escapes in header ";
      reason.append(name).append(", but '").append(value).append("' came");
      return malformed(reason);
    }
    attributes.emplace_back(name.substr(attribute_prefix.size()), std::move(*text));
  }
  if (attributes.empty()) {
    return malformed(
        "expected headers ce-specversion, ce-id, ce-source and ce-type, or the content type "
        "application/cloudevents+json, but neither came");
  }
  if (!request.body.empty() && !is_json(type)) {
    return wrong_type("expected JSON as data of an event, but content type '" + type + "' came");
  }
  const bool has_type = !request.body.empty();
  Bytes bytes;
  event::Packer packer(bytes);
  packer.map(static_cast<std::uint32_t>(attributes.size() + (has_type ? 2 : 0)));
  for (const auto& [name, value] : attributes) packer.text(name).text(value);
  if (has_type) {
    const auto tokens = JsonTokens::parse(request.body);
    if (!tokens) return malformed(tokens.error().reason + " (in the body, which is `data`)");
    packer.text("datacontenttype").text(type).text("data");
    tokens->pack(0, packer);
  }
  if (auto event = event::read_event(bytes); !event) return malformed(event.error().reason);
  EventsRead read;
  read.events.push_back(std::move(bytes));
  return read;
}

}  // namespace

Read read_cloud_events(const Request& request) {
  const std::string type = media_type(request.header("content-type"));
  if (type.starts_with(batch_type)) {
    if (type == "application/cloudevents-batch+json") return read_batch(request);
    return wrong_type("expected application/cloudevents-batch+json, but '" + type + "' came");
  }
  if (type.starts_with(structured_type)) {
    if (type == "application/cloudevents+json") return read_structured(request);
    return wrong_type("expected application/cloudevents+json, but '" + type + "' came");
  }
  return read_binary(request, type);
}

}  // namespace perennial::admin
