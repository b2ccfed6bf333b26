// What a record says to a person: one line of text for the timeline.
//
// Place:   the writer. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "runtime/state/records.hpp"

namespace perennial::view {

// "order 4711, document 90001": the texts and numbers of a receipt; empty when it has none.
[[nodiscard]] std::string receipt_text(ByteView receipt);
[[nodiscard]] std::string told(const state::DeliveryDone& record);
[[nodiscard]] std::string told(const state::DeliveryDeferred& record);
[[nodiscard]] std::string told(const state::DeliveryUncertain& record);
[[nodiscard]] std::string told(const state::DeliveryPending& record);
[[nodiscard]] std::string told(const state::DeliveryRetried& record);
[[nodiscard]] std::string told(const state::DeliverySkipped& record);
[[nodiscard]] std::string told(const state::DeliveryConfirmed& record);
[[nodiscard]] std::string told(const state::OutcomeLate& record);
[[nodiscard]] std::string told(const state::ExceptionOpened& record);
[[nodiscard]] std::string told(const state::ExceptionRepeated& record);
[[nodiscard]] std::string told(const state::ExceptionClosed& record);
[[nodiscard]] std::string told(const state::ConnectorFlowSet& record);
[[nodiscard]] std::string told(const state::CursorSet& record);
[[nodiscard]] std::string_view word_of(state::Settled how);
[[nodiscard]] std::string_view word_of(state::Flow flow);

using EachField = std::function<void(std::string_view name, const std::string& value)>;
// Calls `each` for every text and integer at the top of a msgpack map.
void each_plain_field(ByteView map, const EachField& each);

}  // namespace perennial::view
