// POST /v1/events: events in, answered when the journal has them.
//
// Place:   a handler of api.
// Thread:  called on the server's thread; answers come from the threads of partitions.
// Errors:  400, 413, 415 before anything is taken in; 422 for events that a schema refuses; 503 with
//          Retry-After when the disk is nearly full or too much is under way.
// Limits:  in_flight_bytes_max over all requests.
#pragma once

#include <atomic>
#include <memory>

#include "runtime/admin/exchange.hpp"
#include "runtime/admin/services.hpp"

namespace perennial::admin {

class Ingest {
 public:
  explicit Ingest(const Services& services)
      : services_(services), in_flight_(std::make_shared<std::atomic<std::size_t>>(0)) {}

  void take(const Request& request, const Reply& reply) const;

 private:
  const Services& services_;
  // Bytes of events that wait for their journal; shared with answers that come late.
  std::shared_ptr<std::atomic<std::size_t>> in_flight_;
};

}  // namespace perennial::admin
