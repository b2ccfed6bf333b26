#include "runtime/host/mapper.hpp"

#include <algorithm>

namespace perennial::host {
namespace {

// A compiled program takes a few MiB; more than a few revisions at once are not in use.
constexpr std::size_t engines_max = 4;

}  // namespace

Status Mapper::prepare(std::string_view revision) {
  const auto found = engine(revision);
  if (!found) return tl::unexpected(found.error());
  return {};
}

Result<JqEngine*> Mapper::engine(std::string_view revision) {
  if (revision.empty()) revision = program_.revision();
  const auto found = std::find_if(engines_.begin(), engines_.end(), [&](const auto& engine) {
    return engine->revision() == revision;
  });
  if (found != engines_.end()) return found->get();
  auto compiled = [&]() -> Result<std::unique_ptr<JqEngine>> {
    if (revision == program_.revision()) return JqEngine::compile(program_);
    const auto archived = archive_.load(revision);
    if (!archived) return tl::unexpected(archived.error());
    return JqEngine::compile(*archived);
  }();
  if (!compiled) return tl::unexpected(compiled.error());
  if (engines_.size() == engines_max) {
    // The current program is in use for all that is new; it stays.
    const auto oldest = std::find_if(engines_.begin(), engines_.end(), [&](const auto& engine) {
      return engine->revision() != program_.revision();
    });
    engines_.erase(oldest);
  }
  return engines_.emplace_back(std::move(*compiled)).get();
}

Result<std::vector<Bytes>> Mapper::run(std::string_view map, std::string_view revision,
                                       ByteView input, const RunBounds& bounds) {
  const auto found = engine(revision);
  if (!found) return fail_within("map " + std::string(map), found.error());
  {
    const std::lock_guard lock(mutex_);
    running_ = *found;
    begun_us_ = clock_.monotonic_us();
  }
  auto outputs = (*found)->run(map, input, bounds);
  {
    const std::lock_guard lock(mutex_);
    running_ = nullptr;
  }
  if (!outputs) return fail_within("map " + std::string(map), outputs.error());
  return outputs;
}

void Mapper::halt_begun_before(std::int64_t monotonic_us) {
  const std::lock_guard lock(mutex_);
  if (running_ != nullptr && begun_us_ < monotonic_us) running_->halt();
}

}  // namespace perennial::host
