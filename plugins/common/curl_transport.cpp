#include "plugins/common/curl_transport.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>

namespace perennial::plugins::common {
namespace {

constexpr std::size_t header_bytes_max = std::size_t{64} << 10u;
constexpr std::size_t header_fields_max = 256;

struct Reading {
  HttpResponse response;
  std::size_t body_bytes_max = 0;
  std::size_t header_bytes = 0;
  std::size_t header_fields = 0;
  bool is_too_large = false;
};

struct Writing {
  std::string_view rest;
};

// libcurl calls these from C, so nothing may be thrown through it.
std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* context) noexcept {
  auto& reading = *static_cast<Reading*>(context);
  const std::size_t given = size * count;
  if (reading.response.body.size() + given > reading.body_bytes_max) {
    reading.is_too_large = true;
    return 0;
  }
  try {
    reading.response.body.append(bytes, given);
  } catch (...) {
    return 0;
  }
  return given;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

void take_header_line(Reading& reading, std::string_view line) {
  // A status line begins a new answer: what an interim 1xx or the proxy said is over.
  if (line.substr(0, 5) == "HTTP/") {
    reading.response.headers = Headers();
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  reading.response.headers.add(std::string(line.substr(0, colon)),
                               std::string(trimmed(line.substr(colon + 1))));
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* context) noexcept {
  auto& reading = *static_cast<Reading*>(context);
  const std::size_t given = size * count;
  reading.header_bytes += given;
  reading.header_fields += 1;
  if (reading.header_bytes > header_bytes_max || reading.header_fields > header_fields_max) {
    reading.is_too_large = true;
    return 0;
  }
  try {
    take_header_line(reading, std::string_view(bytes, given));
  } catch (...) {
    return 0;
  }
  return given;
}

std::size_t give_body(char* bytes, std::size_t size, std::size_t count, void* context) noexcept {
  auto& writing = *static_cast<Writing*>(context);
  const std::size_t given = std::min(size * count, writing.rest.size());
  std::memcpy(bytes, writing.rest.data(), given);
  writing.rest.remove_prefix(given);
  return given;
}

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

List header_list(const HttpRequest& request) {
  curl_slist* list = nullptr;
  for (const auto& [name, value] : request.headers.fields()) {
    // "Name;" is libcurl's way to send a field with an empty value.
    list = curl_slist_append(list, (value.empty() ? name + ";" : name + ": " + value).c_str());
  }
  // Without this a large body waits up to a second for a "100 Continue" that few servers send.
  return List(curl_slist_append(list, "Expect:"));
}

bool is_before_sending(CURLcode code) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PROXY:
      return true;
    default:
      return false;
  }
}

std::string_view name_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
      return "resolve_failed";
    case CURLE_COULDNT_CONNECT:
      return "connect_failed";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return "tls_failed";
    case CURLE_OPERATION_TIMEDOUT:
      return "timeout";
    case CURLE_PARTIAL_FILE:
      return "answer_cut_short";
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return "connection_lost";
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return "url_invalid";
    default:
      return "transport_failed";
  }
}

TransportFailure failure_of(CURL* curl, CURLcode code, const Reading& reading, const char* detail) {
  if (reading.is_too_large) {
    return {Phase::maybe_sent, "answer_too_large",
            "the answer exceeds " + std::to_string(reading.body_bytes_max) +
                " bytes of body, or 64 KiB or 256 fields of header"};
  }
  // libcurl counts the bytes of the request that it handed to the socket; with none the remote
  // cannot have seen it, whatever failed.
  long request_bytes = 0;
  curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &request_bytes);
  const bool is_unsent = is_before_sending(code) || request_bytes == 0;
  std::string text = detail[0] == '\0' ? curl_easy_strerror(code) : detail;
  return {is_unsent ? Phase::surely_not_sent : Phase::maybe_sent, std::string(name_of(code)),
          std::move(text)};
}

bool has_body(const HttpRequest& request) {
  return request.method != "GET" && request.method != "HEAD" &&
         !(request.method == "DELETE" && request.body.empty());
}

// A request body goes out through a read callback without a way to rewind. That is on purpose: on a
// reused connection that dies unanswered libcurl repeats a request by itself, which for a POST is a
// second effect; without a rewind it fails with CURLE_SEND_FAIL_REWIND instead, and the runtime
// looks the effect up. (libcurl, lib/transfer.c, Curl_retry_request and Curl_readrewind.)
void set_method(CURL* curl, const HttpRequest& request, Writing& writing) {
  if (request.method == "GET") {
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    return;
  }
  if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    return;
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (!has_body(request)) return;
  writing.rest = request.body;
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
  curl_easy_setopt(curl, CURLOPT_READDATA, &writing);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  // A body of no bytes has nothing to rewind, so only a fresh connection keeps libcurl from
  // repeating such a request.
  if (request.body.empty()) curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
}

void set_security(CURL* curl, const CurlSettings& settings) {
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // A redirect would carry credentials and repeat effects elsewhere; none of the vendors needs one.
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROXY, settings.proxy.c_str());
  if (!settings.ca_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, settings.ca_file.c_str());
  }
  if (!settings.client_certificate.empty()) {
    curl_easy_setopt(curl, CURLOPT_SSLCERT, settings.client_certificate.c_str());
    curl_easy_setopt(curl, CURLOPT_SSLKEY, settings.client_key.c_str());
  }
}

void set_exchange(CURL* curl, const HttpRequest& request, std::int64_t connect_timeout_ms,
                  Reading& reading) {
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  // HTTP/2 streams refused by the server would be repeated by libcurl out of our sight.
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::min(connect_timeout_ms, request.timeout_ms)));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reading);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reading);
}

}  // namespace

struct CurlTransport::Handle {
  Handle() : curl(curl_easy_init()) {}
  ~Handle() { curl_easy_cleanup(curl); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  CURL* curl;
};

CurlTransport::CurlTransport(CurlSettings settings) : settings_(std::move(settings)) {
  // Counted by libcurl and safe from several threads since 7.84 (curl_global_init(3)).
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

CurlTransport::~CurlTransport() = default;

std::unique_ptr<CurlTransport::Handle> CurlTransport::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Handle> handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  return std::make_unique<Handle>();
}

void CurlTransport::give_back(std::unique_ptr<Handle> handle) {
  curl_easy_reset(handle->curl);  // Keeps live connections, forgets options and their pointers.
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(handle));
}

Exchange CurlTransport::send(const HttpRequest& request) {
  std::unique_ptr<Handle> handle = borrow();
  CURL* curl = handle->curl;
  if (curl == nullptr) {
    return tl::unexpected(
        TransportFailure{Phase::surely_not_sent, "transport_failed", "libcurl gave no handle"});
  }
  Reading reading;
  reading.body_bytes_max = settings_.response_bytes_max;
  Writing writing;
  const List headers = header_list(request);
  char detail[CURL_ERROR_SIZE] = "";
  set_security(curl, settings_);
  set_method(curl, request, writing);
  set_exchange(curl, request, settings_.connect_timeout_ms, reading);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);

  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) {
    TransportFailure failure = failure_of(curl, code, reading, detail);
    give_back(std::move(handle));
    return tl::unexpected(std::move(failure));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  reading.response.status = static_cast<int>(status);
  give_back(std::move(handle));
  return std::move(reading.response);
}

}  // namespace perennial::plugins::common
