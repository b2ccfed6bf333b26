// Delivers events to the webhook endpoint, signed, and again when the endpoint does not take them.
//
// Thread:  enqueue from any thread; one thread of its own sends.
// Owns:    its thread and queue; borrows the clock.
// Format:  docs.stripe.com/webhooks, "Verify webhook signatures manually": Stripe-Signature with t
// and
//          one v1 for each active secret, HMAC-SHA256 over "{t}.{payload}".
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/base/clock.hpp"
#include "sandbox/base/json.hpp"

namespace perennial::sandbox::stripe {

struct WebhookEndpoint {
  std::string url;  // http://127.0.0.1:port/path
  std::vector<std::string> secrets;
};

std::string hmac_sha256_hex(const std::string& secret, const std::string& text);
std::string signature_header(const WebhookEndpoint& endpoint, std::int64_t at,
                             const std::string& payload);

class WebhookSender {
 public:
  WebhookSender(const Clock& clock, WebhookEndpoint endpoint);
  ~WebhookSender();
  WebhookSender(const WebhookSender&) = delete;
  WebhookSender& operator=(const WebhookSender&) = delete;

  void enqueue(const Json& event);
  void stop();

 private:
  struct Pending {
    std::string payload;
    int attempts = 0;
    SteadyTime due;
  };
  void loop();
  bool send(const std::string& payload) const;

  const Clock& clock_;
  WebhookEndpoint endpoint_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Pending> pending_;  // guarded by mutex_
  bool stopping_ = false;        // guarded by mutex_
  std::thread thread_;
};

}  // namespace perennial::sandbox::stripe
