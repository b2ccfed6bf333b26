#include "plugins/testing/load.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

namespace testing_connector {
namespace {

// Longest wait inside one poll: a stop must not wait for a distant begin.
constexpr std::int64_t wait_us_max = 50'000;

std::vector<std::size_t> places_of(std::string_view text, std::string_view mark) {
  std::vector<std::size_t> places;
  for (std::size_t at = text.find(mark); at != std::string_view::npos;
       at = text.find(mark, at + mark.size())) {
    places.push_back(at);
  }
  return places;
}

void write_digits(char* at, std::size_t count, std::uint64_t value) {
  for (std::size_t index = count; index-- > 0; value /= 10) {
    at[index] = static_cast<char>('0' + value % 10);
  }
}

std::uint64_t number_of(const perennial_view& view) {
  std::uint64_t number = 0;
  for (std::size_t index = 0; index < view.size; ++index) {
    number = number * 10 + static_cast<std::uint64_t>(view.data[index] - '0');
  }
  return number;
}

}  // namespace

std::int64_t monotonic_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool Load::open(const std::string& template_file, const Plan& plan) {
  plan_ = plan;
  std::ifstream file(template_file, std::ios::binary);
  record_.assign(std::istreambuf_iterator<char>(file), {});
  numbers_ = places_of(record_, number_mark);
  births_ = places_of(record_, born_mark);
  return !numbers_.empty();
}

std::int64_t Load::due_us(std::uint64_t number) const {
  if (plan_.rate == 0) return origin_us_;
  return origin_us_ + static_cast<std::int64_t>(number - 1) * 1'000'000 / plan_.rate;
}

void Load::stamp(std::uint64_t number, std::int64_t born_us) {
  for (const std::size_t at : numbers_) {
    write_digits(record_.data() + at, number_mark.size(), number);
  }
  for (const std::size_t at : births_) {
    write_digits(record_.data() + at, born_mark.size(), static_cast<std::uint64_t>(born_us));
  }
}

std::uint32_t Load::poll(const perennial_source_call& call, perennial_source_reply& reply) {
  const std::uint64_t begin = number_of(call.cursor);
  if (begin >= plan_.events) return PERENNIAL_SOURCE_NOTHING;
  if (origin_us_ == 0) {
    // A load that starts late, or again behind a cursor, keeps its rate and catches nothing up.
    const std::int64_t passed_us =
        plan_.rate == 0 ? 0 : static_cast<std::int64_t>(begin) * 1'000'000 / plan_.rate;
    origin_us_ = std::max(plan_.begin_us, monotonic_us() - passed_us);
  }
  const std::int64_t early_us = due_us(begin + 1) - monotonic_us();
  if (early_us > 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(std::min(early_us, wait_us_max)));
  }
  std::uint64_t next = begin;
  std::int64_t now_us = monotonic_us();
  while (next < plan_.events && next - begin < call.records_max && due_us(next + 1) <= now_us) {
    stamp(next + 1, plan_.rate == 0 ? now_us : due_us(next + 1));
    const perennial_view body{record_.data(), record_.size()};
    const perennial_record record{
        plan_.form, 0, {record_.data() + numbers_[0], number_mark.size()}, body};
    if (reply.emit(&reply, &record) != PERENNIAL_CALL_DONE) break;
    ++next;
    // A look at the clock now and then keeps births honest without paying for one each.
    if (next % 16 == 0) now_us = monotonic_us();
  }
  if (next == begin) return PERENNIAL_SOURCE_MORE;
  const std::string cursor = std::to_string(next);
  reply.cursor(&reply, {cursor.data(), cursor.size()});
  return next < plan_.events ? PERENNIAL_SOURCE_MORE : PERENNIAL_SOURCE_RECORDS;
}

}  // namespace testing_connector
