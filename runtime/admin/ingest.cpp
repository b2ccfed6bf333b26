#include "runtime/admin/ingest.hpp"

#include <algorithm>
#include <map>

#include "runtime/admin/cloud_events.hpp"
#include "runtime/admin/gather.hpp"
#include "runtime/admin/problem.hpp"
#include "runtime/event/event.hpp"
#include "runtime/view/json_text.hpp"

namespace perennial::admin {
namespace {

using pipeline::IngestOutput;
using pipeline::IngestVerdict;

constexpr std::size_t in_flight_bytes_max = 64 * 1024 * 1024;

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
  std::vector<Bytes> events;
  std::vector<std::size_t> places;
};

using Shares = std::map<pipeline::PartitionService*, Share>;

}  // namespace

void Ingest::take(const Request& request, Reply reply) const {
  auto read = read_cloud_events(request);
  if (!read) {
    reply(std::move(read.error()));
    return;
  }
  const std::size_t bytes = request.body.size();
  if (in_flight_->load() + bytes > in_flight_bytes_max) {
    reply(problem(503, "busy",
                  "expected room for more events, but too many wait for the disk: "
                  "send again in a moment"));
    return;
  }
  std::vector<Judged> judged(read->events.size());
  Shares shares;
  for (std::size_t index = 0; index < read->events.size(); ++index) {
    const event::EventView event = event::trusted_event(read->events[index]);
    judged[index].id = event.id;
    Share& share = shares[&services_.partition_of(event.correlation, event.source, event.subject)];
    share.places.push_back(index);
    share.events.push_back(std::move(read->events[index]));
  }
  in_flight_->fetch_add(bytes);
  std::vector<std::vector<std::size_t>> places;
  for (const auto& [partition, share] : shares) places.push_back(share.places);
  auto gather = std::make_shared<Gather<IngestOutput>>(
      shares.size(), [judged = std::move(judged), places = std::move(places), reply,
                      in_flight = in_flight_, bytes](std::vector<IngestOutput> outputs) mutable {
        in_flight->fetch_sub(bytes);
        for (std::size_t part = 0; part < outputs.size(); ++part) {
          for (std::size_t index = 0; index < places[part].size(); ++index) {
            judged[places[part][index]].verdict = std::move(outputs[part].events[index]);
          }
        }
        reply(answer_of(judged));
      });
  std::size_t part = 0;
  for (auto& [partition, share] : shares) {
    partition->ingest(std::move(share.events),
                      [gather, part](const IngestOutput& output) { gather->put(part, output); });
    ++part;
  }
}

}  // namespace perennial::admin
