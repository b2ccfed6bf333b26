#include "runtime/host/jq_prelude.hpp"

namespace perennial::host {

namespace {

// mktime is not used, because in jq 1.6 it depends on the time zone of the process; 134774 is the
// number of days from 1601-01-01, where the calendar's cycle of 400 years begins, to 1970-01-01.
// `debug | input` calls a function of jq_native.
constexpr std::string_view text = R"jq(
def _shown: tojson | if length > 60 then .[:60] + "..." else . end;
def _is_integer:
  type == "number" and floor == . and . <= 9007199254740991 and . >= -9007199254740991;
def _zeros($count): if $count > 0 then "000000000000000000000000"[:$count] else "" end;
def to_minor($currency; $profile; $rounding):
  ["to_minor", ., $currency, $profile, $rounding, _currency_profiles] | debug | input;
def to_minor($currency; $profile): to_minor($currency; $profile; null);
def to_minor($digits): ["to_minor_by_digits", ., $digits] | debug | input;
def from_minor($currency; $profile):
  ["from_minor", ., $currency, $profile, _currency_profiles] | debug | input;
def from_minor($digits): ["from_minor_by_digits", ., $digits] | debug | input;
def currency_digits($currency; $profile):
  ["currency_digits", $currency, $profile, _currency_profiles] | debug | input;
def currency_digits($currency): currency_digits($currency; "iso4217");
def split_minor($parts): ["split_minor", ., $parts] | debug | input;
def split_minor($parts; $currency; $profile):
  ["split_minor_in_steps", ., $parts, $currency, $profile, _currency_profiles] | debug | input;
def sum_minor: ["sum_minor", .] | debug | input;
def negate_minor: ["negate_minor", .] | debug | input;
def times($factor): ["times", ., $factor] | debug | input;
def last_day($until): ["add_days", $until, -1] | debug | input;
def after($last): ["add_days", $last, 1] | debug | input;
def add_days($date; $days): ["add_days", $date, $days] | debug | input;
def add_months($date; $months; $anchor): ["add_months", $date, $months, $anchor] | debug | input;
def add_months($date; $months): add_months($date; $months; null);
def date_in_zone($instant; $zone): ["date_in_zone", $instant, $zone] | debug | input;
def _seconds_of_parts:
  (.[0] - 1601) as $years
  | (365 * $years + ($years / 4 | floor) - ($years / 100 | floor) + ($years / 400 | floor) + .[7]
     - 134774) * 86400 + .[3] * 3600 + .[4] * 60 + .[5];
def _seconds($format; $example):
  . as $value
  | (try (strptime($format) | _seconds_of_parts) catch null)
  | if . != null and ($value | length) >= 10 and strftime($format) == $value then .
    else error("expected \($example), but \($value | _shown) came") end;
def _date_seconds: _seconds("%Y-%m-%d"; "a day of the calendar such as 2026-03-31");
def day_before: last_day(.);
def day_after: after(.);
def _iso_or_fail:
  if type == "string" and (length == 10 or (.[10:11] | . == "T" or . == "t" or . == " ")) then .
  else error("expected an ISO 8601 date or time, but \(_shown) came") end;
def date_only: _iso_or_fail | .[:10] | _date_seconds as $checked | .;
def _zone_seconds:
  . as $tail
  | if . == "Z" or . == "" or . == "z" then 0
    else
      (capture("\\A([.][0-9]+)?([Zz]|(?<sign>[+-])(?<hours>[0-9]{2}):?(?<minutes>[0-9]{2}))?\\z")
       // error("expected a time zone such as Z or +01:00, but \($tail | _shown) came"))
      | if .sign == null then 0
        else
          ((.hours | tonumber) * 3600 + (.minutes | tonumber) * 60)
          * (if .sign == "-" then -1 else 1 end)
        end
    end;
def iso_to_epoch_s:
  _iso_or_fail
  | if length == 10 then _date_seconds
    else
      (.[19:] | _zone_seconds) as $east
      | .[:10] + "T" + .[11:19]
      | _seconds("%Y-%m-%dT%H:%M:%S"; "an ISO 8601 time such as 2026-03-31T10:00:00Z") - $east
    end;
def epoch_ms_to_iso:
  . as $value
  | if _is_integer and . >= -30610224000000 and . < 253402300800000 then .
    else
      error("expected an integer of milliseconds, of the years 1000 to 9999, but \(_shown) came")
    end
  | (. % 1000 | if . < 0 then . + 1000 else . end) as $fraction
  | (($value - $fraction) / 1000 | strftime("%Y-%m-%dT%H:%M:%S"))
    + (if $fraction == 0 then ""
       else "." + ($fraction | tostring | _zeros(3 - length) + .) end)
    + "Z";
)jq";

}  // namespace

std::string jq_prelude(const CurrencyProfiles& profiles) {
  std::string rows = "def _currency_profiles: {\"" + std::string(standard_profile) + "\":\"" +
                     std::string(standard_currencies()) + "\"";
  for (const auto& [name, currencies] : profiles) {
    if (name != standard_profile) rows += ",\"" + name + "\":\"" + currencies + "\"";
  }
  return rows + "};" + std::string(text);
}

}  // namespace perennial::host
