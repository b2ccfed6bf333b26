#include "runtime/state/position_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "runtime/base/clock.hpp"

namespace perennial::state {
namespace {

// The same rows in a std::map.
void expect_same(const PositionTable<std::string>& table,
                 const std::map<Position, std::string>& model) {
  ASSERT_EQ(table.size(), model.size());
  for (const auto& [position, text] : model) {
    const std::string* row = table.find(position);
    ASSERT_NE(row, nullptr) << position;
    EXPECT_EQ(*row, text);
  }
  std::map<Position, std::string> walked;
  for (const auto& [position, row] : table) walked.emplace(position, row);
  EXPECT_EQ(walked, model);
}

TEST(PositionTable, HoldsTheRowsOfAMapThroughAnyAddingAndErasing) {
  PositionTable<std::string> table;
  std::map<Position, std::string> model;
  Random random(5);
  Position last = 0;

  for (int step = 0; step < 20'000; ++step) {
    const bool is_adding = model.empty() || random.below(100) < (step < 12'000 ? 60U : 30U);
    if (is_adding) {
      last += 1 + random.below(7);
      table.add(last) = model[last] = std::to_string(last);
    } else {
      auto at = model.lower_bound(random.below(last + 1));
      if (at == model.end()) at = model.begin();
      table.erase(at->first);
      model.erase(at);
    }
    if (step % 1'000 == 0) expect_same(table, model);
  }
  expect_same(table, model);
}

TEST(PositionTable, KeepsARowInItsPlaceWhileOthersComeAndGo) {
  PositionTable<std::string> table;
  std::string& kept = table.add(1);
  kept = "kept";

  for (Position position = 2; position < 5'000; ++position) table.add(position);
  for (Position position = 2; position < 5'000; position += 2) table.erase(position);

  EXPECT_EQ(table.find(1), &kept);
  EXPECT_EQ(kept, "kept");
}

TEST(PositionTable, GivesAnEmptyRowWhereAnErasedOneLay) {
  PositionTable<std::string> table;
  table.add(1) = "old";
  table.erase(1);
  table.erase(1);

  EXPECT_EQ(table.find(1), nullptr);
  EXPECT_EQ(table.add(2), "");
}

TEST(FlatMap, FindsEveryKeyAfterCollisionsAndErasures) {
  struct OneHome {
    std::size_t operator()(std::uint64_t key) const { return key % 3; }
  };
  FlatMap<std::uint64_t, int, OneHome> map;
  std::map<std::uint64_t, int> model;
  Random random(9);

  for (int step = 0; step < 3'000; ++step) {
    const std::uint64_t key = 1 + random.below(60);
    if (random.below(2) == 0) {
      map[key] = model[key] = step;
    } else {
      map.erase(key);
      model.erase(key);
    }
    ASSERT_EQ(map.size(), model.size());
    for (const auto& [known, value] : model) ASSERT_EQ(*map.find(known), value);
  }
}

}  // namespace
}  // namespace perennial::state
