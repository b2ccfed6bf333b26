#include "sandbox/stripe/webhooks.hpp"

#include <future>

#include "sandbox/base/http_server.hpp"
#include "tests/sandbox/support.hpp"

namespace perennial::sandbox::testing {
namespace {

using std::chrono::seconds;

TEST(Webhooks, SignWithEverySecretOverTimeAndPayload) {
  // The HMAC of RFC 4231, test case 2.
  EXPECT_EQ(stripe::hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");

  const std::string header = stripe::signature_header({"", {"new", "old"}}, 1700000000, "{}");

  EXPECT_EQ(header, "t=1700000000,v1=" + stripe::hmac_sha256_hex("new", "1700000000.{}") +
                        ",v1=" + stripe::hmac_sha256_hex("old", "1700000000.{}"));
}

TEST(Webhooks, DeliverEachEventAgainUntilTheEndpointTakesIt) {
  std::promise<Request> taken;
  std::atomic<int> attempts{0};
  HttpServer endpoint([&](const Request& request) {
    Reply reply;
    reply.response.status = attempts++ == 0 ? 500 : 200;
    if (reply.response.status == 200) taken.set_value(request);
    return reply;
  });
  ASSERT_EQ(endpoint.start(0), "");
  WorldOptions options = small_world(1);
  options.webhook = {endpoint.url() + "/hooks/billing", {"whsec_test"}};
  World world(options);

  billing(world, "POST", "/customers", "name=x");
  auto arrival = taken.get_future();
  for (int i = 0;
       i < 200 && arrival.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready;
       ++i) {
    world.estate.clock.skip(std::chrono::milliseconds(500));
  }

  ASSERT_EQ(arrival.wait_for(seconds(10)), std::future_status::ready);
  const Request request = arrival.get();
  const std::string signature(request.header("Stripe-Signature"));
  const std::string time = signature.substr(2, signature.find(',') - 2);
  EXPECT_EQ(request.path, "/hooks/billing");
  EXPECT_EQ(text_of(*parse_json(request.body), "type"), "customer.created");
  EXPECT_EQ(signature, "t=" + time + ",v1=" +
                           stripe::hmac_sha256_hex("whsec_test", time + "." + request.body));
  EXPECT_EQ(attempts, 2);
}

}  // namespace
}  // namespace perennial::sandbox::testing
