#include "sandbox/base/table.hpp"

#include <algorithm>

namespace perennial::sandbox {

const Json* Table::visible(const Row& row) const {
  const bool is_shown = visibility_.clock.steady() >= row.visible_at;
  const Json& state = is_shown ? row.newest : row.previous;
  return state.is_null() ? nullptr : &state;
}

const Json* Table::find(const std::string& key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : visible(rows_[found->second]);
}

const Json* Table::newest(const std::string& key) const {
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  const Json& state = rows_[found->second].newest;
  return state.is_null() ? nullptr : &state;
}

void Table::put(const std::string& key, Json record) {
  const SteadyTime now = visibility_.clock.steady();
  auto [found, is_new] = index_.try_emplace(key, rows_.size());
  if (is_new) rows_.push_back(Row{key, nullptr, nullptr, now});
  Row& row = rows_[found->second];
  // A record that readers do not see yet keeps its date: a later visible change must not reveal it.
  if (now >= row.visible_at) row.previous = std::move(row.newest);
  row.newest = std::move(record);
  row.visible_at = std::max(row.visible_at, now + visibility_.hidden_for);
}

void Table::erase(const std::string& key) {
  if (newest(key) != nullptr) put(key, nullptr);
}

SteadyTime Table::visible_at(const std::string& key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? SteadyTime() : rows_[found->second].visible_at;
}

void Table::for_each(const std::function<void(const std::string&, const Json&)>& visit) const {
  for (const Row& row : rows_) {
    if (const Json* state = visible(row)) visit(row.key, *state);
  }
}

void Table::for_each_newest(
    const std::function<void(const std::string&, const Json&)>& visit) const {
  for (const Row& row : rows_) {
    if (!row.newest.is_null()) visit(row.key, row.newest);
  }
}

}  // namespace perennial::sandbox
