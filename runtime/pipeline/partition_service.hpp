// Runs one partition: takes frames and requests in, commits, releases what is durable.
//
// Place:   the only caller of Partition::handle in the product; made by app/runtime, asked by
//          admin.
// Thread:  a thread of its own. Public functions may be called from any thread; callbacks run on
//          the partition's thread and must not block.
// Owns:    its Partition, Hub and Committer; borrows Graph, Bus, FileSystem and Clock, which must
//          outlive it.
// Errors:  when the journal fails or an invariant breaks, the service stops taking input, releases
//          nothing more, and `on_failure` is told once: the process must end and recover from disk.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "runtime/pipeline/committer.hpp"
#include "runtime/pipeline/partition.hpp"
#include "runtime/pipeline/service_parts.hpp"
#include "runtime/wire/hub.hpp"
#include "runtime/wire/stream.hpp"

namespace perennial::pipeline {

struct ServiceOptions {
  std::uint32_t partition = 0;
  std::uint32_t partitions = 1;
  std::vector<std::string> endpoints;
  std::string journal_directory;
  store::Durability durability = store::Durability::fsync;
  std::uint64_t hash_seed = 0;
  std::uint64_t random_seed = 0;
  // What a host of that connector must say in its hello.
  std::unordered_map<std::string, std::string> host_tokens;
};

// One HTTP request for a webhook; owned, because it crosses threads.
struct WebhookCall {
  std::string connector;
  std::string webhook;
  std::string method;
  std::string query;
  Bytes body;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct WebhookReply {
  std::uint32_t status = 503;
  std::string content_type;
  std::string body;
};

struct FindingReply {
  std::uint32_t level = 0;
  std::string name;
  std::string text;
};

struct CommandCall {
  CommandVerb verb = CommandVerb::retry;
  Position exception = 0;
  std::string connector;
  std::string by;
  std::string why;
  std::string source;
  Bytes cursor;
  std::string start;
};

class PartitionService {
 public:
  using OnFailure = std::function<void(const Error&)>;

  // Opens the journal, replays it and starts the thread. `torn` tells what was cut from the
  // journal's tail.
  [[nodiscard]] static Result<std::unique_ptr<PartitionService>> start(
      ServiceOptions options, const Graph& graph, wire::Bus& bus, store::FileSystem& file_system,
      Clock& clock, OnFailure on_failure, std::string& torn);
  ~PartitionService();
  PartitionService(const PartitionService&) = delete;
  PartitionService& operator=(const PartitionService&) = delete;

  void ingest(std::vector<Bytes> events, std::function<void(const IngestOutput&)> reply);
  void command(CommandCall call, std::function<void(const CommandOutput&)> reply);
  // The reply comes when everything that the request brought is durable; 503 when no host is there.
  void webhook(WebhookCall call, std::function<void(const WebhookReply&)> reply);
  // Empty findings when no host is there.
  void check(std::string connector,
             std::function<void(bool, const std::vector<FindingReply>&)> reply);
  // A host's process ended: its epoch is over.
  void host_exited(std::string connector, std::uint64_t pid, std::string reason);
  // Runs `ask` on the partition's thread with the head state.
  void inspect(std::function<void(const Partition&)> ask);

  [[nodiscard]] Position durable() const { return committer_->durable(); }
  [[nodiscard]] bool has_reserve() const { return committer_->has_reserve(); }

 private:
  struct Peer {
    std::string connector;
    wire::Stream stream;
    std::uint64_t pid = 0;
  };

  PartitionService(ServiceOptions options, const Graph& graph, Clock& clock, OnFailure on_failure);
  Status open(wire::Bus& bus, store::FileSystem& file_system, std::string& torn);

  void run();
  Status turn();
  Status take_frames();
  Status take_mail();
  Status on_frame(const wire::Peer& peer, ByteView bytes);
  Status on_hello(const wire::Peer& peer, const wire::Hello& hello);
  Status on_body(const wire::Peer& peer, Peer& known, const wire::Frame& frame, ByteView bytes);
  Status give(const Input& input);
  void commit();
  Status release();
  Status release_one(const Output& output);
  Status send(std::string_view connector, const wire::Body& body);
  Status flush_dispatches();
  Status end_connection(const ResetOutput& reset);
  Status drop_peer(const wire::Peer& peer, const std::string& reason);
  void post(std::function<Status()> mail);
  void fail_requests(const std::string& connector);
  [[nodiscard]] std::chrono::milliseconds wait_time();

  const ServiceOptions options_;
  Clock& clock_;
  OnFailure on_failure_;

  // Partition thread only.
  Partition partition_;
  std::unique_ptr<wire::Hub> hub_;
  std::unique_ptr<Committer> committer_;
  Effects effects_;
  std::deque<std::vector<Output>> outbox_;  // one batch for each commit
  std::size_t released_ = 0;                // of the first batch
  std::vector<wire::Received> received_;
  std::deque<wire::Received> stalled_;  // events that wait for room on the disk
  std::map<wire::Peer, Peer> peers_;
  TextMap<wire::Peer> peer_of_;
  std::map<state::Symbol, std::vector<DispatchOutput>> dispatches_;  // by connector
  DispatchBuilder builder_;
  std::uint64_t next_request_ = 1;
  std::unordered_map<std::uint64_t, std::function<void(const IngestOutput&)>> ingests_;
  std::unordered_map<std::uint64_t, std::function<void(const CommandOutput&)>> commands_;
  struct OpenWebhook {
    std::string connector;
    std::function<void(const WebhookReply&)> reply;
  };
  std::unordered_map<std::uint64_t, OpenWebhook> webhooks_;
  struct OpenCheck {
    std::string connector;
    std::function<void(bool, const std::vector<FindingReply>&)> reply;
  };
  std::unordered_map<std::uint64_t, OpenCheck> checks_;

  std::mutex mutex_;  // guards mail_
  std::vector<std::function<Status()>> mail_;
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace perennial::pipeline
