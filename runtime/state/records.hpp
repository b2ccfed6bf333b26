// The vocabulary of facts as the journal keeps it: every record type in one list, with its bytes.
//
// Owns:    decoded records borrow the bytes they were decoded from.
// Errors:  decode refuses unknown types and short or long input with the record's name.
// Format:  one msgpack array: [type, time, fields in the order of fields()].
#pragma once

#include <string_view>
#include <variant>

#include "runtime/base/bytes.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/status.hpp"
#include "runtime/state/record_types.hpp"

namespace perennial::state {

// The one list; apply, the printer, the projector and the completeness test go by it.
using Record = std::variant<EventAccepted, EventDerived, CursorMoved, HostStarted, HostEnded,
                            DeliveryScheduled, DeliveryStarted, DeliveryDone, DeliveryDeferred,
                            DeliveryUncertain, DeliveryPending, DeliveryRetried, DeliverySkipped,
                            DeliveryConfirmed, OutcomeLate, JoinFilled, JoinClosed, ExceptionOpened,
                            ExceptionRepeated, ExceptionClosed, ConnectorFlowSet, ConfigActivated,
                            TransitionMade, CursorSet>;

struct Stamped {
  TimeMs time = 0;
  Record record;
};

void encode(const Stamped& stamped, Bytes& out);
// Borrows `bytes`.
[[nodiscard]] Result<Stamped> decode(ByteView bytes);
[[nodiscard]] std::string_view name_of(const Record& record);

}  // namespace perennial::state
