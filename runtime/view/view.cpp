#include "runtime/view/view.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>

#include "runtime/view/database.hpp"

namespace perennial::view {
namespace {

constexpr std::size_t story_rows_max = 5000;
constexpr std::size_t candidates_shown = 5;

constexpr std::string_view renewal_columns =
    "correlation, first, last, state, events, deliveries, deliveries_open, joins_waiting, "
    "exceptions, exceptions_open";
constexpr std::string_view timeline_columns =
    "part, position, time, correlation, kind, connector, operation, told, detail";
constexpr std::string_view event_columns =
    "part, position, time, connector, channel, id, source, type, subject, correlation, causation";
constexpr std::string_view delivery_columns =
    "part, id, event, effect, connector, operation, correlation, status, attempts, tries, "
    "scheduled, started, settled, due, delivery_key, receipt, last_code, last_text, exception";
constexpr std::string_view exception_columns =
    "id, part, position, cause, connector, operation, correlation, owner, opened, due, state, "
    "code, "
    "told, repeats, delivery, closed, closed_how, closed_by, closed_why, body";

std::string select_of(std::string_view columns, std::string_view rest) {
  return "SELECT " + std::string(columns) + " FROM " + std::string(rest);
}

RenewalRow renewal_of(const Row& row) {
  return {row.text(0),  row.number(1), row.number(2), row.text(3),  row.count(4),
          row.count(5), row.count(6),  row.count(7),  row.count(8), row.count(9)};
}

TimelineRow timeline_of(const Row& row) {
  return {static_cast<std::uint32_t>(row.count(0)),
          row.count(1),
          row.number(2),
          row.text(3),
          row.text(4),
          row.text(5),
          row.text(6),
          row.text(7),
          row.text(8)};
}

EventRow event_of(const Row& row) {
  return {static_cast<std::uint32_t>(row.count(0)),
          row.count(1),
          row.number(2),
          row.text(3),
          row.text(4),
          row.text(5),
          row.text(6),
          row.text(7),
          row.text(8),
          row.text(9),
          row.text(10),
          {}};
}

DeliveryRow delivery_of(const Row& row) {
  return {static_cast<std::uint32_t>(row.count(0)),
          row.count(1),
          row.count(2),
          row.text(3),
          row.text(4),
          row.text(5),
          row.text(6),
          row.text(7),
          row.count(8),
          row.count(9),
          row.number(10),
          row.number(11),
          row.number(12),
          row.number(13),
          row.text(14),
          row.text(15),
          row.text(16),
          row.text(17),
          row.text(18)};
}

ExceptionRow exception_of(const Row& row) {
  return {row.text(0),   static_cast<std::uint32_t>(row.count(1)),
          row.count(2),  row.text(3),
          row.text(4),   row.text(5),
          row.text(6),   row.text(7),
          row.number(8), row.number(9),
          row.text(10),  row.text(11),
          row.text(12),  row.count(13),
          row.count(14), row.number(15),
          row.text(16),  row.text(17),
          row.text(18),  row.text(19)};
}

// A place in all partitions: "<partition>:<position>" joined by "_". It names positions, so it
// stands when the tables are built again.
using Places = std::map<std::uint32_t, Position>;

std::string to_cursor(const Places& places) {
  std::string text;
  for (const auto& [partition, position] : places) {
    text += (text.empty() ? "" : "_") + std::to_string(partition) + "-" + std::to_string(position);
  }
  return text.empty() ? "0-0" : text;
}

template <typename Number>
bool take_number(std::string_view& text, Number& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return true;
}

Result<Places> to_places(std::string_view text) {
  Places places;
  const std::string whole(text);
  while (!text.empty()) {
    std::uint32_t partition = 0;
    Position position = 0;
    bool is_sound = take_number(text, partition) && text.starts_with('-');
    if (is_sound) text.remove_prefix(1);
    is_sound = is_sound && take_number(text, position) && (text.empty() || text[0] == '_');
    if (!is_sound) {
      return fail(Code::invalid, "expected the `next` of an earlier page, but '" +
                                     whole.substr(0, 80) + "' came: begin without it");
    }
    if (!text.empty()) text.remove_prefix(1);
    places[partition] = position;
  }
  return places;
}

}  // namespace

struct View::Parts {
  explicit Parts(const std::string& path) : database(path) {}

  // Runs `ask` under the lock, with failures of the database as values.
  template <typename Ask>
  auto ask(Ask asked) -> Result<decltype(asked(std::declval<Database&>()))> {
    const std::lock_guard lock(mutex);
    try {
      return asked(database);
    } catch (const DatabaseError& error) {
      return fail(Code::unavailable, error.what());
    }
  }

  std::mutex mutex;
  Database database;
};

View::View(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
View::~View() = default;

Result<std::unique_ptr<View>> View::open(const std::string& path) {
  try {
    auto parts = std::make_unique<Parts>(path);
    parts->database.create_tables();
    return std::unique_ptr<View>(new View(std::move(parts)));
  } catch (const DatabaseError& error) {
    return fail(Code::io, path + ": " + error.what());
  }
}

Result<Page<RenewalRow>> View::renewals(const RenewalFilter& filter) const {
  return parts_->ask([&](Database& database) {
    Page<RenewalRow> page;
    database.select(select_of(renewal_columns,
                              "renewals WHERE (:1 = '' OR state = :1) AND correlation > :2 "
                              "ORDER BY correlation LIMIT :3"),
                    {filter.state, filter.cursor, filter.limit + 1}, 10,
                    [&](const Row& row) { page.rows.push_back(renewal_of(row)); });
    if (page.rows.size() > filter.limit) {
      page.rows.resize(filter.limit);
      page.next = page.rows.back().correlation;
    }
    return page;
  });
}

Result<std::string> View::resolve(const std::string& id) const {
  auto found = parts_->ask([&](Database& database) {
    std::vector<std::string> all;
    // From the most to the least certain; the first that knows it decides.
    for (const char* sql :
         {"SELECT correlation FROM renewals WHERE correlation = :1",
          "SELECT correlation FROM exceptions WHERE id = :1",
          "SELECT DISTINCT correlation FROM events WHERE id = :1",
          "SELECT DISTINCT correlation FROM deliveries WHERE delivery_key = :1",
          "SELECT DISTINCT correlation FROM xref WHERE external_id = :1 ORDER BY correlation"}) {
      database.select(sql, {id}, 1, [&](const Row& row) {
        if (!row.text(0).empty()) all.push_back(row.text(0));
      });
      if (!all.empty()) break;
    }
    return all;
  });
  if (!found) return tl::unexpected(found.error());
  if (found->size() == 1) return found->front();
  if (found->empty()) {
    return fail(Code::not_found, "expected an id of a renewal, but no renewal is known by '" + id +
                                     "': the view may be a moment behind");
  }
  std::string some;
  for (std::size_t index = 0; index < std::min(found->size(), candidates_shown); ++index) {
    some += (index == 0 ? "" : ", ") + (*found)[index];
  }
  return fail(Code::conflict, "expected an id of one renewal, but " +
                                  std::to_string(found->size()) + " bear '" + id + "': " + some +
                                  (found->size() > candidates_shown ? ", ..." : ""));
}

Result<RenewalStory> View::renewal(const std::string& correlation) const {
  auto story = parts_->ask([&](Database& database) {
    RenewalStory told;
    const std::vector<Value> key = {correlation, story_rows_max};
    database.select(select_of(renewal_columns, "renewals WHERE correlation = :1"), {correlation},
                    10, [&](const Row& row) { told.renewal = renewal_of(row); });
    database.select(select_of(timeline_columns,
                              "timeline WHERE correlation = :1 ORDER BY time, part, position "
                              "LIMIT :2"),
                    key, 9, [&](const Row& row) { told.timeline.push_back(timeline_of(row)); });
    database.select(
        select_of(delivery_columns, "deliveries WHERE correlation = :1 ORDER BY part, id LIMIT :2"),
        key, 19, [&](const Row& row) { told.deliveries.push_back(delivery_of(row)); });
    database.select(
        select_of(exception_columns,
                  "exceptions WHERE correlation = :1 ORDER BY opened, part, position LIMIT :2"),
        key, 20, [&](const Row& row) { told.exceptions.push_back(exception_of(row)); });
    return told;
  });
  if (story && story->renewal.correlation.empty()) {
    return fail(Code::not_found, "expected a renewal, but none is known by '" + correlation + "'");
  }
  return story;
}

Result<Page<TimelineRow>> View::timeline(const std::string& after, std::size_t limit) const {
  auto places = to_places(after);
  if (!places) return tl::unexpected(places.error());
  return parts_->ask([&](Database& database) {
    database.select("SELECT part FROM applied", {}, 1, [&](const Row& row) {
      places->emplace(static_cast<std::uint32_t>(row.count(0)), 0);
    });
    Page<TimelineRow> page;
    for (const auto& [partition, position] : *places) {
      database.select(
          select_of(timeline_columns,
                    "timeline WHERE part = :1 AND position > :2 ORDER BY position LIMIT :3"),
          {partition, position, limit}, 9,
          [&](const Row& row) { page.rows.push_back(timeline_of(row)); });
    }
    std::stable_sort(page.rows.begin(), page.rows.end(),
                     [](const auto& left, const auto& right) { return left.time < right.time; });
    if (page.rows.size() > limit) page.rows.resize(limit);
    // Within a partition time never goes back, so the cut leaves no gap behind it.
    for (const TimelineRow& row : page.rows) (*places)[row.partition] = row.position;
    page.next = to_cursor(*places);
    return page;
  });
}

Result<std::vector<ExceptionRow>> View::exceptions(const ExceptionFilter& filter) const {
  return parts_->ask([&](Database& database) {
    std::vector<ExceptionRow> rows;
    database.select(
        select_of(exception_columns,
                  "exceptions WHERE (:1 = '' OR state = :1) AND (:2 = '' OR owner = :2) AND "
                  "(:3 = '' OR cause = :3) AND (:4 = '' OR connector = :4) AND (:5 = '' OR "
                  "correlation = :5) ORDER BY opened DESC, part, position DESC LIMIT :6"),
        {filter.state, filter.owner, filter.cause, filter.connector, filter.correlation,
         filter.limit},
        20, [&](const Row& row) { rows.push_back(exception_of(row)); });
    return rows;
  });
}

Result<ExceptionRow> View::exception(const std::string& id) const {
  auto row = parts_->ask([&](Database& database) {
    ExceptionRow found;
    database.select(select_of(exception_columns, "exceptions WHERE id = :1"), {id}, 20,
                    [&](const Row& one) { found = exception_of(one); });
    return found;
  });
  if (row && row->id.empty()) {
    return fail(Code::not_found, "expected an exception, but there is none with id '" + id + "'");
  }
  return row;
}

Result<Page<EventRow>> View::events(const EventFilter& filter) const {
  auto places = to_places(filter.cursor);
  if (!places) return tl::unexpected(places.error());
  return parts_->ask([&](Database& database) {
    database.select("SELECT part FROM applied", {}, 1, [&](const Row& row) {
      places->emplace(static_cast<std::uint32_t>(row.count(0)), 0);
    });
    Page<EventRow> page;
    for (const auto& [partition, position] : *places) {
      database.select(
          select_of(event_columns,
                    "events WHERE part = :1 AND position > :2 AND (:3 = '' OR type = :3) AND "
                    "(:4 = '' OR correlation = :4) ORDER BY position LIMIT :5"),
          {partition, position, filter.type, filter.correlation, filter.limit}, 11,
          [&](const Row& row) { page.rows.push_back(event_of(row)); });
    }
    std::stable_sort(page.rows.begin(), page.rows.end(),
                     [](const auto& left, const auto& right) { return left.time < right.time; });
    const bool is_full = page.rows.size() >= filter.limit;
    if (page.rows.size() > filter.limit) page.rows.resize(filter.limit);
    for (const EventRow& row : page.rows) (*places)[row.partition] = row.position;
    if (is_full) page.next = to_cursor(*places);
    return page;
  });
}

Result<std::vector<EventRow>> View::event(const std::string& id) const {
  auto rows = parts_->ask([&](Database& database) {
    std::vector<EventRow> found;
    database.select(
        select_of(std::string(event_columns) + ", body", "events WHERE id = :1 ORDER BY time"),
        {id}, 12, [&](const Row& row) {
          found.push_back(event_of(row));
          found.back().body = row.text(11);
        });
    return found;
  });
  if (rows && rows->empty()) {
    return fail(Code::not_found, "expected an event, but there is none with id '" + id +
                                     "': the view may be a moment behind");
  }
  return rows;
}

Result<std::vector<ConnectorRow>> View::connectors() const {
  return parts_->ask([&](Database& database) {
    std::vector<ConnectorRow> rows;
    database.select(
        "SELECT part, name, flow, epoch, plugin, version, pid, last_end FROM connectors "
        "ORDER BY name, part",
        {}, 8, [&](const Row& row) {
          rows.push_back({static_cast<std::uint32_t>(row.count(0)),
                          row.text(1),
                          row.text(2),
                          row.count(3),
                          row.text(4),
                          row.text(5),
                          row.count(6),
                          row.text(7),
                          {}});
        });
    for (ConnectorRow& connector : rows) {
      database.select(
          "SELECT source, position, moved FROM cursors WHERE part = :1 AND connector = :2 "
          "ORDER BY source",
          {connector.partition, connector.name}, 3, [&](const Row& row) {
            connector.cursors.push_back({row.text(0), row.text(1), row.number(2)});
          });
    }
    return rows;
  });
}

Result<std::vector<Applied>> View::applied() const {
  return parts_->ask([&](Database& database) {
    std::vector<Applied> rows;
    database.select("SELECT part, position FROM applied ORDER BY part", {}, 2, [&](const Row& row) {
      rows.push_back({static_cast<std::uint32_t>(row.count(0)), row.count(1)});
    });
    return rows;
  });
}

}  // namespace perennial::view
