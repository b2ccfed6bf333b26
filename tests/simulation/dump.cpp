#include "tests/simulation/dump.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <type_traits>

#include "runtime/base/hash.hpp"
#include "runtime/event/event.hpp"

namespace perennial::simulation {
namespace {

void write_delivery(const state::State& state, const state::Delivery& one, std::ostream& out) {
  out << "delivery " << one.id << ' ' << to_text(one.identity) << " event " << one.event << ' '
      << hash64(state.event(one.event)) << ' ' << state.text(one.effect) << ' '
      << state.text(one.connector) << ' ' << state.text(one.operation) << ' ' << state.text(one.map)
      << " status " << static_cast<int>(one.status) << " absent " << one.was_absent << " rejected "
      << one.was_rejected << " generation " << one.generation << " attempt " << one.attempt
      << " tries " << one.tries << " lookups " << one.lookups << " due " << one.due << " epoch "
      << one.epoch << " deadline " << one.deadline << " doubt " << one.doubt_since << " lane "
      << to_text(one.lane) << ' ' << one.leads_lane << ' ' << one.next_in_lane << " exception "
      << one.exception << " token " << one.token << ' '
      << (state.delivery_of_token(state.text(one.connector), one.token) == &one) << " revision "
      << one.map_revision << " receipt " << hash64(one.receipt) << '\n';
}

void write_exceptions(const state::State& state, std::ostream& out) {
  std::map<Position, const state::ExceptionRow*> rows;
  for (const auto& [id, row] : state.exceptions()) rows[id] = &row;
  for (const auto& [id, row] : rows) {
    out << "exception " << id << ' ' << row->cause << ' ' << row->connector << ' ' << row->operation
        << ' ' << row->correlation << " owner " << row->owner << " code " << row->code << " text "
        << row->text << " join " << row->join << ' ' << row->key << " group " << row->group << ' '
        << (state.exception_of_group(row->group) == row) << " opened " << row->opened << " due "
        << row->due << " delivery " << row->delivery << ' ' << row->is_parking << row->is_on_trial
        << " count " << row->count << " body " << hash64(row->body) << '\n';
  }
}

void write_joins(const state::State& state, std::ostream& out) {
  std::map<std::string, const state::Join*> rows;
  for (const auto& [id, row] : state.joins()) rows[id] = &row;
  for (const auto& [id, row] : rows) {
    out << "join " << state::State::split_join(id).first << ' '
        << state::State::split_join(id).second << " due " << row->due << " closed "
        << row->is_closed << " exception " << row->exception;
    for (const auto& [type, position] : row->events) {
      out << ' ' << type << '=' << position << '/' << hash64(state.event(position));
    }
    out << '\n';
  }
}

void write_connectors(const state::State& state, std::ostream& out) {
  std::map<std::string, const state::ConnectorRow*> rows;
  for (const auto& [name, row] : state.connectors()) rows[name] = &row;
  for (const auto& [name, row] : rows) {
    out << "connector " << name << " epoch " << row->epoch << " flow "
        << static_cast<int>(row->flow);
    for (const auto& [source, cursor] : row->cursors) out << ' ' << source << '=' << cursor;
    out << '\n';
  }
}

// Prints fields as fields() lists them.
struct Printer {
  std::ostream& out;
  template <typename Field>
  Printer& operator()(const Field& field) {
    out << ' ';
    if constexpr (std::is_same_v<Field, Fingerprint>) {
      out << to_text(field);
    } else if constexpr (std::is_same_v<Field, std::string_view>) {
      const bool is_text =
          field.size() <= 80 &&
          std::all_of(field.begin(), field.end(), [](char c) { return c >= ' ' && c <= '~'; });
      const auto view = event::trusted_event(field);
      if (is_text) {
        out << '\'' << field << '\'';
      } else if (!view.id.empty()) {
        out << '<' << view.type << ' ' << view.id << ' ' << view.correlation << '>';
      } else {
        out << '<' << field.size() << " bytes>";
      }
    } else if constexpr (std::is_enum_v<Field>) {
      out << static_cast<int>(field);
    } else {
      out << field;
    }
    return *this;
  }
};

}  // namespace

std::string dump(const state::State& state, const KnownKeys& keys) {
  std::ostringstream out;
  out << "position " << state.position() << " time " << state.time() << " epoch "
      << state.last_epoch() << " revision " << state.config_revision() << " seen "
      << state.seen().size() << " held " << state.events_held() << '\n';
  write_connectors(state, out);
  std::vector<Position> ids;
  std::set<Fingerprint> lanes;
  for (const auto& [id, one] : state.deliveries()) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  for (const Position id : ids) {
    const state::Delivery& one = *state.delivery(id);
    write_delivery(state, one, out);
    if (one.lane.is_set()) lanes.insert(one.lane);
  }
  for (const Fingerprint& lane : lanes) {
    const state::Delivery* head = state.lane_head(lane);
    out << "lane " << to_text(lane) << ' ' << (head == nullptr ? 0 : head->id) << '\n';
  }
  write_joins(state, out);
  write_exceptions(state, out);
  for (const Fingerprint& key : keys.accepted) {
    if (!state.seen().contains(key)) out << "unseen " << to_text(key) << '\n';
  }
  const std::set<Fingerprint> tracked(keys.tracked.begin(), keys.tracked.end());
  for (const Fingerprint& key : tracked) {
    const state::Tracked* row = state.tracked(key);
    if (row == nullptr) continue;
    out << "tracked " << to_text(key) << ' ' << row->is_held << ' ' << to_text(row->facts) << ' '
        << row->turns << ' ' << row->version << '\n';
  }
  return out.str();
}

std::string first_difference(const std::string& left, const std::string& right) {
  std::istringstream lefts(left);
  std::istringstream rights(right);
  std::string one;
  std::string other;
  for (;;) {
    const bool has_one = static_cast<bool>(std::getline(lefts, one));
    const bool has_other = static_cast<bool>(std::getline(rights, other));
    if (!has_one && !has_other) return {};
    if (!has_one) one = "(end)";
    if (!has_other) other = "(end)";
    if (one != other || has_one != has_other) return "live: " + one + "\nreplayed: " + other;
  }
}

std::string describe(Position position, ByteView record) {
  std::ostringstream out;
  out << position << ' ';
  auto stamped = state::decode(record);
  if (!stamped) {
    out << "(" << stamped.error().reason << ")";
    return out.str();
  }
  out << stamped->time << ' ' << state::name_of(stamped->record);
  Printer printer{out};
  std::visit([&](auto& one) { one.fields(printer); }, stamped->record);
  return out.str();
}

}  // namespace perennial::simulation
