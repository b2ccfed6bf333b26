// Owned bytes and borrowed views of them.
#pragma once

#include <string>
#include <string_view>

namespace perennial {

// Owned; std::string for its small-buffer storage and cheap moves, not because it is text.
using Bytes = std::string;
// Borrowed; the holder of the view states how long it may live.
using ByteView = std::string_view;

}  // namespace perennial
