// perennial-host: hosts one connector in a process of its own. Started by perennial, not by hand.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "runtime/host/child.hpp"

int main(int argument_count, char** arguments) {
  if (argument_count != 2 || ::fcntl(perennial::host::child_fd, F_GETFD) < 0) {
    std::fprintf(stderr,
                 "%s: hosts one connector for perennial, which starts it with an open socket.\n"
                 "Run `perennial run` instead.\n",
                 arguments[0]);
    return 2;
  }
  // No destructors: a thread that was lost in the plugin may still run.
  ::_exit(perennial::host::run_child(perennial::host::child_fd));
}
