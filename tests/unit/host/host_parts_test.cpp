// The small parts of a host: specification, queue, events of maps, routing.
#include <gmock/gmock.h>

#include "runtime/host/call_queue.hpp"
#include "runtime/host/child_channel.hpp"
#include "runtime/host/connector_spec.hpp"
#include "runtime/host/event_maker.hpp"
#include "runtime/wire/routing.hpp"
#include "tests/unit/host/support.hpp"

#include <sys/socket.h>

namespace perennial::host {
namespace {

using ::testing::HasSubstr;

TEST(ConnectorSpec, CrossesToAChildWhole) {
  ConnectorSpec spec;
  spec.name = "erp";
  spec.plugin_directory = "/plugins/erp";
  spec.config = packed({{"a", number(1)}});
  spec.secrets = {{"api.key", "s1"}, {"token", std::string("s\0 2", 4)}};
  spec.vars = packed({});
  spec.mapping_override_directory = "/etc/maps";
  spec.currency_profiles = {{"shop", "EUR2 ISK2x100"}};
  spec.map_archive_directory = "/var/maps";
  spec.sources = {{"postings", "all", 10, 20, 30}, {"other", "now", 0, 0, 0}};
  spec.endpoints = {"ipc:///a", "ipc:///b"};
  spec.token = "t";
  spec.tuning.grace_ms = 77;
  spec.tuning.written_off_max = 3;
  const Bytes bytes = encode_spec(spec);
  const auto read = decode_spec(bytes);
  ASSERT_TRUE(read) << read.error().reason;
  EXPECT_EQ(encode_spec(*read), bytes);
  EXPECT_EQ(read->secrets, spec.secrets);
  EXPECT_EQ(read->currency_profiles, spec.currency_profiles);
  EXPECT_EQ(read->sources.at(0).records_max, 30u);
  EXPECT_EQ(read->tuning.written_off_max, 3u);
  EXPECT_EQ(read->endpoints, spec.endpoints);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_spec(ByteView(bytes).substr(0, size)));
  }
}

class CallQueueTest : public ::testing::Test {
 protected:
  CallQueueTest() {
    OperationManifest wide;
    wide.name = "wide";
    wide.batch = 3;
    wide.concurrency = 2;
    OperationManifest narrow;
    narrow.name = "narrow";
    operations_ = {wide, narrow};
    queue_ = std::make_unique<CallQueue>(operations_);
  }
  static QueuedCall call(std::string_view operation, std::uint64_t delivery,
                         wire::Verb verb = wire::Verb::execute) {
    QueuedCall call;
    call.entry.operation = operation;
    call.entry.delivery = delivery;
    call.entry.verb = verb;
    return call;
  }
  std::vector<std::uint64_t> pop(CallQueue::Lane*& lane) {
    std::vector<std::uint64_t> deliveries;
    for (const QueuedCall& one : queue_->pop(lane)) deliveries.push_back(one.entry.delivery);
    return deliveries;
  }
  std::vector<OperationManifest> operations_;
  std::unique_ptr<CallQueue> queue_;
};

TEST_F(CallQueueTest, BatchesOneOperationAndVerb) {
  queue_->push({call("wide", 1), call("wide", 2), call("wide", 3, wire::Verb::lookup),
                call("wide", 4), call("wide", 5), call("wide", 6), call("wide", 7)});
  CallQueue::Lane* first = nullptr;
  EXPECT_EQ(pop(first), (std::vector<std::uint64_t>{1, 2}));
  CallQueue::Lane* second = nullptr;
  EXPECT_EQ(pop(second), (std::vector<std::uint64_t>{3}));
  queue_->finish(*first);
  EXPECT_EQ(pop(first), (std::vector<std::uint64_t>{4, 5, 6}));
  EXPECT_EQ(queue_->running(), 2u);
}

TEST_F(CallQueueTest, KeepsToTheConcurrencyOfEachOperation) {
  queue_->push({call("narrow", 1), call("narrow", 2), call("wide", 3)});
  CallQueue::Lane* lane = nullptr;
  std::vector<std::uint64_t> taken = pop(lane);
  const std::vector<std::uint64_t> other = pop(lane);
  taken.insert(taken.end(), other.begin(), other.end());
  EXPECT_THAT(taken, ::testing::UnorderedElementsAre(1, 3));
  // The second of `narrow` waits until the first is over.
  EXPECT_EQ(queue_->close().size(), 1u);
  EXPECT_TRUE(pop(lane).empty());
}

TEST_F(CallQueueTest, KnowsItsOperations) {
  EXPECT_TRUE(queue_->knows("wide"));
  EXPECT_FALSE(queue_->knows("unheard"));
  EXPECT_TRUE(queue_->is_idle());
  queue_->push({call("wide", 1)});
  EXPECT_FALSE(queue_->is_idle());
  queue_->clear();
  EXPECT_TRUE(queue_->is_idle());
}

TEST(EventMaker, CompletesAndDefends) {
  EventDefaults defaults;
  defaults.source = "perennial://c/s";
  defaults.id = "r1";
  defaults.correlation = "R-1";
  auto made = complete_event(packed({{"type", text("a.v1")}, {"subject", text("s")}}), defaults);
  ASSERT_TRUE(made) << made.error().reason;
  auto view = event::trusted_event(*made);
  EXPECT_EQ(view.id, "r1");
  EXPECT_EQ(view.correlation, "R-1");
  EXPECT_EQ(view.source, "perennial://c/s");

  const Bytes own =
      packed({{"type", text("a.v1")}, {"id", text("x")}, {"correlationid", text("R-2")}});
  made = complete_event(own, defaults);
  EXPECT_EQ(event::trusted_event(*made).correlation, "R-2");
  EXPECT_EQ(event::trusted_event(*made).id, "x");
  defaults.is_correlation_fixed = true;
  made = complete_event(own, defaults);
  EXPECT_EQ(event::trusted_event(*made).correlation, "R-1");

  const auto reason = [&](const Bytes& partial) {
    const auto event = complete_event(partial, defaults);
    return event ? "made" : event.error().reason;
  };
  EXPECT_THAT(reason(packed({})), HasSubstr("expected 'type'"));
  EXPECT_THAT(reason(packed({{"type", text("a")}, {"source", text("x")}})),
              HasSubstr("'source' came"));
  EXPECT_THAT(reason(packed({{"type", number(1)}})), HasSubstr("'type' of an event to be text"));
  EXPECT_THAT(reason("\x93\x01\x02\x03"), HasSubstr("expected a map to give events"));
  defaults.id = "";
  EXPECT_THAT(reason(packed({{"type", text("a")}})), HasSubstr("expected 'id'"));
}

TEST(Routing, KeepsTogetherWhatBelongsTogether) {
  event::EventView one;
  one.id = "1";
  one.source = "s";
  one.correlation = "R-1";
  event::EventView two = one;
  two.id = "2";
  two.source = "t";
  EXPECT_EQ(wire::partition_of(one, 1), 0u);
  EXPECT_EQ(wire::partition_of(one, 7), wire::partition_of(two, 7));
  // Part of the data on disk: these numbers never change.
  EXPECT_EQ(wire::partition_of(one, 1'000'000), hash64("R-1") % 1'000'000);
  one.correlation = "";
  one.subject = "u";
  EXPECT_EQ(wire::partition_of(one, 1'000'000), hash64("s\nu") % 1'000'000);
  one.subject = "";
  EXPECT_EQ(wire::partition_of(one, 1'000'000), hash64("s\n1") % 1'000'000);
  EXPECT_EQ(wire::home_partition("c", "s", 1'000'000), hash64("c/s") % 1'000'000);
}

TEST(ChildChannel, CarriesNotesBothWays) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ChildChannel left(ends[0]);
  std::vector<ChildChannel::Received> received;
  {
    ChildChannel right(ends[1]);
    ASSERT_TRUE(left.send(ChildNote::spec, "one"));
    ASSERT_TRUE(left.send(ChildNote::log, ""));
    ASSERT_TRUE(right.receive(true, received));
    ASSERT_EQ(received.size(), 2u);
    EXPECT_EQ(received[0].note, ChildNote::spec);
    EXPECT_EQ(received[0].body, "one");
    ASSERT_TRUE(right.receive(false, received));
    EXPECT_EQ(received.size(), 2u);
    // Nobody reads: log lines are dropped instead of standing still, and whole notes remain.
    for (int line = 0; line < 10'000; ++line) {
      right.send_or_drop(ChildNote::log, std::string(1000, 'x'));
    }
  }
  received.clear();
  EXPECT_EQ(left.receive(false, received).error().code, Code::unavailable);
  EXPECT_GT(received.size(), 10u);
  EXPECT_LT(received.size(), 10'000u);
  for (const auto& one : received) EXPECT_EQ(one.body.size(), 1000u);
}

}  // namespace
}  // namespace perennial::host
