// $batch of the simulated services: multipart/mixed in both versions, JSON in v4 as well.
//
// Followed: "$batch Processing" (help.sap.com, SAP Gateway): parts run in their order, a change set
// is atomic and answers with a single part when it fails, holds no reads and nests no further; OData
// JSON Format 4.01, 19, for the JSON format with atomicityGroup.
#include <algorithm>
#include <sstream>

#include "sandbox/sap/erp.hpp"

namespace perennial::sandbox::sap {
namespace {

// A MIME part: its header fields and what follows the empty line.
struct MimePart {
  Pairs headers;
  std::string content;

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (equal_ignoring_case(key, name)) return value;
    }
    return {};
  }
};

std::string without_return(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

Pairs read_fields(std::istringstream& lines) {
  Pairs fields;
  std::string line;
  while (std::getline(lines, line) && !(line = without_return(line)).empty()) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t value = line.find_first_not_of(' ', colon + 1);
    fields.emplace_back(line.substr(0, colon),
                        value == std::string::npos ? "" : line.substr(value));
  }
  return fields;
}

std::string rest_of(std::istringstream& lines) {
  std::ostringstream rest;
  rest << lines.rdbuf();
  return rest.str();
}

std::string boundary_of(std::string_view content_type) {
  const std::size_t at = content_type.find("boundary=");
  if (content_type.rfind("multipart/mixed", 0) != 0 || at == std::string_view::npos) return {};
  std::string boundary(content_type.substr(at + 9));
  boundary = boundary.substr(0, boundary.find(';'));
  boundary.erase(std::remove(boundary.begin(), boundary.end(), '"'), boundary.end());
  return boundary;
}

std::optional<std::vector<MimePart>> read_multipart(const std::string& body,
                                                    const std::string& boundary) {
  std::vector<MimePart> parts;
  std::istringstream lines(body);
  std::string line;
  std::string collected;
  bool is_inside = false;
  while (std::getline(lines, line)) {
    const std::string plain = without_return(line);
    const bool is_end = plain == "--" + boundary + "--";
    if (plain != "--" + boundary && !is_end) {
      if (is_inside) collected += line + "\n";
      continue;
    }
    if (is_inside) {
      std::istringstream part(collected);
      MimePart read{read_fields(part), {}};
      read.content = rest_of(part);
      parts.push_back(std::move(read));
    }
    if (is_end) return parts;
    is_inside = true;
    collected.clear();
  }
  return std::nullopt;
}

// The request of an application/http part, made absolute under its service.
std::optional<Request> read_request(const MimePart& part, const Service& service) {
  std::istringstream lines(part.content);
  std::string line;
  if (part.header("Content-Type").rfind("application/http", 0) != 0) return std::nullopt;
  if (!std::getline(lines, line)) return std::nullopt;
  line = without_return(line);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string::npos || first == last) return std::nullopt;
  const std::string target = line.substr(first + 1, last - first - 1);
  Pairs fields = read_fields(lines);
  std::string body = rest_of(lines);
  while (!body.empty() && (body.back() == '\n' || body.back() == '\r')) body.pop_back();
  return make_request(line.substr(0, first),
                      target.front() == '/' ? target : service.path + "/" + target,
                      std::move(fields), std::move(body));
}

std::string reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 404:
      return "Not Found";
    case 412:
      return "Precondition Failed";
    case 428:
      return "Precondition Required";
    default:
      return status < 400 ? "Done" : "Bad Request";
  }
}

std::string http_part(const Response& response) {
  std::string text = "Content-Type: application/http\r\ncontent-transfer-encoding: binary\r\n\r\n";
  text += "HTTP/1.1 " + std::to_string(response.status) + " " + reason_of(response.status) + "\r\n";
  if (!response.content_type.empty()) text += "Content-Type: " + response.content_type + "\r\n";
  text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  for (const auto& [name, value] : response.headers) text += name + ": " + value + "\r\n";
  return text + "\r\n" + response.body + "\r\n";
}

bool is_read(const Request& request) {
  return request.method == "GET";
}

// No requests when the part cannot be read.
BatchStep read_step(const MimePart& part, const Service& service) {
  BatchStep step;
  const std::string boundary = boundary_of(part.header("Content-Type"));
  step.is_change_set = !boundary.empty();
  const auto nested = step.is_change_set ? read_multipart(part.content, boundary)
                                         : std::optional(std::vector<MimePart>{part});
  for (const MimePart& one : nested.value_or(std::vector<MimePart>())) {
    auto request = read_request(one, service);
    if (!request) return {step.is_change_set, {}};
    step.requests.push_back(std::move(*request));
  }
  return step;
}

// One of the requests of a JSON batch.
Request json_request(const Json& one, const Service& service) {
  Pairs fields;
  for (const auto& [name, value] : member_of(one, "headers").items()) {
    if (value.is_string()) fields.emplace_back(name, value.get<std::string>());
  }
  std::string method = text_of(one, "method");
  std::transform(method.begin(), method.end(), method.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const std::string url = text_of(one, "url");
  const Json& body = member_of(one, "body");
  return make_request(method, url.rfind('/', 0) == 0 ? url : service.path + "/" + url,
                      std::move(fields), body.is_null() ? "" : body.dump());
}

// An applied change set answers with a nested document, a failed one with its one error.
std::string step_text(const std::vector<Response>& responses, bool is_change_set,
                      const std::string& boundary) {
  if (!is_change_set || responses.front().status >= 400) return http_part(responses.front());
  std::string inside;
  for (const Response& one : responses) inside += "--" + boundary + "\r\n" + http_part(one);
  inside += "--" + boundary + "--\r\n";
  return "Content-Type: multipart/mixed; boundary=" + boundary +
         "\r\nContent-Length: " + std::to_string(inside.size()) + "\r\n\r\n" + inside + "\r\n";
}

}  // namespace

// All requests of a change set, or none: each is tried without its effect first.
std::vector<Response> Erp::run_change_set(const std::vector<Request>& requests) {
  is_rehearsal_ = true;
  for (const Request& request : requests) {
    Response tried = is_read(request)
                         ? failed(request, {400, "/IWBEP/CM_MGW_RT/098",
                                            "A change set may not hold retrieve requests", ""})
                         : route(request);
    if (tried.status < 400) continue;
    is_rehearsal_ = false;
    return {std::move(tried)};
  }
  is_rehearsal_ = false;
  std::vector<Response> responses;
  for (const Request& request : requests) responses.push_back(route(request));
  return responses;
}

std::vector<Response> Erp::run_step(const Request& outer, const BatchStep& step) {
  if (step.requests.empty() || (!step.is_change_set && !is_read(step.requests.front()))) {
    return {failed(outer, {400, "/IWBEP/CM_MGW_RT/097",
                           "A part is neither a read nor a whole change set", ""})};
  }
  if (step.is_change_set) return run_change_set(step.requests);
  return {route(step.requests.front())};
}

Response Erp::run_batch(const Request& request, const Service& service, bool fails_some) {
  if (service.is_v4 && request.header("Content-Type").rfind("application/json", 0) == 0) {
    return run_json_batch(request, service);
  }
  const std::string boundary = boundary_of(request.header("Content-Type"));
  const auto parts = boundary.empty() ? std::nullopt : read_multipart(request.body, boundary);
  if (!parts) {
    return failed(request, {400, "/IWBEP/CM_MGW_RT/096",
                            "The batch is no complete multipart/mixed document", ""});
  }
  const std::string outer = "ejjeeffe" + std::to_string(parts->size());
  std::string body;
  std::size_t number = 0;
  for (const MimePart& part : *parts) {
    const BatchStep step = read_step(part, service);
    // A passing failure of every second change set, for a caller that must take them apart.
    const bool is_locked = step.is_change_set && fails_some && number % 2 == 0;
    const std::vector<Response> responses =
        is_locked ? std::vector<Response>{refuse(Refusal::locked, step.requests.front())}
                  : run_step(request, step);
    body += "--" + outer + "\r\n" +
            step_text(responses, step.is_change_set, outer + "-" + std::to_string(++number) + "c");
  }
  Response response;
  response.status = service.is_v4 ? 200 : 202;
  response.with(service.is_v4 ? "OData-Version" : "dataserviceversion",
                service.is_v4 ? "4.0" : "2.0");
  response.content_type = "multipart/mixed; boundary=" + outer;
  response.body = body + "--" + outer + "--\r\n";
  return response;
}

Response Erp::run_json_batch(const Request& request, const Service& service) {
  const auto posted = parse_json(request.body);
  const Json& given = posted ? member_of(*posted, "requests") : member_of(Json(), "");
  if (!given.is_array()) {
    return failed(request, {400, "/IWBEP/CM_V4_COS/014", "The batch has no list 'requests'", ""});
  }
  Json responses = Json::array();
  for (std::size_t at = 0; at < given.size();) {
    const std::string group = text_of(given[at], "atomicityGroup");
    std::vector<Request> requests;
    std::vector<std::string> ids;
    do {
      requests.push_back(json_request(given[at], service));
      ids.push_back(text_of(given[at], "id"));
      ++at;
    } while (!group.empty() && at < given.size() && text_of(given[at], "atomicityGroup") == group);
    const std::vector<Response> answers =
        group.empty() ? std::vector<Response>{route(requests.front())} : run_change_set(requests);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      Json shown{{"id", ids[i]}, {"status", answers[i].status}, {"headers", Json::object()}};
      if (!group.empty()) shown["atomicityGroup"] = group;
      for (const auto& [name, value] : answers[i].headers) {
        shown["headers"][lower_case(name)] = value;
      }
      if (const auto body = parse_json(answers[i].body)) shown["body"] = *body;
      responses.push_back(std::move(shown));
    }
  }
  return answer(request, 200, {{"responses", std::move(responses)}});
}

}  // namespace perennial::sandbox::sap
