#include "sandbox/stripe/form.hpp"

#include <algorithm>
#include <cctype>

#include "sandbox/base/http.hpp"

namespace perennial::sandbox::stripe {
namespace {

// `items[0][price]` as {"items", "0", "price"}.
std::vector<std::string> split_name(const std::string& name) {
  std::vector<std::string> parts;
  std::size_t open = name.find('[');
  parts.push_back(name.substr(0, open));
  while (open != std::string::npos && parts.size() < form_depth_max) {
    const std::size_t close = name.find(']', open);
    if (close == std::string::npos) break;
    parts.push_back(name.substr(open + 1, close - open - 1));
    open = close + 1 < name.size() && name[close + 1] == '[' ? close + 1 : std::string::npos;
  }
  return parts;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 7 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

void set_value(Json& root, const std::vector<std::string>& parts, const std::string& value) {
  Json* at = &root;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (!at->is_object()) *at = Json::object();
    const std::string& part = parts[i];
    at = &(*at)[part.empty() ? std::to_string(at->size()) : part];
  }
  if (!at->is_object()) *at = Json::object();
  const std::string& last = parts.back();
  (*at)[last.empty() ? std::to_string(at->size()) : last] = value;
}

void make_arrays(Json& node) {
  if (!node.is_object()) return;
  for (auto& child : node) make_arrays(child);
  std::vector<std::pair<int, Json>> numbered;
  for (const auto& [name, child] : node.items()) {
    if (!is_number(name)) return;
    numbered.emplace_back(std::stoi(name), child);
  }
  if (numbered.empty()) return;
  std::stable_sort(numbered.begin(), numbered.end(),
                   [](const auto& left, const auto& right) { return left.first < right.first; });
  Json list = Json::array();
  for (auto& [number, child] : numbered) list.push_back(std::move(child));
  node = std::move(list);
}

}  // namespace

Json decode_form(std::string_view text) {
  Json root = Json::object();
  for (const auto& [name, value] : parse_query(text)) {
    if (!name.empty()) set_value(root, split_name(name), value);
  }
  for (auto& child : root) make_arrays(child);
  return root;
}

}  // namespace perennial::sandbox::stripe
