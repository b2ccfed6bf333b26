// Rows by the position of the record that made them.
//
// Limits:  rows lie in blocks that are reused and never given back. A row stands where it is until
//          it is erased; an erased one is made empty at once.
// Rule:    iteration has the order of a hash table; whoever decides by it sorts first.
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/base/ids.hpp"
#include "runtime/state/flat_map.hpp"

namespace perennial::state {

template <typename Row>
class PositionTable {
  // Positions come in runs, and runs that meet would make probing long: multiplied by the golden
  // ratio they lie apart evenly.
  struct Spread {
    std::size_t operator()(Position position) const {
      return (position * 0x9E3779B97F4A7C15ULL) >> 32;
    }
  };
  using Index = FlatMap<Position, std::uint32_t, Spread>;

 public:
  class Iterator {
   public:
    using Slots = std::vector<typename Index::Slot>;
    Iterator(const PositionTable& table, typename Slots::const_iterator at)
        : table_(&table), at_(at) {
      settle();
    }
    std::pair<Position, const Row&> operator*() const {
      return {at_->key, table_->row(at_->value)};
    }
    Iterator& operator++() {
      ++at_;
      settle();
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    void settle() {
      while (at_ != table_->index_.slots().end() && Index::is_free(*at_)) ++at_;
    }
    const PositionTable* table_;
    typename Slots::const_iterator at_;
  };

  [[nodiscard]] std::size_t size() const { return index_.size(); }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] Iterator begin() const { return {*this, index_.slots().begin()}; }
  [[nodiscard]] Iterator end() const { return {*this, index_.slots().end()}; }

  [[nodiscard]] const Row* find(Position position) const {
    const std::uint32_t* number = index_.find(position);
    return number == nullptr ? nullptr : &row(*number);
  }
  [[nodiscard]] Row* find(Position position) {
    return const_cast<Row*>(std::as_const(*this).find(position));
  }
  // Requires: `position` has no row.
  Row& add(Position position) {
    if (free_.empty()) add_block();
    const std::uint32_t number = free_.back();
    free_.pop_back();
    index_[position] = number;
    return row(number);
  }
  void erase(Position position) {
    const std::uint32_t* found = index_.find(position);
    if (found == nullptr) return;
    const std::uint32_t number = *found;
    row(number) = Row{};
    free_.push_back(number);
    index_.erase(position);
  }

 private:
  static constexpr std::uint32_t block_rows = 256;

  [[nodiscard]] Row& row(std::uint32_t number) const {
    return blocks_[number / block_rows][number % block_rows];
  }
  void add_block() {
    const auto first = static_cast<std::uint32_t>(blocks_.size()) * block_rows;
    blocks_.push_back(std::make_unique<Row[]>(block_rows));
    for (std::uint32_t number = block_rows; number-- > 0;) free_.push_back(first + number);
  }

  Index index_;
  std::vector<std::unique_ptr<Row[]>> blocks_;
  std::vector<std::uint32_t> free_;  // numbers of empty rows
};

}  // namespace perennial::state
