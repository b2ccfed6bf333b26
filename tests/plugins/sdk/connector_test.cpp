// The thunks: tables by ability, faults for escaped exceptions, refusals with their reason.
#include <gtest/gtest.h>

#include "perennial/connector.hpp"
#include "tests/plugins/support/plugin_library.hpp"
#include "tests/plugins/support/replies.hpp"

namespace perennial::tests {
namespace {

class Throwing final : public sdk::Connector,
                       public sdk::Source,
                       public sdk::Operations,
                       public sdk::Pending,
                       public sdk::Lookup,
                       public sdk::Webhooks,
                       public sdk::Health {
 public:
  explicit Throwing(const sdk::Host& host) : Connector(host) {}
  sdk::Readiness configure(std::string_view) override { throw std::runtime_error("in configure"); }
  sdk::Readiness start() override { throw 42; }
  void stop() override { throw std::runtime_error("in stop"); }
  sdk::SourceResult poll(const sdk::SourceCall&, sdk::SourceReply&) override {
    throw std::runtime_error("in poll");
  }
  void acknowledge(std::string_view, std::string_view) override {
    throw std::runtime_error("in acknowledge");
  }
  void execute(const sdk::OperationCall&, sdk::OperationReply&) override {
    throw std::runtime_error("in execute");
  }
  void poll_pending(const sdk::OperationCall&, sdk::OperationReply&) override {
    throw std::runtime_error("in poll_pending");
  }
  void cancel_pending(const sdk::OperationCall&, sdk::OperationReply&) override {
    throw std::runtime_error("in cancel_pending");
  }
  void lookup(const sdk::OperationCall&, sdk::LookupReply&) override {
    throw std::runtime_error("in lookup");
  }
  sdk::WebhookResult receive(const sdk::WebhookCall&, sdk::WebhookReply&) override {
    throw std::runtime_error("in receive");
  }
  void check(std::int64_t, sdk::HealthReply&) override { throw std::runtime_error("in check"); }
};

class Unmakeable final : public sdk::Connector {
 public:
  explicit Unmakeable(const sdk::Host& host) : Connector(host) {
    throw std::runtime_error("in the constructor");
  }
  sdk::Readiness configure(std::string_view) override { return sdk::Readiness::ready(); }
};

// Only what every connector has, with one ability.
class Plain final : public sdk::Connector, public sdk::Operations {
 public:
  explicit Plain(const sdk::Host& host) : Connector(host) {}
  sdk::Readiness configure(std::string_view config) override {
    if (config.empty()) return sdk::Readiness::refused("`url` is required");
    return sdk::Readiness::ready();
  }
  sdk::Readiness start() override {
    const auto secret = host().secret("auth.token");
    return secret == "hidden" ? sdk::Readiness::ready() : sdk::Readiness::refused("no secret");
  }
  void execute(const sdk::OperationCall& call, sdk::OperationReply& reply) override {
    for (std::uint32_t index = 0; index < call.count(); ++index) {
      sdk::Outcome outcome;
      outcome.kind = sdk::OutcomeKind::rejected;
      outcome.code = std::string(500, 'c');
      outcome.text = std::string(PERENNIAL_TEXT_BYTES_MAX - 1, 't') + "\xc3\xa4";
      reply.settle(index, outcome);
    }
  }
};

template <class Class>
class Made {
 public:
  explicit Made(FakeHost& host)
      : instance(sdk::Thunks<Class>::create(host.table(), "sample 1.2.3")) {}
  ~Made() {
    if (instance != nullptr) instance->destroy(instance);
  }
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;

  template <class Table>
  const Table* extension(const char* id) {
    return static_cast<const Table*>(instance->get_extension(instance, id));
  }

  perennial_instance* instance;
};

TEST(ThunksTest, AnExceptionInAnyMethodIsAFaultThatNamesPluginAndMethod) {
  FakeHost host;
  Made<Throwing> made(host);
  perennial_instance* instance = made.instance;
  EXPECT_EQ(instance->configure(instance, {nullptr, 0}), PERENNIAL_CALL_FAULT);
  EXPECT_EQ(host.last_fault(), "plugin sample 1.2.3: configure: in configure");
  EXPECT_EQ(instance->start(instance), PERENNIAL_CALL_FAULT);
  EXPECT_EQ(host.last_fault(),
            "plugin sample 1.2.3: start: an exception that is not a std::exception");
  instance->stop(instance);
  EXPECT_EQ(host.last_fault(), "plugin sample 1.2.3: stop: in stop");

  const perennial_source_call source_call{};
  const auto* source = made.extension<perennial_source>(PERENNIAL_SOURCE);
  SourceRecorder records;
  EXPECT_EQ(source->poll(instance, &source_call, &records.reply()), PERENNIAL_SOURCE_FAULT);
  EXPECT_EQ(host.last_fault(), "plugin sample 1.2.3: poll: in poll");
  source->acknowledge(instance, {nullptr, 0}, {nullptr, 0});
  EXPECT_EQ(host.last_fault(), "plugin sample 1.2.3: acknowledge: in acknowledge");
}

TEST(ThunksTest, AnExceptionInTheCallsOfDeliveriesIsAFault) {
  FakeHost host;
  Made<Throwing> made(host);
  perennial_instance* instance = made.instance;
  const perennial_operation_call call{};
  OperationRecorder recorder;
  LookupRecorder lookups;
  const auto* operation = made.extension<perennial_operation>(PERENNIAL_OPERATION);
  EXPECT_EQ(operation->execute(instance, &call, &recorder.reply()), PERENNIAL_CALL_FAULT);
  EXPECT_EQ(host.last_fault(), "plugin sample 1.2.3: operation: in execute");
  EXPECT_EQ(operation->poll(instance, &call, &recorder.reply()), PERENNIAL_CALL_FAULT);
  EXPECT_EQ(host.last_fault(), "plugin sample 1.2.3: operation: in poll_pending");
  EXPECT_EQ(operation->cancel(instance, &call, &recorder.reply()), PERENNIAL_CALL_FAULT);
  EXPECT_EQ(host.last_fault(), "plugin sample 1.2.3: operation: in cancel_pending");
  EXPECT_EQ(recorder.count(), 0u);
  const auto* lookup = made.extension<perennial_lookup>(PERENNIAL_LOOKUP);
  EXPECT_EQ(lookup->lookup(instance, &call, &lookups.reply()), PERENNIAL_CALL_FAULT);
  const perennial_webhook_call webhook_call{};
  SourceRecorder records;
  const auto* webhook = made.extension<perennial_webhook>(PERENNIAL_WEBHOOK);
  EXPECT_EQ(webhook->receive(instance, &webhook_call, &records.webhook_reply()),
            PERENNIAL_WEBHOOK_FAULT);
  HealthRecorder findings;
  const auto* health = made.extension<perennial_health>(PERENNIAL_HEALTH);
  EXPECT_EQ(health->check(instance, 1000, &findings.reply()), PERENNIAL_CALL_FAULT);
  EXPECT_EQ(host.last_fault(), "plugin sample 1.2.3: check: in check");
}

TEST(ThunksTest, AConstructorThatThrowsGivesNoInstance) {
  FakeHost host;
  EXPECT_EQ(Made<Unmakeable>(host).instance, nullptr);
  EXPECT_EQ(host.last_fault(), "plugin sample 1.2.3: create: in the constructor");
}

TEST(ThunksTest, OnlyTheAbilitiesOfAClassHaveTables) {
  FakeHost host;
  Made<Plain> made(host);
  const auto* operation = made.extension<perennial_operation>(PERENNIAL_OPERATION);
  ASSERT_NE(operation, nullptr);
  EXPECT_EQ(operation->poll, nullptr);
  EXPECT_EQ(operation->cancel, nullptr);
  for (const char* id : {PERENNIAL_SOURCE, PERENNIAL_LOOKUP, PERENNIAL_WEBHOOK, PERENNIAL_HEALTH,
                         "perennial.unheard_of/1"}) {
    EXPECT_EQ(made.instance->get_extension(made.instance, id), nullptr) << id;
  }
}

TEST(ThunksTest, ARefusalCarriesItsReasonAndSecretsComeFromTheHost) {
  FakeHost bare;
  Made<Plain> refused(bare);
  EXPECT_EQ(refused.instance->configure(refused.instance, {nullptr, 0}), PERENNIAL_CALL_REFUSED);
  EXPECT_EQ(bare.last_fault(), "`url` is required");
  EXPECT_EQ(refused.instance->start(refused.instance), PERENNIAL_CALL_REFUSED);

  FakeHost host(std::map<std::string, std::string>{{"auth.token", "hidden"}});
  Made<Plain> made(host);
  EXPECT_EQ(made.instance->start(made.instance), PERENNIAL_CALL_DONE);
}

TEST(ThunksTest, TextsAreCutToTheLimitsAtACharacter) {
  FakeHost host;
  Made<Plain> made(host);
  Deliveries deliveries;
  deliveries.add("key", Json::object());
  const perennial_operation_call call = deliveries.call("any");
  OperationRecorder recorder;
  made.extension<perennial_operation>(PERENNIAL_OPERATION)
      ->execute(made.instance, &call, &recorder.reply());
  EXPECT_EQ(recorder.at(0).code.size(), PERENNIAL_CODE_BYTES_MAX);
  EXPECT_EQ(recorder.at(0).text, std::string(PERENNIAL_TEXT_BYTES_MAX - 1, 't'));
}

}  // namespace
}  // namespace perennial::tests
