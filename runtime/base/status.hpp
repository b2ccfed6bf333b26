// Errors as values: a code for the program, one sentence for a person.
//
// Place:   every folder; exceptions of a library stop at the folder that owns the library.
// Errors:  reasons have one shape: "expected ..., but ...", with the identifying ids and what to
// do.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace perennial {

enum class Code {
  invalid = 1,  // the input breaks a rule
  not_found,    // the named thing does not exist
  conflict,     // it exists already, or somebody else holds it
  refused,      // allowed in principle, not now or not for this caller
  unavailable,  // the other side cannot be reached
  exhausted,    // a limit, a quota, the disk
  corrupted,    // bytes on disk or wire that no version of ours wrote
  unsupported,  // a version that this build does not know
  io,           // the operating system said no
  defect,       // a broken invariant of ours or of a plugin
};

struct Error {
  Code code = Code::defect;
  std::string reason;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = tl::expected<void, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(Code code, std::string reason) {
  return tl::unexpected<Error>(Error{code, std::move(reason)});
}

// The same failure, told from one level up.
[[nodiscard]] inline tl::unexpected<Error> fail_within(const std::string& place, Error error) {
  return tl::unexpected<Error>(Error{error.code, place + ": " + std::move(error.reason)});
}

}  // namespace perennial
