#include "runtime/host/currency_profile.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

namespace perennial::host {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t code_length = 3;
constexpr int digits_max = 9;
constexpr std::int64_t step_max = 1'000'000;

// ISO 4217 table A.1 with amendments to number 179 (www.six-group.com, "Data Standards", current
// currency and funds codes). Codes whose minor unit the table gives as N.A. (metals, SDR, bond
// units, codes for tests) have none to convert to and are left out.
constexpr std::string_view standard_rows =
    "AED2 AFN2 ALL2 AMD2 ANG2 AOA2 ARS2 AUD2 AWG2 AZN2 BAM2 BBD2 BDT2 BGN2 BHD3 BIF0 BMD2 BND2 "
    "BOB2 BOV2 BRL2 BSD2 BTN2 BWP2 BYN2 BZD2 CAD2 CDF2 CHE2 CHF2 CHW2 CLF4 CLP0 CNY2 COP2 COU2 "
    "CRC2 CUP2 CVE2 CZK2 DJF0 DKK2 DOP2 DZD2 EGP2 ERN2 ETB2 EUR2 FJD2 FKP2 GBP2 GEL2 GHS2 GIP2 "
    "GMD2 GNF0 GTQ2 GYD2 HKD2 HNL2 HTG2 HUF2 IDR2 ILS2 INR2 IQD3 IRR2 ISK0 JMD2 JOD3 JPY0 KES2 "
    "KGS2 KHR2 KMF0 KPW2 KRW0 KWD3 KYD2 KZT2 LAK2 LBP2 LKR2 LRD2 LSL2 LYD3 MAD2 MDL2 MGA2 MKD2 "
    "MMK2 MNT2 MOP2 MRU2 MUR2 MVR2 MWK2 MXN2 MXV2 MYR2 MZN2 NAD2 NGN2 NIO2 NOK2 NPR2 NZD2 OMR3 "
    "PAB2 PEN2 PGK2 PHP2 PKR2 PLN2 PYG0 QAR2 RON2 RSD2 RUB2 RWF0 SAR2 SBD2 SCR2 SDG2 SEK2 SGD2 "
    "SHP2 SLE2 SOS2 SRD2 SSP2 STN2 SVC2 SYP2 SZL2 THB2 TJS2 TMT2 TND3 TOP2 TRY2 TTD2 TWD2 TZS2 "
    "UAH2 UGX0 USD2 USN2 UYI0 UYU2 UYW4 UZS2 VED2 VES2 VND0 VUV0 WST2 XAF0 XCD2 XCG2 XOF0 XPF0 "
    "YER2 ZAR2 ZMW2 ZWG2";

bool is_code(std::string_view text) {
  return text.size() == code_length && std::all_of(text.begin(), text.end(), [](char symbol) {
           return symbol >= 'A' && symbol <= 'Z';
         });
}

// Stands in the text of a program as it is.
bool is_name(std::string_view text) {
  return !text.empty() && text != standard_profile &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos;
}

class ProfileReader {
 public:
  explicit ProfileReader(const fs::path& file) : file_(file) {}

  Result<std::string> read() {
    std::ifstream stream(file_, std::ios::binary);
    const Json profile = Json::parse(stream, nullptr, false);
    if (!profile.is_object()) return refuse("expected a JSON object");
    for (const auto& [name, value] : profile.items()) {
      if (name != "source" && name != "digits" && name != "step") {
        return refuse("expected source, digits and step, but '" + name + "' came");
      }
    }
    if (auto status = members(profile, "digits", digits_max); !status) {
      return tl::unexpected(status.error());
    }
    if (auto status = members(profile, "step", step_max); !status) {
      return tl::unexpected(status.error());
    }
    if (rules_.empty()) return refuse("expected digits with at least one currency");
    std::string rows;
    for (const auto& [code, rule] : rules_) {
      rows += (rows.empty() ? "" : " ") + code + std::to_string(rule.digits);
      if (rule.step != 1) rows += "x" + std::to_string(rule.step);
    }
    return rows;
  }

 private:
  tl::unexpected<Error> refuse(const std::string& reason) const {
    return fail(Code::invalid, file_.string() + ": " + reason);
  }

  // {"2": "EUR USD"}: a number, and the codes that it holds for.
  Status members(const Json& profile, const std::string& name, std::int64_t number_max) {
    const Json groups = profile.value(name, Json::object());
    for (const auto& [key, codes] : groups.items()) {
      std::int64_t number = -1;
      const auto [end, code] = std::from_chars(key.data(), key.data() + key.size(), number);
      const std::int64_t number_min = name == "step" ? 1 : 0;
      if (code != std::errc{} || end != key.data() + key.size() || number < number_min ||
          number > number_max || !codes.is_string()) {
        return refuse("expected " + name + " as {\"number\": \"codes\"} with numbers from " +
                      std::to_string(number_min) + " to " + std::to_string(number_max) + ", but " +
                      key + " came");
      }
      std::istringstream words(codes.get<std::string>());
      for (std::string word; words >> word;) {
        if (auto status = rule(name, word, number); !status) return status;
      }
    }
    return {};
  }

  Status rule(const std::string& name, const std::string& code, std::int64_t number) {
    if (!is_code(code)) return refuse("expected codes such as EUR, but '" + code + "' came");
    const bool is_new = rules_.find(code) == rules_.end();
    if (name == "digits") {
      if (!is_new) return refuse("expected each code once, but " + code + " came twice");
      rules_[code].digits = static_cast<int>(number);
    } else {
      if (is_new) return refuse("expected digits for " + code + ", which has a step");
      rules_[code].step = number;
    }
    return {};
  }

  const fs::path& file_;
  std::map<std::string, CurrencyRule> rules_;
};

}  // namespace

std::string_view standard_currencies() {
  return standard_rows;
}

Result<std::string> read_currency_profile(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    return fail(Code::io, file.string() +
                              ": expected a file with a currency profile, but it is "
                              "none");
  }
  return ProfileReader(file).read();
}

Result<CurrencyProfiles> read_currency_profiles(const fs::path& directory) {
  CurrencyProfiles profiles;
  std::error_code error;
  if (!fs::is_directory(directory, error)) return profiles;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() != ".json") continue;
    const std::string name = entry->path().stem();
    if (!is_name(name)) {
      return fail(Code::invalid, entry->path().string() +
                                     ": expected a name of small letters, digits, - and _ for a "
                                     "profile other than iso4217");
    }
    auto rows = read_currency_profile(entry->path());
    if (!rows) return tl::unexpected(rows.error());
    profiles[name] = std::move(*rows);
  }
  if (!error) return profiles;
  return fail(Code::io, directory.string() + ": " + error.message());
}

std::optional<CurrencyRule> find_currency(std::string_view rows, std::string_view code) {
  if (!is_code(code)) return std::nullopt;
  const std::size_t at = rows.find(code);
  if (at == std::string_view::npos) return std::nullopt;
  CurrencyRule rule;
  const char* end = rows.data() + rows.size();
  const auto [after, error] = std::from_chars(rows.data() + at + code_length, end, rule.digits);
  if (error != std::errc{}) return std::nullopt;
  if (after != end && *after == 'x') std::from_chars(after + 1, end, rule.step);
  return rule;
}

}  // namespace perennial::host
