// One connection to the view's tables: statements by text, values in, texts out.
//
// Place:   inside view/ only; the one file pair that includes SOCI.
// Thread:  one at a time.
// Errors:  failures of the database are thrown as DatabaseError and become a Status before they
//          leave this folder.
// Format:  tables in database.cpp; they can be dropped and rebuilt from the journals at any time.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace perennial::view {

class DatabaseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Value {
 public:
  Value(std::string_view text) : value_(std::string(text)) {}  // NOLINT(*-explicit-*)
  Value(const std::string& text) : value_(text) {}             // NOLINT(*-explicit-*)
  Value(const char* text) : value_(std::string(text)) {}       // NOLINT(*-explicit-*)
  template <typename Number>
  requires std::is_integral_v<Number> Value(Number number)
      : value_(static_cast<long long>(number)) {}  // NOLINT(*-explicit-*)
  [[nodiscard]] const std::variant<long long, std::string>& get() const { return value_; }

 private:
  std::variant<long long, std::string> value_;
};

// Columns of one row as text, in the order of the statement.
class Row {
 public:
  [[nodiscard]] const std::string& text(std::size_t column) const { return columns[column]; }
  [[nodiscard]] std::int64_t number(std::size_t column) const;
  [[nodiscard]] std::uint64_t count(std::size_t column) const {
    return static_cast<std::uint64_t>(number(column));
  }
  std::vector<std::string> columns;
};

using Values = std::initializer_list<Value>;

class Database {
 public:
  explicit Database(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void create_tables();
  // Runs a statement with ":1", ":2", ... standing for `values`; keeps it prepared. `sql` is a
  // literal: its address is its name.
  void run(const char* sql, Values values);
  // Calls `each` for every row of `columns` columns.
  void select(const std::string& sql, const std::vector<Value>& values, std::size_t columns,
              const std::function<void(const Row&)>& each);
  // Writes a whole copy to a file that does not exist yet.
  void copy_to(const std::string& path);
  void begin();
  void commit();
  void roll_back();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace perennial::view
