// The inputs of a partition service: frames of hosts, and requests of other threads.
#include "runtime/pipeline/partition_service.hpp"

namespace perennial::pipeline {

Status PartitionService::on_frame(const wire::Peer& peer, ByteView bytes) {
  auto frame = wire::decode(bytes);
  if (!frame) return drop_peer(peer, frame.error().reason);
  const auto known = peers_.find(peer);
  if (known == peers_.end()) {
    const auto* hello = std::get_if<wire::Hello>(&frame->body);
    if (hello != nullptr) return on_hello(peer, *hello);
    // The connection is over for us; a host that does not know it yet begins a new one.
    wire::Stream stream;
    (void)hub_->send(peer, stream.next(wire::Refuse{"expected a hello: this connection is over"}));
    return {};
  }
  if (std::holds_alternative<wire::Hello>(frame->body)) {
    if (auto status = drop_peer(peer, "the host said hello again"); !status) return status;
    return on_hello(peer, std::get<wire::Hello>(frame->body));
  }
  const bool must_wait = std::holds_alternative<wire::Events>(frame->body) &&
                         (!stalled_.empty() || !committer_->has_reserve());
  if (must_wait) {
    stalled_.push_back({peer, Bytes(bytes)});
    return {};
  }
  return on_body(peer, known->second, *frame, bytes);
}

Status PartitionService::on_hello(const wire::Peer& peer, const wire::Hello& hello) {
  const std::string connector(hello.connector);
  const auto token = options_.host_tokens.find(connector);
  wire::Stream stream;
  if (token == options_.host_tokens.end() || token->second != hello.token) {
    const std::string reason = "expected a host that this runtime started for '" + connector +
                               "', but its token does not fit";
    (void)hub_->send(peer, stream.next(wire::Refuse{reason}));
    return {};
  }
  const auto older = peer_of_.find(connector);
  if (older != peer_of_.end()) {
    const wire::Peer replaced = older->second;
    if (auto status = drop_peer(replaced, "a newer host of this connector took its place");
        !status) {
      return status;
    }
  }
  Peer& added = peers_[peer];
  added.connector = connector;
  added.pid = hello.pid;
  // The hello itself was frame 1 of its direction.
  if (auto status = added.stream.accept(wire::Header{0, 1}); !status) return status;
  peer_of_[connector] = peer;
  return give(HostJoined{connector, hello.plugin, hello.version, hello.pid});
}

Status PartitionService::on_body(const wire::Peer& peer, Peer& known, const wire::Frame& frame,
                                 ByteView /*bytes*/) {
  if (auto status = known.stream.accept(frame.header); !status) {
    return drop_peer(peer, status.error().reason);
  }
  const std::string& connector = known.connector;
  if (const auto* outcomes = std::get_if<wire::Outcomes>(&frame.body)) {
    return give(OutcomesArrived{connector, known.stream.epoch(), outcomes});
  }
  if (const auto* events = std::get_if<wire::Events>(&frame.body)) {
    return give(SourceEvents{connector, events});
  }
  if (const auto* cursor = std::get_if<wire::CursorMove>(&frame.body)) {
    return give(SourceCursor{connector, cursor});
  }
  if (const auto* report = std::get_if<wire::SourceReport>(&frame.body)) {
    return give(SourceState{connector, report});
  }
  if (const auto* answer = std::get_if<wire::WebhookAnswer>(&frame.body)) {
    const auto found = webhooks_.extract(answer->request);
    if (found.empty()) return {};
    WebhookReply reply{answer->status, std::string(answer->content_type),
                       std::string(answer->body)};
    if (reply.body.empty()) reply.body = answer->text;
    found.mapped().reply(reply);
    return {};
  }
  if (const auto* health = std::get_if<wire::Health>(&frame.body)) {
    const auto found = checks_.extract(health->request);
    if (found.empty()) return {};
    std::vector<FindingReply> findings;
    for (const wire::Finding& finding : health->findings) {
      findings.push_back({finding.level, std::string(finding.name), std::string(finding.text)});
    }
    found.mapped().reply(true, findings);
    return {};
  }
  if (const auto* goodbye = std::get_if<wire::Goodbye>(&frame.body)) {
    return drop_peer(peer, std::string(goodbye->reason));
  }
  return {};  // a heartbeat
}

void PartitionService::ingest(std::vector<Bytes> events,
                              std::function<void(const IngestOutput&)> reply) {
  auto shared = std::make_shared<std::vector<Bytes>>(std::move(events));
  post([this, shared, reply = std::move(reply)]() -> Status {
    const std::uint64_t token = next_request_++;
    ingests_.emplace(token, reply);
    return give(Ingest{token, shared.get()});
  });
}

void PartitionService::command(CommandCall call, std::function<void(const CommandOutput&)> reply) {
  post([this, call = std::move(call), reply = std::move(reply)]() -> Status {
    const std::uint64_t token = next_request_++;
    commands_.emplace(token, reply);
    Command input;
    input.token = token;
    input.verb = call.verb;
    input.exception = call.exception;
    input.connector = call.connector;
    input.source = call.source;
    input.cursor = call.cursor;
    input.start = call.start;
    input.by = call.by;
    input.why = call.why;
    return give(input);
  });
}

void PartitionService::webhook(WebhookCall call, std::function<void(const WebhookReply&)> reply) {
  post([this, call = std::move(call), reply = std::move(reply)]() -> Status {
    if (!peer_of_.contains(call.connector)) {
      reply(WebhookReply{503, "text/plain",
                         "the connector is not running; repeat the request later"});
      return {};
    }
    wire::WebhookRequest request;
    request.request = next_request_++;
    request.webhook = call.webhook;
    request.method = call.method;
    request.query = call.query;
    request.body = call.body;
    for (const auto& [name, value] : call.headers) request.headers.push_back({name, value});
    webhooks_.emplace(request.request, OpenWebhook{call.connector, reply});
    return send(call.connector, request);
  });
}

void PartitionService::check(std::string connector,
                             std::function<void(bool, const std::vector<FindingReply>&)> reply) {
  post([this, connector = std::move(connector), reply = std::move(reply)]() -> Status {
    if (!peer_of_.contains(connector)) {
      reply(false, {});
      return {};
    }
    const std::uint64_t request = next_request_++;
    checks_.emplace(request, OpenCheck{connector, reply});
    return send(connector, wire::Control{wire::ControlVerb::check, request});
  });
}

void PartitionService::host_exited(std::string connector, std::uint64_t pid, std::string reason) {
  post([this, connector = std::move(connector), pid, reason = std::move(reason)]() -> Status {
    const auto found = peer_of_.find(connector);
    if (found == peer_of_.end() || peers_.at(found->second).pid != pid) return {};
    const wire::Peer peer = found->second;
    return drop_peer(peer, reason);
  });
}

void PartitionService::inspect(std::function<void(const Partition&)> ask) {
  post([this, ask = std::move(ask)]() -> Status {
    ask(partition_);
    return {};
  });
}

void PartitionService::fail_requests(const std::string& connector) {
  std::vector<std::function<void()>> replies;
  std::erase_if(webhooks_, [&](const auto& open) {
    if (open.second.connector != connector) return false;
    replies.push_back([reply = open.second.reply] {
      reply(WebhookReply{503, "text/plain", "the connector stopped; repeat the request later"});
    });
    return true;
  });
  std::erase_if(checks_, [&](const auto& open) {
    if (open.second.connector != connector) return false;
    replies.push_back([reply = open.second.reply] { reply(false, {}); });
    return true;
  });
  for (const auto& reply : replies) reply();
}

}  // namespace perennial::pipeline
