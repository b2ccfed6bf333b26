#include "sandbox/stripe/webhooks.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>

namespace perennial::sandbox::stripe {
namespace {

constexpr int attempts_max = 8;
constexpr std::chrono::milliseconds first_wait{500};
constexpr std::chrono::seconds answer_wait_max{10};

struct Target {
  std::string host;
  std::string port = "80";
  std::string path = "/";
};

Target split_url(const std::string& url) {
  Target target;
  std::string rest = url.rfind("http://", 0) == 0 ? url.substr(7) : url;
  const std::size_t slash = rest.find('/');
  if (slash != std::string::npos) target.path = rest.substr(slash);
  rest = rest.substr(0, slash);
  const std::size_t colon = rest.find(':');
  target.host = rest.substr(0, colon);
  if (colon != std::string::npos) target.port = rest.substr(colon + 1);
  return target;
}

}  // namespace

std::string hmac_sha256_hex(const std::string& secret, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length);
  static constexpr std::string_view hex = "0123456789abcdef";
  std::string result;
  for (unsigned int i = 0; i < length; ++i) {
    result += hex[digest.at(i) >> 4U];
    result += hex[digest.at(i) & 15U];
  }
  return result;
}

std::string signature_header(const WebhookEndpoint& endpoint, std::int64_t at,
                             const std::string& payload) {
  std::string header = "t=" + std::to_string(at);
  for (const std::string& secret : endpoint.secrets) {
    header += ",v1=" + hmac_sha256_hex(secret, std::to_string(at) + "." + payload);
  }
  return header;
}

WebhookSender::WebhookSender(const Clock& clock, WebhookEndpoint endpoint)
    : clock_(clock), endpoint_(std::move(endpoint)), thread_([this] { loop(); }) {}

WebhookSender::~WebhookSender() {
  stop();
}

void WebhookSender::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void WebhookSender::enqueue(const Json& event) {
  const std::lock_guard lock(mutex_);
  pending_.push_back({event.dump(2), 0, clock_.steady()});
  changed_.notify_all();
}

void WebhookSender::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto next = std::min_element(
        pending_.begin(), pending_.end(),
        [](const Pending& left, const Pending& right) { return left.due < right.due; });
    if (next == pending_.end()) {
      changed_.wait(lock);
      continue;
    }
    const SteadyTime now = clock_.steady();
    if (next->due > now) {
      changed_.wait_for(lock, next->due - now);
      continue;
    }
    Pending current = std::move(*next);
    pending_.erase(next);
    lock.unlock();
    const bool is_taken = send(current.payload);
    lock.lock();
    if (is_taken || ++current.attempts >= attempts_max) continue;
    // The vendor retries for days; the sandbox doubles a short wait instead.
    current.due = clock_.steady() + first_wait * (1 << current.attempts);
    pending_.push_back(std::move(current));
  }
}

bool WebhookSender::send(const std::string& payload) const {
  const Target target = split_url(endpoint_.url);
  boost::asio::ip::tcp::iostream stream;
  stream.expires_after(answer_wait_max);
  stream.connect(target.host, target.port);
  if (!stream) return false;
  stream << "POST " << target.path << " HTTP/1.1\r\nHost: " << target.host << ":" << target.port
         << "\r\nContent-Type: application/json; charset=utf-8\r\nUser-Agent: Stripe/1.0 "
            "(+https://stripe.com/docs/webhooks)\r\nStripe-Signature: "
         << signature_header(endpoint_, unix_seconds(clock_.wall()), payload)
         << "\r\nContent-Length: " << payload.size() << "\r\nConnection: close\r\n\r\n"
         << payload << std::flush;
  std::string version;
  int status = 0;
  stream >> version >> status;
  return status >= 200 && status < 300;
}

}  // namespace perennial::sandbox::stripe
