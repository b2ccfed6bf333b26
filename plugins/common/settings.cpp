#include "plugins/common/settings.hpp"

namespace perennial::plugins::common {

Parsed<std::string> checked_url(const std::string& url, std::string_view field) {
  const std::size_t scheme = url.rfind("https://", 0) == 0  ? 8
                             : url.rfind("http://", 0) == 0 ? 7
                                                            : 0;
  const std::size_t unwanted = url.find_first_of("?# \t\r\n\"<>");
  if (scheme == 0 || url.size() == scheme || unwanted != std::string::npos) {
    return tl::unexpected("`" + std::string(field) +
                          "` must be an http or https URL without query, such as "
                          "https://host.example:443/path; it is \"" +
                          url + "\"");
  }
  return url;
}

Parsed<ConnectionSettings> connection_settings(const sdk::Value& config) {
  ConnectionSettings settings;
  const Parsed<std::string> url = checked_url(config.text_or("base_url", ""), "base_url");
  if (!url) return tl::unexpected(url.error());
  settings.base_url = *url;
  settings.timeout_ms = config.integer_or("timeout_ms", settings.timeout_ms);
  settings.curl.connect_timeout_ms =
      config.integer_or("connect_timeout_ms", settings.curl.connect_timeout_ms);
  settings.curl.proxy = config.text_or("proxy", "");
  settings.curl.ca_file = config.text_or("ca_file", "");
  settings.curl.client_certificate = config.text_or("client_certificate", "");
  settings.curl.client_key = config.text_or("client_key", "");
  if (settings.timeout_ms < 1 || settings.curl.connect_timeout_ms < 1) {
    return tl::unexpected(std::string("`timeout_ms` and `connect_timeout_ms` must be at least 1"));
  }
  if (settings.curl.client_certificate.empty() != settings.curl.client_key.empty()) {
    return tl::unexpected(std::string("`client_certificate` and `client_key` go together"));
  }
  return settings;
}

}  // namespace perennial::plugins::common
