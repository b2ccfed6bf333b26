// One instance of the testing plugin behind Connector: lifecycle, and what becomes of each misuse.
#include "runtime/host/connector.hpp"

#include <gmock/gmock.h>
#include <perennial/plugin.h>

#include "tests/unit/host/support.hpp"

namespace perennial::host {
namespace {

using ::testing::HasSubstr;

class ConnectorTest : public ::testing::Test {
 protected:
  std::unique_ptr<Connector> create(Secrets secrets = {}) {
    const auto manifest = read_manifest(plugin_directory("testing"));
    EXPECT_TRUE(manifest) << manifest.error().reason;
    auto connector = Connector::create(*manifest, "test", std::move(secrets), log_.log());
    EXPECT_TRUE(connector) << connector.error().reason;
    return std::move(*connector);
  }

  std::unique_ptr<Connector> started(const std::map<std::string, Value>& config) {
    auto connector = create();
    EXPECT_TRUE(connector->configure(packed(config)));
    EXPECT_TRUE(connector->start());
    return connector;
  }

  static std::vector<Answer> execute(Connector& connector, std::size_t count,
                                     wire::Verb verb = wire::Verb::execute) {
    const Bytes payload = packed({});
    const std::vector<DeliveryCall> deliveries(
        count, DeliveryCall{"KEY", "R-1", "", payload, "token-1", 1});
    return connector.call(verb, {"sink", &deliveries, 0, 1000});
  }

  LogBook log_;
};

TEST_F(ConnectorTest, FollowsTheLifecycle) {
  auto connector = create();
  EXPECT_THAT(connector->start().error().reason, HasSubstr("expected a configured connector"));
  ASSERT_TRUE(connector->configure(packed({})));
  ASSERT_TRUE(connector->start());
  EXPECT_THAT(connector->configure(packed({})).error().reason,
              HasSubstr("expected a stopped connector"));
  connector->stop();
  ASSERT_TRUE(connector->configure(packed({})));
  ASSERT_TRUE(connector->start());
  EXPECT_EQ(connector->misuse_count(), 0u);
}

TEST_F(ConnectorTest, TellsWhyAConfigurationIsRefused) {
  auto connector = create();
  auto status = connector->configure(packed({{"refuse", text("wrong phase of the moon")}}));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::refused);
  EXPECT_THAT(status.error().reason, HasSubstr("wrong phase of the moon"));
  status = connector->configure("\xc0");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::defect);
}

TEST_F(ConnectorTest, GivesSecretsOnlyToWhoAsks) {
  auto connector = create({{"api_key", "0123456789"}});
  ASSERT_TRUE(connector->configure(packed({})));
  ASSERT_TRUE(connector->start());
  EXPECT_EQ(connector->check_health(1000).at(0).text, "api_key of 10 bytes");
  EXPECT_FALSE(log_.has("0123456789"));
}

TEST_F(ConnectorTest, AnswersEachDeliveryOfABatch) {
  const auto connector = started({});
  const auto answers = execute(*connector, 3);
  ASSERT_EQ(answers.size(), 3u);
  for (const Answer& answer : answers) {
    EXPECT_EQ(answer.kind, static_cast<std::uint32_t>(PERENNIAL_OUTCOME_DONE));
    EXPECT_EQ(event::as_text(event::find(answer.receipt, "id")), "done");
  }
  EXPECT_EQ(connector->misuse_count(), 0u);
}

struct Misuse {
  std::string misuse;
  std::uint32_t kind;  // of the first answer
  std::string code;    // likewise
  std::string told;    // part of the report
  wire::Verb verb = wire::Verb::execute;
};

class OperationMisuseTest : public ConnectorTest, public ::testing::WithParamInterface<Misuse> {};

TEST_P(OperationMisuseTest, IsToldAndHasTheAnswerThatTheBoundaryNames) {
  const Misuse& expected = GetParam();
  const auto connector = started({{"misuse", text(expected.misuse)},
                                  {"outcome", number(expected.misuse == "no_token" ? 8 : 1)}});
  if (expected.misuse == "late_answer") {
    // The reply of the first call is used in the second.
    static_cast<void>(execute(*connector, 1));
    EXPECT_EQ(connector->misuse_count(), 0u);
  }
  const auto answers = execute(*connector, 1, expected.verb);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].kind, expected.kind);
  EXPECT_EQ(answers[0].code, expected.code);
  if (expected.told.empty()) {
    EXPECT_EQ(connector->misuse_count(), 0u);
    return;
  }
  EXPECT_GE(connector->misuse_count(), 1u);
  EXPECT_THAT(log_.all(), HasSubstr("misuse: plugin testing 0.1.0 (connector test) "));
  EXPECT_THAT(log_.all(), HasSubstr(expected.told));
  EXPECT_THAT(log_.all(), HasSubstr("must "));
}

constexpr auto done = static_cast<std::uint32_t>(PERENNIAL_OUTCOME_DONE);
constexpr auto unknown = static_cast<std::uint32_t>(PERENNIAL_OUTCOME_UNKNOWN);
constexpr auto cannot_tell = static_cast<std::uint32_t>(PERENNIAL_LOOKUP_CANNOT_TELL);

INSTANTIATE_TEST_SUITE_P(
    Table, OperationMisuseTest,
    ::testing::Values(
        Misuse{"garbage_code", unknown, "plugin_fault", "returned 42 from execute of sink"},
        Misuse{"garbage_kind", unknown, "plugin_misuse", "answered with outcome 0"},
        Misuse{"no_answer", unknown, "plugin_misuse", "left 1 of 1 deliveries unanswered"},
        Misuse{"double_answer", done, "", "settled delivery 0 twice"},
        Misuse{"wrong_index", done, "", "settled delivery 1, must settle 0 to 0"},
        Misuse{"null_answer", done, "", "settled with NULL"},
        Misuse{"late_answer", done, "", "called settle after the call had returned"},
        Misuse{"bad_receipt", done, "", "gave a receipt that is no msgpack map"},
        Misuse{"big_receipt", done, "", "gave a receipt that is no msgpack map of at most 8192"},
        Misuse{"no_token", unknown, "plugin_misuse", "answered pending without a token"},
        Misuse{"fault", unknown, "plugin_fault", ""},
        Misuse{"garbage_kind", cannot_tell, "plugin_misuse", "answered with lookup kind 0",
               wire::Verb::lookup},
        Misuse{"no_answer", cannot_tell, "plugin_misuse", "left 1 of 1 deliveries unanswered",
               wire::Verb::lookup},
        Misuse{"double_answer", static_cast<std::uint32_t>(PERENNIAL_LOOKUP_DONE), "",
               "answered twice for delivery 0", wire::Verb::lookup}));

class ThrowingTest : public ConnectorTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(ThrowingTest, EndsAtTheBoundary) {
  const std::string callback = GetParam();
  auto connector = create();
  const auto configured =
      connector->configure(packed({{"throw_in", text(callback)}, {"events", number(3)}}));
  EXPECT_EQ(configured.has_value(), callback != "configure");
  if (configured) {
    const auto status = connector->start();
    EXPECT_EQ(status.has_value(), callback != "start");
    const PollResult poll = connector->poll_source({"events", "", "all", 0, 1000, 10, 1'000'000});
    EXPECT_EQ(poll.result == PERENNIAL_SOURCE_FAULT, callback == "poll_source");
    connector->acknowledge("events", "3");
    const Answer answer = execute(*connector, 1).at(0);
    EXPECT_EQ(answer.code == "plugin_exception", callback == "execute");
    EXPECT_EQ(answer.kind, callback == "execute" ? unknown : done);
    const Answer found = execute(*connector, 1, wire::Verb::lookup).at(0);
    EXPECT_EQ(found.code == "plugin_exception", callback == "lookup");
    WebhookCall call;
    call.webhook = "hook";
    const WebhookResult webhook = connector->receive_webhook(call);
    EXPECT_EQ(webhook.result == PERENNIAL_WEBHOOK_FAULT, callback == "receive");
    EXPECT_EQ(webhook.status, callback == "receive" ? 503u : 401u);
    const auto findings = connector->check_health(1000);
    EXPECT_EQ(findings.back().level == PERENNIAL_LEVEL_ERROR, callback == "check");
    connector->stop();
  }
  connector.reset();
  EXPECT_THAT(log_.all(), HasSubstr("thrown on purpose"));
  EXPECT_THAT(log_.all(), HasSubstr("must catch it and return PERENNIAL_CALL_FAULT"));
}

INSTANTIATE_TEST_SUITE_P(EveryCallback, ThrowingTest,
                         ::testing::Values("configure", "start", "stop", "destroy", "poll_source",
                                           "acknowledge", "execute", "lookup", "receive", "check"));

TEST_F(ConnectorTest, KeepsASourceToItsLimits) {
  const auto connector = started({{"events", number(100)}, {"misuse", text("too_many")}});
  const PollResult many = connector->poll_source({"events", "", "all", 0, 1000, 10, 1'000'000});
  EXPECT_EQ(many.records.size(), 10u);
  EXPECT_EQ(many.cursor, "10");
  const PollResult large = connector->poll_source({"events", "", "all", 0, 1000, 100, 1200});
  EXPECT_EQ(large.records.size(), 3u);
}

TEST_F(ConnectorTest, DistrustsABrokenPoll) {
  auto connector = started({{"events", number(3)}, {"misuse", text("garbage_code")}});
  const SourceCall call{"events", "", "all", 0, 1000, 10, 1'000'000};
  EXPECT_EQ(connector->poll_source(call).result,
            static_cast<std::uint32_t>(PERENNIAL_SOURCE_FAULT));
  EXPECT_TRUE(log_.has("returned 42 from poll of source events"));

  connector = started({{"events", number(3)}, {"misuse", text("fault")}});
  const PollResult fault = connector->poll_source(call);
  EXPECT_EQ(fault.result, static_cast<std::uint32_t>(PERENNIAL_SOURCE_FAULT));
  EXPECT_EQ(fault.records.size(), 0u);
  EXPECT_FALSE(fault.has_cursor);
  EXPECT_EQ(fault.explanation.text, "broken on purpose");

  connector = started({{"events", number(3)}, {"misuse", text("big_cursor")}});
  const PollResult cursor = connector->poll_source(call);
  EXPECT_FALSE(cursor.has_cursor);
  EXPECT_TRUE(log_.has("gave a cursor of 4097 bytes"));

  connector = started({{"events", number(3)}, {"misuse", text("big_record")}});
  EXPECT_EQ(connector->poll_source(call).oversize.size(), 3u);
}

TEST_F(ConnectorTest, CountsLateReturns) {
  const auto connector = started({{"block_in", text("execute")}, {"block_ms", number(30)}});
  const std::vector<DeliveryCall> deliveries(1, DeliveryCall{"KEY", "", "", "\xc0", "", 1});
  const auto answers = connector->call(wire::Verb::execute, {"sink", &deliveries, 0, 5});
  EXPECT_EQ(answers.at(0).kind, done);
  EXPECT_EQ(connector->misuse_count(), 1u);
  EXPECT_TRUE(log_.has("must return within 5 ms"));
}

}  // namespace
}  // namespace perennial::host
