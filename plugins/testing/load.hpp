// Emits copies of one recorded record at a given rate: the load of the benches.
//
// Place:   the source `load` of instance.cpp.
// Thread:  that of the source.
// Format:  the template is one msgpack record. Wherever it holds the text number_mark, the number of
//          the record is written as 12 digits; wherever it holds born_mark, CLOCK_MONOTONIC in
//          microseconds as 16 digits, so that whoever gets the record can tell its age.
#pragma once

#include <perennial/plugin.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace testing_connector {

inline constexpr std::string_view number_mark = "{{ number }}";
inline constexpr std::string_view born_mark = "{{ born_us    }}";

[[nodiscard]] std::int64_t monotonic_us();

class Load {
 public:
  struct Plan {
    std::uint64_t events = 0;
    std::int64_t rate = 0;      // events a second; 0 = as fast as they are taken
    std::int64_t begin_us = 0;  // CLOCK_MONOTONIC before which nothing comes
    std::uint32_t form = PERENNIAL_FORM_EVENT;
  };

  // False when the file can't be read or holds no number_mark.
  [[nodiscard]] bool open(const std::string& template_file, const Plan& plan);
  [[nodiscard]] std::uint32_t poll(const perennial_source_call& call,
                                   perennial_source_reply& reply);

 private:
  // When record `number` is due; it counts as born then, however late it is taken.
  [[nodiscard]] std::int64_t due_us(std::uint64_t number) const;
  void stamp(std::uint64_t number, std::int64_t born_us);

  Plan plan_;
  std::int64_t origin_us_ = 0;  // when the first record was or would have been due; 0 = no poll yet
  std::string record_;
  std::vector<std::size_t> numbers_;  // where the marks stand
  std::vector<std::size_t> births_;
};

}  // namespace testing_connector
