// Waits for one answer of each of several threads, then gives all of them to one function.
//
// Thread:  put() may be called from any; the last one calls `done` on its own thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace perennial::admin {

template <typename Part>
class Gather {
 public:
  using Done = std::function<void(std::vector<Part>)>;

  // `count` is at least 1.
  Gather(std::size_t count, Done done) : parts_(count), left_(count), done_(std::move(done)) {}

  void put(std::size_t index, Part part) {
    {
      const std::lock_guard lock(mutex_);
      parts_[index] = std::move(part);
      if (--left_ > 0) return;
    }
    done_(std::move(parts_));
  }

 private:
  std::mutex mutex_;
  std::vector<Part> parts_;
  std::size_t left_;
  Done done_;
};

}  // namespace perennial::admin
