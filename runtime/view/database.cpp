#include "runtime/view/database.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <array>
#include <charconv>
#include <unordered_map>

namespace perennial::view {
namespace {

// BIGINT and TEXT only, so that the same text serves other databases too.
constexpr std::array tables = {
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS applied (part BIGINT PRIMARY KEY, position BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS events (part BIGINT, position BIGINT, time BIGINT, connector TEXT, "
    "channel TEXT, id TEXT, source TEXT, type TEXT, subject TEXT, correlation TEXT, causation "
    "TEXT, "
    "body TEXT, PRIMARY KEY (part, position))",
    "CREATE INDEX IF NOT EXISTS events_id ON events (id)",
    "CREATE INDEX IF NOT EXISTS events_correlation ON events (correlation)",
    "CREATE TABLE IF NOT EXISTS deliveries (part BIGINT, id BIGINT, event BIGINT, effect TEXT, "
    "connector TEXT, operation TEXT, correlation TEXT, status TEXT, attempts BIGINT, tries BIGINT, "
    "scheduled BIGINT, started BIGINT, settled BIGINT, due BIGINT, identity TEXT, delivery_key "
    "TEXT, "
    "receipt TEXT, last_code TEXT, last_text TEXT, exception TEXT, PRIMARY KEY (part, id))",
    "CREATE INDEX IF NOT EXISTS deliveries_correlation ON deliveries (correlation)",
    "CREATE INDEX IF NOT EXISTS deliveries_key ON deliveries (delivery_key)",
    "CREATE TABLE IF NOT EXISTS timeline (part BIGINT, position BIGINT, time BIGINT, "
    "correlation TEXT, kind TEXT, connector TEXT, operation TEXT, told TEXT, detail TEXT, "
    "PRIMARY KEY (part, position))",
    "CREATE INDEX IF NOT EXISTS timeline_correlation ON timeline (correlation)",
    "CREATE TABLE IF NOT EXISTS exceptions (id TEXT PRIMARY KEY, part BIGINT, position BIGINT, "
    "cause TEXT, connector TEXT, operation TEXT, correlation TEXT, owner TEXT, opened BIGINT, "
    "due BIGINT, state TEXT, code TEXT, told TEXT, repeats BIGINT, delivery BIGINT, closed BIGINT, "
    "closed_how TEXT, closed_by TEXT, closed_why TEXT, body TEXT)",
    "CREATE INDEX IF NOT EXISTS exceptions_state ON exceptions (state)",
    "CREATE INDEX IF NOT EXISTS exceptions_correlation ON exceptions (correlation)",
    "CREATE TABLE IF NOT EXISTS joins (part BIGINT, name TEXT, join_key TEXT, due BIGINT, "
    "is_closed BIGINT, PRIMARY KEY (part, name, join_key))",
    "CREATE TABLE IF NOT EXISTS renewals (correlation TEXT PRIMARY KEY, first BIGINT, last BIGINT, "
    "events BIGINT, deliveries BIGINT, deliveries_open BIGINT, joins_waiting BIGINT, "
    "exceptions BIGINT, exceptions_open BIGINT, state TEXT)",
    "CREATE INDEX IF NOT EXISTS renewals_state ON renewals (state, correlation)",
    "CREATE TABLE IF NOT EXISTS xref (external_id TEXT, system TEXT, object TEXT, "
    "correlation TEXT, PRIMARY KEY (external_id, system, object, correlation))",
    "CREATE TABLE IF NOT EXISTS connectors (part BIGINT, name TEXT, flow TEXT, epoch BIGINT, "
    "plugin TEXT, version TEXT, pid BIGINT, last_end TEXT, PRIMARY KEY (part, name))",
    "CREATE TABLE IF NOT EXISTS cursors (part BIGINT, connector TEXT, source TEXT, position TEXT, "
    "moved BIGINT, PRIMARY KEY (part, connector, source))",
};

// Names of the placeholders; a statement has at most as many.
constexpr std::array names = {"1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",  "10",
                              "11", "12", "13", "14", "15", "16", "17", "18", "19", "20"};

void bind(soci::statement& statement, const Value& value, const char* name) {
  if (const auto* text = std::get_if<std::string>(&value.get())) {
    statement.exchange(soci::use(*text, name));
  } else {
    statement.exchange(soci::use(std::get<long long>(value.get()), name));
  }
}

// Every public function goes through here, so that no exception of SOCI leaves this file.
template <typename Act>
auto guarded(Act act) {
  try {
    return act();
  } catch (const soci::soci_error& error) {
    throw DatabaseError(std::string("the view's database says: ") + error.what());
  }
}

}  // namespace

std::int64_t Row::number(std::size_t column) const {
  const std::string& shown = columns[column];
  std::int64_t value = 0;
  std::from_chars(shown.data(), shown.data() + shown.size(), value);
  return value;
}

struct Database::Parts {
  soci::session session;
  std::unordered_map<const char*, std::unique_ptr<soci::statement>> prepared;
};

Database::Database(const std::string& path) : parts_(std::make_unique<Parts>()) {
  guarded([&] {
    // The view can be rebuilt from the journals, so it never waits for the disk.
    parts_->session.open(soci::sqlite3, "dbname=\"" + path + "\" timeout=10 synchronous=off");
    parts_->session << "PRAGMA journal_mode=WAL";
  });
}

Database::~Database() = default;

void Database::create_tables() {
  guarded([&] {
    for (const char* table : tables) parts_->session << table;
  });
}

void Database::run(const char* sql, Values values) {
  guarded([&] {
    auto& statement = parts_->prepared[sql];
    if (!statement) {
      statement = std::make_unique<soci::statement>(parts_->session);
      statement->alloc();
      statement->prepare(sql);
    }
    std::size_t index = 0;
    for (const Value& value : values) bind(*statement, value, names[index++]);
    statement->define_and_bind();
    statement->execute(true);
    statement->bind_clean_up();
  });
}

void Database::select(const std::string& sql, const std::vector<Value>& values, std::size_t columns,
                      const std::function<void(const Row&)>& each) {
  guarded([&] {
    Row row;
    row.columns.resize(columns);
    soci::statement statement(parts_->session);
    statement.alloc();
    statement.prepare(sql);
    for (std::size_t index = 0; index < values.size(); ++index) {
      bind(statement, values[index], names[index]);
    }
    for (std::string& column : row.columns) statement.exchange(soci::into(column));
    statement.define_and_bind();
    statement.execute();
    while (statement.fetch()) each(row);
  });
}

void Database::copy_to(const std::string& path) {
  guarded([&] {
    std::string name;
    for (char symbol : path) name += symbol == '\'' ? std::string("''") : std::string(1, symbol);
    parts_->session << "VACUUM INTO '" + name + "'";
  });
}

void Database::begin() {
  guarded([&] { parts_->session.begin(); });
}

void Database::commit() {
  guarded([&] { parts_->session.commit(); });
}

void Database::roll_back() {
  guarded([&] { parts_->session.rollback(); });
}

}  // namespace perennial::view
