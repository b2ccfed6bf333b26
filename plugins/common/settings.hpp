// The part of a connector's configuration that is the same for all: where the remote is and how to
// reach it.
//
// Errors:  Parsed carries the config field and what to do about it.
#ifndef PERENNIAL_PLUGINS_COMMON_SETTINGS_HPP
#define PERENNIAL_PLUGINS_COMMON_SETTINGS_HPP

#include "perennial/reader.hpp"
#include "plugins/common/curl_transport.hpp"
#include "plugins/common/json.hpp"

namespace perennial::plugins::common {

struct ConnectionSettings {
  std::string base_url;
  std::int64_t timeout_ms = 10'000;
  CurlSettings curl;
};

// Reads base_url, timeout_ms, connect_timeout_ms, proxy, ca_file, client_certificate, client_key.
Parsed<ConnectionSettings> connection_settings(const sdk::Value& config);

// "https://host[:port][/path]" or the same with http; anything else is refused with the field name.
Parsed<std::string> checked_url(const std::string& url, std::string_view field);

}  // namespace perennial::plugins::common

#endif
