#include "runtime/host/child_process.hpp"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <string_view>
#include <system_error>
#include <vector>

#include "runtime/host/child.hpp"

extern char** environ;

namespace perennial::host {
namespace {

// What a plugin's libraries may rightly ask for: where things are, language and time zone, proxies
// and certificates, and the sanitizers' own options.
constexpr std::array<std::string_view, 18> passed_on = {
    "PATH",         "LANG",          "LANGUAGE",
    "TZ",           "TMPDIR",        "LD_LIBRARY_PATH",
    "http_proxy",   "https_proxy",   "HTTPS_PROXY",
    "no_proxy",     "NO_PROXY",      "all_proxy",
    "ALL_PROXY",    "SSL_CERT_FILE", "SSL_CERT_DIR",
    "ASAN_OPTIONS", "TSAN_OPTIONS",  "UBSAN_OPTIONS"};

std::vector<std::string> clean_environment() {
  std::vector<std::string> clean;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry(*at);
    const std::string_view name = entry.substr(0, entry.find('='));
    bool is_passed = name.substr(0, 3) == "LC_";
    for (std::string_view known : passed_on) is_passed |= name == known;
    if (is_passed) clean.emplace_back(entry);
  }
  return clean;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// Between fork and exec only what is safe after a fork of a process with threads.
[[noreturn]] void become(const char* binary, char* const* arguments, char* const* environment,
                         int socket, pid_t parent) {
  constexpr int not_executed = 127;
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above.
  if (::getppid() != parent) ::_exit(not_executed);
  if (socket == child_fd) {
    // Already there, but marked to close.
    if (::dup2(socket, child_fd + 1) < 0 || ::dup2(child_fd + 1, child_fd) < 0) {
      ::_exit(not_executed);
    }
  } else if (::dup2(socket, child_fd) < 0) {
    ::_exit(not_executed);
  }
  ::syscall(SYS_close_range, child_fd + 1, UINT_MAX, 0);
  ::execve(binary, arguments, environment);
  ::_exit(not_executed);
}

std::string shown_end(const siginfo_t& end) {
  if (end.si_code == CLD_EXITED) {
    if (end.si_status == 127) {
      return "could not be executed (exit code 127): check that perennial-host is installed beside "
             "perennial";
    }
    return "ended with exit code " + std::to_string(end.si_status);
  }
  return "killed by signal " + std::to_string(end.si_status) + " (" + ::strsignal(end.si_status) +
         ")";
}

}  // namespace

ChildProcess::ChildProcess(pid_t pid, int pid_fd, int socket)
    : pid_(pid), pid_fd_(pid_fd), channel_(std::make_unique<ChildChannel>(socket)) {}

ChildProcess::~ChildProcess() {
  if (!is_reaped_) {
    send_signal(SIGKILL);
    static_cast<void>(wait());
  }
  ::close(pid_fd_);
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const std::string& binary,
                                                          const std::string& name) {
  const auto refuse = [&](const char* what, int error) {
    return fail(Code::io, "connector " + name + ": expected to start " + binary + ", but " + what +
                              ": " + std::system_category().message(error));
  };
  if (::access(binary.c_str(), X_OK) != 0) return refuse("it is not executable", errno);
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
    return refuse("there is no socket for it", errno);
  }
  std::vector<std::string> arguments = {binary, name};
  std::vector<std::string> environment = clean_environment();
  const auto argument_pointers = pointers(arguments);
  const auto environment_pointers = pointers(environment);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    become(binary.c_str(), argument_pointers.data(), environment_pointers.data(), sockets[1],
           parent);
  }
  const int fork_error = errno;
  ::close(sockets[1]);
  if (pid < 0) {
    ::close(sockets[0]);
    return refuse("the system can't fork", fork_error);
  }
  const int pid_fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pid_fd < 0) {
    const int error = errno;
    ::close(sockets[0]);
    // Not reaped yet, so the pid is still this child's.
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return refuse("the kernel gives no pidfd (Linux 5.3 or newer is needed)", error);
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid, pid_fd, sockets[0]));
}

void ChildProcess::send_signal(int number) const {
  if (is_reaped_) return;
  ::syscall(SYS_pidfd_send_signal, pid_fd_, number, nullptr, 0);
}

std::string ChildProcess::wait() {
  siginfo_t end{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED) != 0 && errno == EINTR) {
  }
  is_reaped_ = true;
  return shown_end(end);
}

}  // namespace perennial::host
