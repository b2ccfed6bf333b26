#include "runtime/host/record_mapper.hpp"

#include <perennial/plugin.h>

#include "runtime/base/limits.hpp"
#include "runtime/event/event.hpp"
#include "runtime/host/event_maker.hpp"
#include "runtime/wire/routing.hpp"

namespace perennial::host {
namespace {

class RoundMaker {
 public:
  RoundMaker(HostShared& shared, Mapper& mapper, const SourceManifest& source)
      : shared_(shared),
        mapper_(mapper),
        source_(source),
        event_source_("perennial://" + shared.spec.name + "/" + source.name) {}

  std::shared_ptr<Round> make(RecordBatch records, const std::vector<OversizeRecord>& oversize) {
    round_->source = source_.name;
    round_->records = std::move(records);
    round_->events.resize(shared_.partitions());
    for (std::size_t index = 0; index < round_->records.size(); ++index) {
      const Record record = round_->records.at(index);
      if (record.form == PERENNIAL_FORM_EVENT) {
        pass(record);
      } else {
        map(record);
      }
    }
    // Only now, because growing `made` moves short events.
    for (const Bytes& event : round_->made) place(event::trusted_event(event));
    for (const OversizeRecord& one : oversize) {
      refuse("record_too_large",
             "expected a record of at most " + std::to_string(PERENNIAL_RECORD_BYTES_MAX) +
                 " bytes, but it has " + std::to_string(one.bytes) +
                 "; have the source give it in parts or by reference",
             one.id, {});
    }
    return std::move(round_);
  }

 private:
  void refuse(std::string cause, const std::string& text, ByteView subject, ByteView body) {
    constexpr std::size_t subject_bytes_max = limits::attribute_bytes_max;
    const bool fits = body.size() <= limits::event_bytes_max;
    round_->refusals.push_back({std::move(cause), text.substr(0, limits::reason_bytes_max),
                                std::string(subject.substr(0, subject_bytes_max)),
                                fits ? Bytes(body) : Bytes()});
    round_->bytes += fits ? body.size() : 0;
  }

  void place(const event::EventView& view) {
    round_->events[wire::partition_of(view, shared_.partitions())].push_back(view.bytes);
    round_->bytes += view.bytes.size();
  }

  // The partition's gate judges the event. Here it is judged only when it is too broken to be sent
  // there.
  void pass(const Record& record) {
    const event::EventView glance = event::trusted_event(record.body);
    const bool can_be_sent = record.body.size() <= limits::event_bytes_max && !glance.id.empty() &&
                             !glance.source.empty() && !glance.type.empty();
    if (can_be_sent) return place(glance);
    const auto view = event::read_event(record.body);
    if (view) return place(*view);
    refuse("malformed_event", view.error().reason, record.id, record.body);
  }

  void map(const Record& record) {
    if (source_.map.empty()) {
      return refuse("mapping_failed",
                    "expected a map for vendor records of source " + source_.name +
                        ", but the manifest names none; name one, or have the plugin give events",
                    record.id, record.body);
    }
    const std::size_t before = round_->made.size();
    if (auto status = map_one(record); !status) {
      round_->made.resize(before);
      refuse("mapping_failed", status.error().reason, record.id, record.body);
    }
  }

  Status map_one(const Record& record) {
    const auto outputs = mapper_.run(source_.map, {}, record.body, RunBounds());
    if (!outputs) return tl::unexpected(outputs.error());
    for (std::size_t number = 0; number < outputs->size(); ++number) {
      // A second event of the same record must not have the identity of the first.
      std::string id(record.id);
      if (number > 0 && !id.empty()) id += "/" + std::to_string(number);
      EventDefaults defaults;
      defaults.source = event_source_;
      defaults.id = id;
      auto event = complete_event((*outputs)[number], defaults);
      if (!event) return fail_within("map " + source_.map, event.error());
      round_->made.push_back(std::move(*event));
    }
    return {};
  }

  HostShared& shared_;
  Mapper& mapper_;
  const SourceManifest& source_;
  const std::string event_source_;
  std::shared_ptr<Round> round_ = std::make_shared<Round>();
};

}  // namespace

std::shared_ptr<Round> make_round(HostShared& shared, Mapper& mapper, const SourceManifest& source,
                                  RecordBatch records,
                                  const std::vector<OversizeRecord>& oversize) {
  return RoundMaker(shared, mapper, source).make(std::move(records), oversize);
}

}  // namespace perennial::host
