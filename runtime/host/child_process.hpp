// One child process: forked with a socket, a clean environment and the promise to die with its
// parent.
//
// Place:   supervisor.cpp.
// Thread:  the one that forked; it must live as long as the child.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "runtime/base/status.hpp"
#include "runtime/host/child_channel.hpp"

namespace perennial::host {

class ChildProcess {
 public:
  // Starts `binary` with the socket as descriptor child_fd. Of the environment only what a plugin
  // may need is passed on: the rest may hold secrets of others.
  [[nodiscard]] static Result<std::unique_ptr<ChildProcess>> start(const std::string& binary,
                                                                   const std::string& name);
  // Kills and reaps a child that still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Readable when the child ended.
  [[nodiscard]] int pid_fd() const { return pid_fd_; }
  [[nodiscard]] ChildChannel& channel() { return *channel_; }
  void send_signal(int number) const;
  // Reaps; how it ended, for a person. Blocks until it did.
  [[nodiscard]] std::string wait();

 private:
  ChildProcess(pid_t pid, int pid_fd, int socket);
  pid_t pid_;
  int pid_fd_;
  bool is_reaped_ = false;
  std::unique_ptr<ChildChannel> channel_;
};

}  // namespace perennial::host
