#include "runtime/admin/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>

namespace perennial::admin {
namespace {

// More than the longest list that the API gives.
constexpr std::size_t answer_bytes_max = 512 * 1024 * 1024;

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

void append(List& list, const std::string& line) {
  if (curl_slist* longer = curl_slist_append(list.get(), line.c_str())) {
    (void)list.release();
    list.reset(longer);
  }
}

std::size_t take_body(char* bytes, std::size_t /*size*/, std::size_t count, void* target) {
  auto& response = *static_cast<Response*>(target);
  if (response.body.size() + count > answer_bytes_max) return 0;
  response.body.append(bytes, count);
  return count;
}

std::size_t take_header(char* bytes, std::size_t /*size*/, std::size_t count, void* target) {
  auto& response = *static_cast<Response*>(target);
  std::string_view line(bytes, count);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return count;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), [](char symbol) {
    return symbol >= 'A' && symbol <= 'Z' ? static_cast<char>(symbol - 'A' + 'a') : symbol;
  });
  line.remove_prefix(colon + 1);
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  if (name == "content-type") response.content_type = line;
  response.headers.emplace_back(std::move(name), line);
  return count;
}

}  // namespace

struct HttpClient::Handle {
  Handle() : easy(curl_easy_init()) {}
  ~Handle() { curl_easy_cleanup(easy); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  CURL* easy;
};

HttpClient::HttpClient(std::string base, std::string token, std::chrono::milliseconds deadline)
    : handle_(std::make_unique<Handle>()),
      base_(std::move(base)),
      token_(std::move(token)),
      deadline_(deadline) {}

HttpClient::~HttpClient() = default;

Result<Response> HttpClient::call(const std::string& method, const std::string& target,
                                  const std::string& body, const Headers& headers) {
  CURL* easy = handle_->easy;
  if (easy == nullptr) return fail(Code::defect, "expected libcurl to start, but it did not");
  Response response;
  response.content_type.clear();
  List list;
  for (const auto& [name, value] : headers) append(list, name + ": " + value);
  if (!token_.empty()) append(list, "Authorization: Bearer " + token_);
  // Without this libcurl waits a second for a word that servers seldom give.
  append(list, "Expect:");
  const std::string url = base_ + target;
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // The runtime listens on loopback: no proxy of the environment may get the token.
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(deadline_.count()));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &response);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &response);
  if (method != "GET") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  const CURLcode code = curl_easy_perform(easy);
  if (code != CURLE_OK) {
    return fail(Code::unavailable,
                "expected an answer of " + base_ + ", but " + curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<unsigned>(status);
  return response;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view marks = "-._~";
  std::string out;
  for (char symbol : text) {
    const bool is_plain = (symbol >= 'a' && symbol <= 'z') || (symbol >= 'A' && symbol <= 'Z') ||
                          (symbol >= '0' && symbol <= '9') ||
                          marks.find(symbol) != std::string_view::npos;
    if (is_plain) {
      out += symbol;
      continue;
    }
    const auto byte = static_cast<unsigned char>(symbol);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace perennial::admin
