#include "plugins/testing/config.hpp"

#include "plugins/testing/pack.hpp"

namespace testing_connector {
namespace {

struct NumberField {
  std::string_view name;
  std::int64_t Config::*field;
};
struct TextField {
  std::string_view name;
  std::string Config::*field;
};

constexpr NumberField numbers[] = {
    {"events", &Config::events},     {"size", &Config::size},
    {"rate", &Config::rate},         {"correlations", &Config::correlations},
    {"result", &Config::result},     {"outcome", &Config::outcome},
    {"lookup", &Config::lookup},     {"block_ms", &Config::block_ms},
    {"begin_us", &Config::begin_us}, {"ages_from_us", &Config::ages_from_us},
};
constexpr TextField texts[] = {
    {"form", &Config::form},
    {"event_source", &Config::event_source},
    {"misuse", &Config::misuse},
    {"crash_in", &Config::crash_in},
    {"throw_in", &Config::throw_in},
    {"crash_file", &Config::crash_file},
    {"block_in", &Config::block_in},
    {"refuse", &Config::refuse},
    {"calls_file", &Config::calls_file},
    {"template_file", &Config::template_file},
    {"check_error", &Config::check_error},
};

}  // namespace

bool read_config(std::string_view bytes, Config& config) {
  return FlatReader(bytes).each([&](std::string_view name, const Scalar& value) {
    for (const auto& [field_name, field] : numbers) {
      const auto* number = std::get_if<std::int64_t>(&value);
      if (field_name == name && number != nullptr) config.*field = *number;
    }
    for (const auto& [field_name, field] : texts) {
      const auto* text = std::get_if<std::string_view>(&value);
      if (field_name == name && text != nullptr) config.*field = *text;
    }
    const auto* truth = std::get_if<bool>(&value);
    if (name == "receipt" && truth != nullptr) config.has_receipt = *truth;
  });
}

}  // namespace testing_connector
