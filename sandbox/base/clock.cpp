#include "sandbox/base/clock.hpp"

namespace perennial::sandbox {

Instant Clock::wall() const {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Instant Clock::now() const {
  return wall() + std::chrono::milliseconds(offset_ms_.load());
}

SteadyTime Clock::steady() const {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(skipped_ms_.load());
}

void Clock::set(Instant now) {
  offset_ms_ = (now - wall()).count();
}

void Clock::advance(std::chrono::milliseconds by) {
  offset_ms_ += by.count();
}

void Clock::skip(std::chrono::milliseconds by) {
  skipped_ms_ += by.count();
}

}  // namespace perennial::sandbox
