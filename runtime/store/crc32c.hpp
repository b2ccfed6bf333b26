// CRC-32C (Castagnoli), RFC 3720 appendix B.4: what guards every batch of the journal.
#pragma once

#include <cstdint>

#include "runtime/base/bytes.hpp"

namespace perennial::store {

// Continue a checksum by giving the previous result as `start`.
[[nodiscard]] std::uint32_t crc32c(ByteView bytes, std::uint32_t start = 0);

}  // namespace perennial::store
