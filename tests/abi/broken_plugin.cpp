// Plugins that are wrong in one way each; the way is a definition of the build.
#include <perennial/plugin.h>

#include <stdexcept>

namespace {

uint32_t configure(perennial_instance*, perennial_view) {
  return PERENNIAL_CALL_DONE;
}
[[maybe_unused]] uint32_t start(perennial_instance*) {
  return PERENNIAL_CALL_DONE;
}
void stop(perennial_instance*) {}
void destroy(perennial_instance*) {}
const void* get_extension(perennial_instance*, const char*) {
  return nullptr;
}

[[maybe_unused]] perennial_instance instance = {
#if defined(BROKEN_INSTANCE_SIZE)
    sizeof(perennial_instance) + 8,
#else
    sizeof(perennial_instance),
#endif
    0,
    nullptr,
    &configure,
#if defined(BROKEN_INSTANCE_FUNCTION)
    nullptr,
#else
    &start,
#endif
    &stop,
    &destroy,
    &get_extension};

[[maybe_unused]] const perennial_descriptor* describe() {
#if defined(BROKEN_DESCRIBE_NULL)
  return nullptr;
#elif defined(BROKEN_DESCRIBE_THROWS)
  throw std::runtime_error("thrown on purpose");
#else
  static constexpr perennial_descriptor descriptor = {
#if defined(BROKEN_ID)
    "other",
#else
    "broken",
#endif
#if defined(BROKEN_VERSION)
    "9.9.9"
#else
    "0.1.0"
#endif
  };
  return &descriptor;
#endif
}

perennial_instance* create(const perennial_host* host) {
#if defined(BROKEN_NO_INSTANCE)
  constexpr char reason[] = "no room on the moon";
  host->fault(host, {reason, sizeof reason - 1});
  return nullptr;
#else
  static_cast<void>(host);
  return &instance;
#endif
}

}  // namespace

#if defined(BROKEN_NO_SYMBOL)
PERENNIAL_EXTERN_C PERENNIAL_EXPORT const perennial_entry other_symbol = {
#else
PERENNIAL_EXTERN_C PERENNIAL_EXPORT const perennial_entry perennial_plugin = {
#endif
#if defined(BROKEN_ENTRY_SIZE)
    sizeof(perennial_entry) - 8,
#else
    sizeof(perennial_entry),
#endif
#if defined(BROKEN_MAJOR_NEWER)
    PERENNIAL_ABI_MAJOR + 1,
#elif defined(BROKEN_MAJOR_OLDER)
    PERENNIAL_ABI_MAJOR - 1,
#else
PERENNIAL_ABI_MAJOR,
#endif
#if defined(BROKEN_MINOR_NEWER)
    PERENNIAL_ABI_MINOR + 1,
#else
    PERENNIAL_ABI_MINOR,
#endif
    0,
#if defined(BROKEN_ENTRY_FUNCTION)
    nullptr,
#else
    &describe,
#endif
    &create};
