#include "runtime/admin/ingest.hpp"

#include <algorithm>

#include "runtime/admin/cloud_events.hpp"
#include "runtime/admin/gather.hpp"
#include "runtime/admin/problem.hpp"
#include "runtime/event/event.hpp"
#include "runtime/view/json_text.hpp"

namespace perennial::admin {
namespace {

using pipeline::IngestOutput;
using pipeline::IngestVerdict;

constexpr std::size_t in_flight_bytes_max = 64ULL * 1024 * 1024;

struct Judged {
  std::string id;
  IngestOutput::One verdict;
};

std::string_view word_of(IngestVerdict verdict) {
  switch (verdict) {
    case IngestVerdict::accepted:
      return "accepted";
    case IngestVerdict::duplicate:
      return "duplicate";
    case IngestVerdict::refused:
      return "refused";
    case IngestVerdict::unavailable:
      return "unavailable";
  }
  return "refused";
}

std::string events_member(const std::vector<Judged>& all) {
  std::string text = "\"events\":[";
  for (const Judged& one : all) {
    if (text.back() != '[') text += ",";
    text += "{\"id\":" + view::quoted(one.id) +
            ",\"verdict\":" + view::quoted(word_of(one.verdict.verdict));
    const bool is_taken = one.verdict.verdict == IngestVerdict::accepted ||
                          one.verdict.verdict == IngestVerdict::duplicate;
    if (!is_taken) text += ",\"reason\":" + view::quoted(one.verdict.reason);
    text += "}";
  }
  return text + "]";
}

Response answer_of(const std::vector<Judged>& all) {
  const auto has = [&](IngestVerdict verdict) {
    return std::any_of(all.begin(), all.end(),
                       [&](const Judged& one) { return one.verdict.verdict == verdict; });
  };
  const auto first_reason = [&](IngestVerdict verdict) {
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const Judged& one) { return one.verdict.verdict == verdict; });
    return found->verdict.reason;
  };
  const std::string events = events_member(all);
  if (has(IngestVerdict::unavailable)) {
    return problem(503, "unavailable", first_reason(IngestVerdict::unavailable), events);
  }
  if (has(IngestVerdict::refused)) {
    const std::string detail =
        all.size() == 1 ? first_reason(IngestVerdict::refused)
                        : "some events were refused, the others were taken in; the first reason: " +
                              first_reason(IngestVerdict::refused);
    return problem(422, "refused_event", detail, events);
  }
  Response response;
  response.status = has(IngestVerdict::accepted) ? 202 : 200;
  response.body = "{\"schema_version\":1," + events + "}";
  return response;
}

// Events of one request that one partition handles, and where they stood in the request.
struct Share {
  pipeline::PartitionService* partition = nullptr;
  std::vector<Bytes> events;
  std::vector<std::size_t> places;
};

std::vector<Share> split(const Services& services, std::vector<Bytes> events,
                         std::vector<Judged>& judged) {
  std::vector<Share> shares;
  for (std::size_t index = 0; index < events.size(); ++index) {
    const event::EventView event = event::trusted_event(events[index]);
    judged[index].id = event.id;
    pipeline::PartitionService* partition = &services.partition_of(event);
    auto share = std::find_if(shares.begin(), shares.end(),
                              [&](const Share& one) { return one.partition == partition; });
    if (share == shares.end()) share = shares.insert(shares.end(), Share{partition, {}, {}});
    share->places.push_back(index);
    share->events.push_back(std::move(events[index]));
  }
  return shares;
}

// Puts the verdicts of all partitions back in the order of the request.
void join(std::vector<IngestOutput>& outputs, const std::vector<std::vector<std::size_t>>& places,
          std::vector<Judged>& judged) {
  for (std::size_t part = 0; part < outputs.size(); ++part) {
    for (std::size_t index = 0; index < places[part].size(); ++index) {
      judged[places[part][index]].verdict = std::move(outputs[part].events[index]);
    }
  }
}

}  // namespace

void Ingest::take(const Request& request, const Reply& reply) const {
  auto read = read_cloud_events(request);
  if (!read) {
    reply(std::move(read.error()));
    return;
  }
  const std::size_t bytes = request.body.size();
  if (in_flight_->load() + bytes > in_flight_bytes_max) {
    reply(problem(503, "busy",
                  "expected room for more events, but too many wait for the disk: send again in a "
                  "moment"));
    return;
  }
  std::vector<Judged> judged(read->events.size());
  std::vector<Share> shares = split(services_, std::move(read->events), judged);
  std::vector<std::vector<std::size_t>> places;
  places.reserve(shares.size());
  for (const Share& share : shares) places.push_back(share.places);
  in_flight_->fetch_add(bytes);
  auto gather = std::make_shared<Gather<IngestOutput>>(
      shares.size(), [judged = std::move(judged), places = std::move(places), reply,
                      in_flight = in_flight_, bytes](std::vector<IngestOutput> outputs) mutable {
        in_flight->fetch_sub(bytes);
        join(outputs, places, judged);
        reply(answer_of(judged));
      });
  for (std::size_t part = 0; part < shares.size(); ++part) {
    shares[part].partition->ingest(
        std::move(shares[part].events),
        [gather, part](const IngestOutput& output) { gather->put(part, output); });
  }
}

}  // namespace perennial::admin
