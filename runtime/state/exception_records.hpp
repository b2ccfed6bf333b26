// The facts about exceptions: record types 18 to 20. Read with record_types.hpp, whose rules hold here too.
//
// Owns:    nothing; text and bytes are views.
// Format:  fields() is the one list of a record's fields; see record_types.hpp.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/ids.hpp"

namespace perennial::state {

// A business incident. Its position is its id ("X<partition>-<position>").
struct ExceptionOpened {
  static constexpr std::uint8_t type = 18;
  static constexpr std::string_view name = "exception.opened";
  std::string_view cause;
  std::string_view connector;
  std::string_view operation;  // or source
  std::string_view correlation;
  std::string_view owner;
  TimeMs due = 0;
  std::string_view code;
  std::string_view text;
  Position delivery = 0;    // 0 = none
  bool is_parking = false;  // the delivery waits for a person
  std::string_view join;    // overdue join and its key
  std::string_view key;
  std::string_view
      group;      // repeats of the same (connector, cause, place) are counted under one exception
  ByteView body;  // what was refused, or the receipts in doubt
  template <typename Visit>
  void fields(Visit& visit) {
    visit(cause)(connector)(
        operation)(correlation)(owner)(due)(code)(text)(delivery)(is_parking)(join)(key)(group)(body);
  }
};

struct ExceptionRepeated {
  static constexpr std::uint8_t type = 19;
  static constexpr std::string_view name = "exception.repeated";
  Position exception = 0;
  std::string_view text;
  ByteView body;
  std::string_view cause;  // of this time; empty = as before
  template <typename Visit>
  void fields(Visit& visit) {
    visit(exception)(text)(body)(cause);
  }
};

struct ExceptionClosed {
  static constexpr std::uint8_t type = 20;
  static constexpr std::string_view name = "exception.closed";
  Position exception = 0;
  std::string_view how;  // "succeeded", "resolved", "recovered", "completed"
  std::string_view by;
  std::string_view why;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(exception)(how)(by)(why);
  }
};

}  // namespace perennial::state
