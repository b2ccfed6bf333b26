#include "plugins/erp/batch.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace perennial::plugins::erp {
namespace {

using common::Headers;
using common::HttpResponse;
using common::Json;
using common::Parsed;

tl::unexpected<std::string> wrong(std::string why) {
  return tl::unexpected<std::string>(std::move(why));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// A boundary that no body contains (RFC 2046, 5.1.1 leaves that to the sender).
std::string free_boundary(const std::vector<BatchPart>& parts, const std::string& stem) {
  std::string bodies;
  for (const BatchPart& part : parts) {
    for (const BatchRequest& request : part.requests) bodies += common::text_of(request.body);
  }
  for (int number = 1;; ++number) {
    std::string boundary = stem + std::to_string(number);
    if (bodies.find(boundary) == std::string::npos) return boundary;
  }
}

std::string http_part(const BatchRequest& request) {
  const std::string body = request.body.is_null() ? "" : common::text_of(request.body);
  std::string text = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n" +
                     request.method + " " + request.path +
                     " HTTP/1.1\r\nAccept: application/json\r\n";
  for (const auto& [name, value] : request.headers.fields()) text += name + ": " + value + "\r\n";
  if (!body.empty()) {
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + body + "\r\n";
}

BatchBody multipart_body(const std::vector<BatchPart>& parts) {
  const std::string outer = free_boundary(parts, "batch_");
  const std::string inner = free_boundary(parts, "changeset_");
  std::string text;
  for (std::size_t index = 0; index < parts.size(); ++index) {
    text += "--" + outer + "\r\n";
    if (!parts[index].is_change_set) {
      text += http_part(parts[index].requests.front());
      continue;
    }
    const std::string boundary = inner + "_" + std::to_string(index);
    text += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n";
    for (const BatchRequest& request : parts[index].requests) {
      text += "--" + boundary + "\r\n" + http_part(request);
    }
    text += "--" + boundary + "--\r\n\r\n";
  }
  return {"multipart/mixed; boundary=" + outer, text + "--" + outer + "--\r\n"};
}

// The identifiers of JSON batches: "<part>.<request>", and the part's as its atomicity group.
std::string id_of(std::size_t part, std::size_t request) {
  return std::to_string(part) + "." + std::to_string(request);
}

BatchBody json_body(const std::vector<BatchPart>& parts) {
  Json requests = Json::array();
  for (std::size_t part = 0; part < parts.size(); ++part) {
    for (std::size_t index = 0; index < parts[part].requests.size(); ++index) {
      const BatchRequest& request = parts[part].requests[index];
      Json shown = {{"id", id_of(part, index)}, {"method", request.method}, {"url", request.path}};
      if (parts[part].is_change_set) shown["atomicityGroup"] = "g" + std::to_string(part);
      Json headers = {{"accept", "application/json"}};
      for (const auto& [name, value] : request.headers.fields()) headers[name] = value;
      if (!request.body.is_null()) {
        headers["content-type"] = "application/json";
        shown["body"] = request.body;
      }
      shown["headers"] = std::move(headers);
      requests.push_back(std::move(shown));
    }
  }
  return {"application/json", common::text_of({{"requests", std::move(requests)}})};
}

// Header lines up to the empty one; `rest` is what follows it.
Headers read_headers(std::string_view text, std::string_view& rest) {
  Headers headers;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    headers.add(std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
  }
  rest = text;
  return headers;
}

std::string boundary_of(const std::string& content_type) {
  constexpr std::string_view name = "boundary=";
  const std::size_t at = content_type.find(name);
  if (content_type.rfind("multipart/mixed", 0) != 0 || at == std::string::npos) return {};
  std::string value = content_type.substr(at + name.size());
  value = value.substr(0, value.find(';'));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return std::string(trimmed(value));
}

// What stands between the boundaries; nothing when the closing one is missing: an answer cut short.
std::optional<std::vector<std::string_view>> split_parts(std::string_view text,
                                                         const std::string& boundary) {
  std::vector<std::string_view> parts;
  const std::string mark = "--" + boundary;
  std::size_t at = text.find(mark);
  while (at != std::string_view::npos) {
    const std::size_t after = at + mark.size();
    if (text.substr(after, 2) == "--") return parts;
    const std::size_t line = text.find('\n', after);
    const std::size_t next = text.find("\n" + mark, after);
    if (line == std::string_view::npos || next == std::string_view::npos) return std::nullopt;
    parts.push_back(text.substr(line + 1, next > line ? next - line - 1 : 0));
    at = next + 1;
  }
  return std::nullopt;
}

Parsed<HttpResponse> read_http(std::string_view text) {
  HttpResponse response;
  const std::size_t end = text.find('\n');
  const std::string_view line = trimmed(text.substr(0, end));
  const std::size_t space = line.find(' ');
  if (line.rfind("HTTP/", 0) != 0 || space == std::string_view::npos ||
      end == std::string_view::npos) {
    return wrong("a part of the batch has no HTTP status line");
  }
  const std::string_view digits = line.substr(space + 1, 3);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), response.status);
  if (read.ec != std::errc() || response.status < 100) {
    return wrong("a part of the batch has no HTTP status");
  }
  std::string_view body;
  response.headers = read_headers(text.substr(end + 1), body);
  while (!body.empty() && (body.back() == '\n' || body.back() == '\r')) body.remove_suffix(1);
  response.body = std::string(body);
  return response;
}

Parsed<std::vector<HttpResponse>> read_part(std::string_view text, bool may_nest) {
  std::string_view content;
  const Headers headers = read_headers(text, content);
  const std::string type = headers.find("content-type").value_or("");
  if (type.rfind("multipart/mixed", 0) != 0) {
    Parsed<HttpResponse> one = read_http(content);
    if (!one) return tl::unexpected(one.error());
    return std::vector<HttpResponse>{std::move(*one)};
  }
  const auto inner = split_parts(content, boundary_of(type));
  if (!inner || !may_nest) return wrong("a change set of the answer is cut short");
  std::vector<HttpResponse> responses;
  for (const std::string_view part : *inner) {
    Parsed<std::vector<HttpResponse>> one = read_part(part, false);
    if (!one) return one;
    responses.push_back(std::move(one->front()));
  }
  return responses;
}

Parsed<BatchAnswers> read_multipart(const HttpResponse& response) {
  const std::string boundary = boundary_of(response.headers.find("content-type").value_or(""));
  if (boundary.empty()) return wrong("the answer of the batch is no multipart/mixed");
  const auto parts = split_parts(response.body, boundary);
  if (!parts) return wrong("the answer of the batch is cut short");
  BatchAnswers answers;
  for (const std::string_view part : *parts) {
    Parsed<std::vector<HttpResponse>> one = read_part(part, true);
    if (!one) return tl::unexpected(one.error());
    answers.push_back(std::move(*one));
  }
  return answers;
}

HttpResponse read_json_response(const Json& given) {
  HttpResponse response;
  const Json* status = common::find_at(given, {"status"});
  if (status != nullptr && status->is_number_integer()) response.status = status->get<int>();
  if (const Json* headers = common::find_at(given, {"headers"}); headers != nullptr) {
    for (const auto& [name, value] : headers->items()) {
      if (value.is_string()) response.headers.add(name, value.get<std::string>());
    }
  }
  if (const Json* body = common::find_at(given, {"body"}); body != nullptr && !body->is_null()) {
    response.body = common::text_of(*body);
  }
  return response;
}

// Responses may come in any order, and a failed group may answer under any of its identifiers.
Parsed<BatchAnswers> read_json(const HttpResponse& response, const std::vector<BatchPart>& parts) {
  const Parsed<Json> parsed = common::parse_json(response.body);
  if (!parsed) return tl::unexpected(parsed.error());
  const Json* responses = common::find_at(*parsed, {"responses"});
  if (responses == nullptr || !responses->is_array()) {
    return wrong("the answer of the batch has no `responses`");
  }
  BatchAnswers answers(parts.size());
  for (std::size_t part = 0; part < parts.size(); ++part) {
    for (std::size_t index = 0; index < parts[part].requests.size(); ++index) {
      const auto found = std::find_if(responses->begin(), responses->end(), [&](const Json& one) {
        return common::text_at(one, {"id"}) == id_of(part, index);
      });
      if (found == responses->end()) continue;
      HttpResponse one = read_json_response(*found);
      if (one.status >= 400 && parts[part].is_change_set) answers[part].clear();
      answers[part].push_back(std::move(one));
      if (answers[part].back().status >= 400) break;
    }
  }
  return answers;
}

bool fits(const BatchPart& part, const std::vector<HttpResponse>& answers) {
  if (answers.size() == part.requests.size()) return true;
  return part.is_change_set && answers.size() == 1 && answers.front().status >= 400;
}

}  // namespace

BatchBody batch_body(const std::vector<BatchPart>& parts, BatchFormat format) {
  return format == BatchFormat::json ? json_body(parts) : multipart_body(parts);
}

Parsed<BatchAnswers> batch_answers(const HttpResponse& response,
                                   const std::vector<BatchPart>& parts, BatchFormat format) {
  Parsed<BatchAnswers> answers =
      format == BatchFormat::json ? read_json(response, parts) : read_multipart(response);
  if (!answers) return answers;
  bool is_matched = answers->size() == parts.size();
  for (std::size_t index = 0; is_matched && index < parts.size(); ++index) {
    is_matched = fits(parts[index], (*answers)[index]);
  }
  if (!is_matched) {
    return wrong("the answer of the batch does not fit its " + std::to_string(parts.size()) +
                 " parts");
  }
  return answers;
}

}  // namespace perennial::plugins::erp
