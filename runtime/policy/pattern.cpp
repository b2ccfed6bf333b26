#include "runtime/policy/pattern.hpp"

#include <re2/re2.h>

namespace perennial::policy {

bool is_like(std::string_view text, std::string_view pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 compiled(re2::StringPiece(pattern.data(), pattern.size()), options);
  return compiled.ok() && RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled);
}

}  // namespace perennial::policy
