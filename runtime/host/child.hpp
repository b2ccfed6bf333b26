// The life of a child process that hosts one connector.
//
// Place:   called by host_main.cpp; the other end is supervisor.cpp.
// Thread:  the main thread.
// Errors:  told to the supervisor over the socket and by the exit code: 0 after an orderly stop, 1
//          when the connector can't work, a signal otherwise. A call that does not return ends the
//          process, because only that stops it.
#pragma once

namespace perennial::host {

// The inherited socket's number in a child.
inline constexpr int child_fd = 3;

// Reads the specification from `fd`, hosts the connector until it is told to stop, and returns the
// exit code.
[[nodiscard]] int run_child(int fd);

}  // namespace perennial::host
