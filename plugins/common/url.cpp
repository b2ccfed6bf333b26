#include "plugins/common/url.hpp"

namespace perennial::plugins::common {
namespace {

bool is_unreserved(char letter) {
  return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
         (letter >= '0' && letter <= '9') || letter == '-' || letter == '.' || letter == '_' ||
         letter == '~';
}

void append_pair(std::string& form, const std::string& name, std::string_view value) {
  if (!form.empty()) form += '&';
  form += percent_encoded(name) + '=' + percent_encoded(value);
}

void flatten(std::string& form, const std::string& name, const Json& value) {
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      flatten(form, name.empty() ? key : name + "[" + key + "]", child);
    }
  } else if (value.is_array()) {
    std::size_t index = 0;
    for (const Json& child : value) {
      flatten(form, name + "[" + std::to_string(index++) + "]", child);
    }
  } else if (value.is_string()) {
    append_pair(form, name, value.get_ref<const std::string&>());
  } else if (!value.is_null()) {
    append_pair(form, name, value.dump());
  }
}

std::string encoded(std::string_view bytes, const char* alphabet, bool is_padded) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t index = 0; index < bytes.size(); index += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - index);
    unsigned group = 0;
    for (std::size_t offset = 0; offset < 3; ++offset) {
      group <<= 8u;
      if (offset < count) group |= static_cast<unsigned char>(bytes[index + offset]);
    }
    for (std::size_t digit = 0; digit < 4; ++digit) {
      if (digit <= count) {
        text += alphabet[group >> (18u - 6u * static_cast<unsigned>(digit)) & 0x3fu];
      } else if (is_padded) {
        text += '=';
      }
    }
  }
  return text;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char letter : text) {
    if (is_unreserved(letter)) {
      out += letter;
      continue;
    }
    const auto byte = static_cast<unsigned char>(letter);
    out += '%';
    out += digits[byte >> 4u];
    out += digits[byte & 0x0fu];
  }
  return out;
}

std::string query_of(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string query;
  for (const auto& [name, value] : pairs) {
    if (!query.empty()) query += '&';
    // "$" and brackets stay readable in names: servers of OData compare "$filter" before decoding.
    query += name + '=' + percent_encoded(value);
  }
  return query;
}

std::string form_of(const Json& parameters) {
  std::string form;
  flatten(form, "", parameters);
  return form;
}

std::string base64_of(std::string_view bytes) {
  return encoded(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

std::string base64url_of(std::string_view bytes) {
  return encoded(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

std::string joined_url(std::string_view base, std::string_view path) {
  while (!base.empty() && base.back() == '/') base.remove_suffix(1);
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  return std::string(base) + "/" + std::string(path);
}

}  // namespace perennial::plugins::common
