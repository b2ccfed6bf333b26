#include "runtime/host/round_book.hpp"

#include <algorithm>

#include "runtime/wire/routing.hpp"

namespace perennial::host {
namespace {

// Small enough that a partition turns to others between two frames.
constexpr std::size_t entries_max = 4096;
constexpr std::size_t bytes_max = std::size_t{2} * 1024 * 1024;

wire::Refusal borrow(const OwnedRefusal& refusal) {
  return {refusal.cause, refusal.text, refusal.subject, refusal.body};
}

std::size_t bytes_of(const OwnedRefusal& refusal) {
  return refusal.cause.size() + refusal.text.size() + refusal.subject.size() + refusal.body.size();
}

}  // namespace

Status RoundBook::send_frame(std::size_t partition, const std::shared_ptr<Open>& open,
                             wire::Events& frame) {
  frame.source = open->round->source;
  frame.batch = ++last_batch_;
  open->last_batch = frame.batch;
  ++open->frames;
  frames_.emplace(Key(partition, open->round->source, frame.batch), open);
  auto status = links_.send(partition, frame);
  frame.events.clear();
  frame.refusals.clear();
  return status;
}

Status RoundBook::send_part(std::size_t partition, const std::shared_ptr<Open>& open,
                            bool has_refusals) {
  wire::Events frame;
  std::size_t bytes = 0;
  const auto add = [&](auto& list, auto entry, std::size_t size) -> Status {
    list.push_back(entry);
    bytes += size;
    if (frame.events.size() + frame.refusals.size() < entries_max && bytes < bytes_max) return {};
    bytes = 0;
    return send_frame(partition, open, frame);
  };
  for (ByteView event : open->round->events[partition]) {
    if (auto status = add(frame.events, event, event.size()); !status) return status;
  }
  if (has_refusals) {
    for (const OwnedRefusal& refusal : open->round->refusals) {
      auto status = add(frame.refusals, borrow(refusal), bytes_of(refusal));
      if (!status) return status;
    }
  }
  if (frame.events.empty() && frame.refusals.empty()) return {};
  return send_frame(partition, open, frame);
}

Status RoundBook::begin(std::shared_ptr<Round> round) {
  auto open = std::make_shared<Open>();
  open->round = std::move(round);
  open->last_batch = ++last_batch_;
  const std::string source = open->round->source;
  const std::size_t home = wire::home_partition(shared_.spec.name, source, shared_.partitions());
  lines_[source].push_back(open);
  for (std::size_t partition = 0; partition < shared_.partitions(); ++partition) {
    if (auto status = send_part(partition, open, partition == home); !status) return status;
  }
  return advance(source);
}

Status RoundBook::refuse(std::size_t partition, std::string_view source,
                         const OwnedRefusal& refusal) {
  wire::Events frame;
  frame.source = source;
  frame.batch = ++last_batch_;
  frame.refusals.push_back(borrow(refusal));
  return links_.send(partition, frame);
}

Status RoundBook::events_durable(std::size_t partition, std::string_view source,
                                 std::uint64_t batch) {
  const auto found = frames_.extract(Key(partition, std::string(source), batch));
  // A refusal of its own has nothing that waits for it.
  if (found.empty()) return {};
  --found.mapped()->frames;
  return advance(found.mapped()->round->source);
}

Status RoundBook::cursor_durable(std::string_view source, std::uint64_t batch) {
  const auto line = lines_.find(source);
  if (line == lines_.end()) return {};
  for (const auto& open : line->second) {
    if (open->is_cursor_sent && open->last_batch == batch) open->is_done = true;
  }
  return advance(line->first);
}

// Cursors move in the order of the rounds, each only when all before it is durable. A webhook has
// no cursor and no place in that order: its sender waits.
Status RoundBook::advance(const std::string& source) {
  auto& line = lines_[source];
  bool is_behind_open = false;
  for (const auto& open : line) {
    if (open->is_done) continue;
    if (open->frames > 0) {
      is_behind_open = true;
      continue;
    }
    if (open->round->webhook) {
      open->is_done = true;
    } else if (!open->round->has_cursor) {
      open->is_done = !is_behind_open;
    } else if (!open->is_cursor_sent && !is_behind_open) {
      open->is_cursor_sent = true;
      const std::size_t home =
          wire::home_partition(shared_.spec.name, source, shared_.partitions());
      auto status =
          links_.send(home, wire::CursorMove{source, open->last_batch, open->round->cursor});
      if (!status) return status;
    }
  }
  std::deque<std::shared_ptr<Open>> done;
  for (auto at = line.begin(); at != line.end();) {
    if ((*at)->is_done) {
      done.push_back(std::move(*at));
      at = line.erase(at);
    } else {
      ++at;
    }
  }
  if (line.empty()) lines_.erase(source);
  for (const auto& open : done) on_durable_(*open->round);
  return {};
}

void RoundBook::clear() {
  frames_.clear();
  lines_.clear();
}

}  // namespace perennial::host
