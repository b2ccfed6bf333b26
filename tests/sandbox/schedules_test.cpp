#include "tests/sandbox/support.hpp"

namespace perennial::sandbox::testing {
namespace {

constexpr std::int64_t year_s = 365LL * 86400;

// A sandbox whose first renewal's subscription is under a schedule.
struct Scheduled {
  explicit Scheduled(World& target)
      : world(target), subscription(world.estate.renewal("R-000001")->subscription_id) {
    // The plan's terms lie ahead of the clock; a schedule is made while the old term runs.
    move_clock(number_of(subscription_now(), "current_period_start") + 86400);
    schedule = json_of(
        billing(world, "POST", "/subscription_schedules", "from_subscription=" + subscription));
  }

  std::string path() const { return "/subscription_schedules/" + text_of(schedule, "id"); }
  std::int64_t begin() const { return number_of(schedule["phases"][0], "start_date"); }
  std::int64_t end() const { return number_of(schedule["phases"][0], "end_date"); }
  std::string price() const { return text_of(schedule["phases"][0]["items"][0], "price"); }
  Json subscription_now() const {
    return json_of(billing(world, "GET", "/subscriptions/" + subscription));
  }
  // The phase under way as it is, and a next one of a year with 41 units.
  std::string two_phases(std::int64_t start) const {
    return "phases[0][start_date]=" + std::to_string(start) +
           "&phases[0][end_date]=" + std::to_string(end()) +
           "&phases[0][items][0][price]=" + price() + "&phases[0][items][0][quantity]=1" +
           "&phases[1][items][0][price]=" + price() + "&phases[1][items][0][quantity]=41" +
           "&phases[1][duration][interval]=year&phases[1][metadata][renewal_number]=R-000001";
  }
  void move_clock(std::int64_t to) const {
    control(world, "PUT", "/clock", {{"now", format_instant(from_unix_seconds(to))}});
  }

  World& world;
  std::string subscription;
  Json schedule;
};

TEST(BillingSchedules, TakesOverTheTermThatTheSubscriptionHas) {
  World world(small_world(2));
  const Scheduled made(world);

  EXPECT_EQ(made.schedule["status"], "active");
  EXPECT_EQ(made.begin(), number_of(made.subscription_now(), "current_period_start"));
  EXPECT_EQ(made.end(), number_of(made.subscription_now(), "current_period_end"));
  EXPECT_EQ(made.subscription_now()["schedule"], made.schedule["id"]);
}

TEST(BillingSchedules, RefusesASecondScheduleOfOneSubscription) {
  World world(small_world(2));
  const Scheduled made(world);

  const Response second =
      billing(world, "POST", "/subscription_schedules", "from_subscription=" + made.subscription);

  EXPECT_EQ(second.status, 400);
}

TEST(BillingSchedules, RefusesToCancelAScheduledSubscriptionDirectly) {
  World world(small_world(2));
  const Scheduled made(world);

  const Response answer = billing(world, "POST", "/subscriptions/" + made.subscription,
                                  "cancel_at=" + std::to_string(made.end()));

  EXPECT_EQ(answer.status, 400);
  EXPECT_TRUE(made.subscription_now()["cancel_at"].is_null());
}

TEST(BillingSchedules, RefusesPhasesThatMoveTheStartOfThePresentOne) {
  World world(small_world(2));
  const Scheduled made(world);

  const Response answer = billing(world, "POST", made.path(), made.two_phases(made.begin() + 3600));

  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(json_of(answer)["error"]["param"], "phases[0][start_date]");
}

TEST(BillingSchedules, StartsTheNextPhaseWhenItsTimeComesAndNotBefore) {
  World world(small_world(2));
  const Scheduled made(world);
  ASSERT_EQ(billing(world, "POST", made.path(), made.two_phases(made.begin())).status, 200);
  const Json before = made.subscription_now();

  made.move_clock(made.end() - 1);
  EXPECT_EQ(made.subscription_now()["items"], before["items"]);
  made.move_clock(made.end());

  const Json after = made.subscription_now();
  EXPECT_EQ(after["items"]["data"].size(), 1U);
  EXPECT_EQ(after["items"]["data"][0]["quantity"], 41);
  EXPECT_EQ(after["metadata"]["renewal_number"], "R-000001");
  EXPECT_EQ(number_of(after, "current_period_start"), made.end());
}

TEST(BillingSchedules, CompletesAfterTheLastPhaseAndLetsTheSubscriptionRun) {
  World world(small_world(2));
  const Scheduled made(world);
  billing(world, "POST", made.path(), made.two_phases(made.begin()));

  made.move_clock(made.end() + year_s + 2 * 86400);

  const Json schedule = json_of(billing(world, "GET", made.path()));
  EXPECT_EQ(schedule["status"], "completed");
  EXPECT_EQ(schedule["released_subscription"], made.subscription);
  EXPECT_EQ(made.subscription_now()["status"], "active");
  EXPECT_EQ(made.subscription_now()["items"]["data"][0]["quantity"], 41);
}

TEST(BillingSchedules, EndsTheSubscriptionWhenItsEndIsToCancel) {
  World world(small_world(2));
  const Scheduled made(world);
  billing(world, "POST", made.path(), made.two_phases(made.begin()) + "&end_behavior=cancel");
  const std::int64_t end = number_of(made.subscription_now(), "cancel_at");

  made.move_clock(end);

  EXPECT_GT(end, made.end());
  EXPECT_EQ(made.subscription_now()["status"], "canceled");
  EXPECT_EQ(json_of(billing(world, "GET", made.path()))["status"], "completed");
}

TEST(BillingSchedules, ReleasesTheSubscriptionAndItsCancelDate) {
  World world(small_world(2));
  const Scheduled made(world);
  billing(world, "POST", made.path(), made.two_phases(made.begin()) + "&end_behavior=cancel");

  const Json released = json_of(billing(world, "POST", made.path() + "/release"));

  EXPECT_EQ(released["status"], "released");
  EXPECT_TRUE(made.subscription_now()["schedule"].is_null());
  EXPECT_TRUE(made.subscription_now()["cancel_at"].is_null());
  EXPECT_EQ(billing(world, "POST", made.path(), "end_behavior=cancel").status, 400);
}

TEST(BillingSchedules, CountAsRenewedWhileTheTermIsStillToCome) {
  World world(small_world(2));
  const Scheduled made(world);
  const PlannedRenewal& renewal = *world.estate.renewal("R-000001");
  const auto judged = [&] {
    return json_of(
        control(world, "GET", "/settlement?renewal=R-000001"))["list"][0]["subscription"];
  };
  EXPECT_EQ(judged()["renewed"], false);
  const std::string form = "phases[0][start_date]=" + std::to_string(made.begin()) +
                           "&phases[0][end_date]=" + std::to_string(made.end()) +
                           "&phases[0][items][0][price]=" + made.price() +
                           "&phases[1][items][0][price]=" + made.price() +
                           "&phases[1][metadata][renewal_number]=R-000001&end_behavior=cancel";
  const auto ending = [&](Day day) {
    return form + "&phases[1][end_date]=" + std::to_string(unix_seconds(start_of(day)));
  };

  ASSERT_EQ(billing(world, "POST", made.path(), ending(renewal.end + std::chrono::days(1))).status,
            200);
  EXPECT_EQ(judged()["renewed"], false);
  ASSERT_EQ(billing(world, "POST", made.path(), ending(renewal.end)).status, 200);

  EXPECT_EQ(judged()["renewed"], true);
}

TEST(BillingSchedules, AreRefusedForADeclinedCardAndADeletedCustomer) {
  World world(small_world(2));
  const Scheduled made(world);
  const Json declined = {{"renewal", "R-000001"}, {"kind", "card_declined"}};
  const Json deleted = {{"renewal", "R-000001"}, {"kind", "customer_deleted"}};

  ASSERT_EQ(control(world, "POST", "/planted", declined).status, 201);
  const Response card = billing(world, "POST", made.path(), made.two_phases(made.begin()));
  ASSERT_EQ(control(world, "POST", "/planted", deleted).status, 201);
  const Response gone = billing(world, "POST", made.path(), made.two_phases(made.begin()));
  control(world, "DELETE", "/planted");

  EXPECT_EQ(card.status, 402);
  EXPECT_EQ(json_of(card)["error"]["decline_code"], "insufficient_funds");
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(billing(world, "POST", made.path(), made.two_phases(made.begin())).status, 200);
}

TEST(BillingProrations, CreditUnusedAndChargeRemainingTimeFromTheirDate) {
  World world(small_world(2));
  const PlannedRenewal& renewal = *world.estate.renewal("R-000001");
  const std::string path = "/subscriptions/" + renewal.subscription_id;
  const Json before = json_of(billing(world, "GET", path));
  const Json& line = before["items"]["data"][0];
  const std::int64_t start = number_of(before, "current_period_start");
  const std::int64_t end = number_of(before, "current_period_end");
  const std::int64_t middle = start + (end - start) / 2;
  const std::int64_t quantity = number_of(line, "quantity");
  const std::string change = "items[0][id]=" + text_of(line, "id") +
                             "&items[0][quantity]=" + std::to_string(quantity + 2) +
                             "&proration_date=";

  EXPECT_EQ(billing(world, "POST", path, change + std::to_string(end + 1)).status, 400);
  ASSERT_EQ(billing(world, "POST", path, change + std::to_string(middle)).status, 200);

  const Json items = json_of(billing(world, "GET", "/invoiceitems"))["data"];
  ASSERT_EQ(items.size(), 2U);
  const std::int64_t unit = number_of(line["price"], "unit_amount");
  // Halves round away from zero.
  EXPECT_EQ(number_of(items[1], "amount"), -((unit * quantity + 1) / 2));
  EXPECT_EQ(number_of(items[0], "amount"), (unit * (quantity + 2) + 1) / 2);
  EXPECT_EQ(items[0]["proration"], true);
}

TEST(BillingSchedules, RefusesAScheduleThatNamesNothingToSchedule) {
  World world(small_world(2));

  const Json missing = json_of(billing(world, "POST", "/subscription_schedules"));
  const Response unknown = billing(world, "POST", "/subscription_schedules/sub_sched_none/release");

  EXPECT_EQ(missing["error"]["param"], "customer");
  EXPECT_EQ(unknown.status, 404);
}

}  // namespace
}  // namespace perennial::sandbox::testing
