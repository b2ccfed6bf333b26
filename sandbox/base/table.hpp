// An ordered table of JSON records in which a change can stay invisible to readers for a while.
//
// Writers always see the newest state; readers see the state before a hidden change until its time
// has come. That is how a system behaves whose reads come from a lagging replica or index.
//
// Thread:  guarded by the estate's mutex.
// Errors:  a missing key reads as null pointer.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

#include "sandbox/base/clock.hpp"
#include "sandbox/base/json.hpp"

namespace perennial::sandbox {

// Shared by all tables of an estate; the gate sets `hidden_for` around a call whose effect shows
// late.
struct Visibility {
  const Clock& clock;
  std::chrono::milliseconds hidden_for{0};
};

class Table {
 public:
  explicit Table(const Visibility& visibility) : visibility_(visibility) {}

  // What a reader sees now; null when the record does not exist or is not visible yet.
  const Json* find(const std::string& key) const;
  // The newest state, for writers.
  const Json* newest(const std::string& key) const;

  void put(const std::string& key, Json record);
  void erase(const std::string& key);
  // When the newest state becomes visible; a time in the past once it is.
  SteadyTime visible_at(const std::string& key) const;

  // Visible records in the order of their creation.
  void for_each(const std::function<void(const std::string&, const Json&)>& visit) const;
  // Newest states of records that exist, hidden ones included.
  void for_each_newest(const std::function<void(const std::string&, const Json&)>& visit) const;
  std::size_t size() const { return index_.size(); }

 private:
  struct Row {
    std::string key;
    Json newest;    // null when erased
    Json previous;  // what readers see before visible_at; null when it did not exist
    SteadyTime visible_at;
  };

  const Json* visible(const Row& row) const;

  const Visibility& visibility_;
  std::deque<Row> rows_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace perennial::sandbox
