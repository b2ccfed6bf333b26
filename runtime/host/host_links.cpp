#include "runtime/host/host_links.hpp"

#include <unistd.h>

#include <algorithm>

namespace perennial::host {
namespace {

constexpr std::size_t frames_a_turn = 64;
constexpr std::chrono::milliseconds parting_linger{1000};

}  // namespace

HostLinks::HostLinks(HostShared& shared, wire::Bus& bus) : shared_(shared), bus_(bus) {}

HostLinks::~HostLinks() {
  drop();
}

void HostLinks::drop() {
  for (Partition& partition : partitions_) {
    if (partition.link) shared_.links.remove(*partition.link);
  }
  partitions_.clear();
}

wire::Hello HostLinks::hello() const {
  wire::Hello hello;
  hello.connector = shared_.spec.name;
  hello.plugin = shared_.manifest.id;
  hello.version = shared_.manifest.version;
  hello.token = shared_.spec.token;
  hello.pid = static_cast<std::uint64_t>(::getpid());
  return hello;
}

Status HostLinks::reset() {
  drop();
  partitions_.resize(shared_.partitions());
  refusal_.clear();
  begun_us_ = shared_.clock.monotonic_us();
  for (std::size_t index = 0; index < partitions_.size(); ++index) {
    auto link = wire::Link::connect(bus_, shared_.spec.endpoints[index]);
    if (!link) return tl::unexpected(link.error());
    partitions_[index].link = std::move(*link);
    shared_.links.add(*partitions_[index].link);
    if (auto status = send(index, hello()); !status) return status;
  }
  return {};
}

Status HostLinks::receive(const OnFrame& on_frame) {
  for (std::size_t index = 0; index < partitions_.size(); ++index) {
    received_.clear();
    if (auto status = partitions_[index].link->receive(frames_a_turn, received_); !status) {
      return status;
    }
    for (Bytes& bytes : received_) {
      const auto kept = std::make_shared<const Bytes>(std::move(bytes));
      if (auto status = on_bytes(index, kept, on_frame); !status) {
        return fail_within("partition " + std::to_string(index), status.error());
      }
    }
  }
  return {};
}

Status HostLinks::on_bytes(std::size_t partition, const std::shared_ptr<const Bytes>& bytes,
                           const OnFrame& on_frame) {
  const auto frame = wire::decode(*bytes);
  if (!frame) return tl::unexpected(frame.error());
  Partition& link = partitions_[partition];
  const auto* welcome = std::get_if<wire::Welcome>(&frame->body);
  if (welcome != nullptr && !link.is_welcomed) link.stream.set_epoch(welcome->epoch);
  const auto* refuse = std::get_if<wire::Refuse>(&frame->body);
  if (refuse != nullptr) {
    if (!link.is_welcomed) refusal_ = refuse->reason;
    return fail(Code::refused, std::string(refuse->reason));
  }
  if (auto status = link.stream.accept(frame->header); !status) return status;
  if (welcome == nullptr && !link.is_welcomed) {
    return fail(Code::corrupted, "expected a welcome, but a " +
                                     std::string(wire::name_of(wire::kind_of(frame->body))) +
                                     " frame came");
  }
  link.is_welcomed = true;
  on_frame(partition, *frame, bytes);
  return {};
}

Status HostLinks::send(std::size_t partition, const wire::Body& body) {
  Partition& link = partitions_[partition];
  link.sent_us = shared_.clock.monotonic_us();
  return link.link->send(link.stream.next(body));
}

Status HostLinks::send_heartbeats() {
  const std::int64_t now_us = shared_.clock.monotonic_us();
  const std::int64_t every_us = shared_.spec.tuning.heartbeat_ms * 1000;
  for (std::size_t index = 0; index < partitions_.size(); ++index) {
    if (!partitions_[index].is_welcomed || now_us - partitions_[index].sent_us < every_us) continue;
    if (auto status = send(index, wire::Heartbeat{}); !status) return status;
  }
  return {};
}

void HostLinks::part(std::string_view reason) {
  for (std::size_t index = 0; index < partitions_.size(); ++index) {
    if (!partitions_[index].is_welcomed) continue;
    // A partition that is gone needs no goodbye.
    static_cast<void>(send(index, wire::Goodbye{reason}));
    partitions_[index].link->set_linger(parting_linger);
  }
}

bool HostLinks::is_open() const {
  return !partitions_.empty() &&
         std::all_of(partitions_.begin(), partitions_.end(),
                     [](const Partition& partition) { return partition.is_welcomed; });
}

bool HostLinks::is_welcomed(std::size_t partition) const {
  return partition < partitions_.size() && partitions_[partition].is_welcomed;
}

HostEpoch HostLinks::epoch(std::size_t partition) const {
  return partition < partitions_.size() ? partitions_[partition].stream.epoch() : 0;
}

std::int64_t HostLinks::greeting_us() const {
  return is_open() ? 0 : shared_.clock.monotonic_us() - begun_us_;
}

}  // namespace perennial::host
