#include "runtime/host/jq_prelude.hpp"

namespace perennial::host {

// Amounts are moved as texts and digits; the only arithmetic is on integers, which is exact up to
// 2^53. Minor units as of ISO 4217:2015, table A.1 "Current currency & funds code list"
// (www.six-group.com, "Data Standards"): every code not named here has two.
std::string_view jq_prelude() {
  return R"jq(
def _integer_max: 9007199254740991;
def _shown: tojson | if length > 60 then .[:60] + "..." else . end;
def _is_integer: type == "number" and floor == . and . <= _integer_max and . >= -_integer_max;
def _decimal_text:
  if type == "string" then .
  elif _is_integer then tostring
  elif type == "number" then error("expected a decimal as text or an integer, but \(_shown) came; "
    + "binary floating point does not keep amounts exactly")
  else error("expected a decimal as text or an integer, but \(_shown) came") end;
def _zeros($count): if $count > 0 then "000000000000000000000000"[:$count] else "" end;
def _check_digits($digits):
  if ($digits | _is_integer) and $digits >= 0 and $digits <= 9 then .
  else error("expected a number of minor digits from 0 to 9, but \($digits | _shown) came") end;
def to_minor($digits):
  . as $value | _check_digits($digits) | _decimal_text
  | if test("^-?[0-9]{1,16}([.][0-9]{1,40})?$") then .
    else error("expected a decimal such as 12.50, but \($value | _shown) came") end
  | startswith("-") as $is_negative
  | ltrimstr("-") | split(".") as $parts
  | ($parts[1] // "") as $fraction
  | if ($fraction[$digits:] | test("^0*$")) then .
    else error("expected at most \($digits) decimal digits, but \($value | _shown) has more; "
      + "round it where it is made") end
  | ($parts[0] + $fraction[:$digits] + _zeros($digits - ($fraction[:$digits] | length)) | tonumber)
  | if . > _integer_max then error("expected an amount below 2^53 minor units, but \($value | _shown) came")
    elif $is_negative and . != 0 then -. else . end;
def from_minor($digits):
  . as $value | _check_digits($digits)
  | if _is_integer then . else error("expected an integer of minor units, but \($value | _shown) came") end
  | (if . < 0 then "-" else "" end) as $sign
  | (if . < 0 then -. else . end) | tostring
  | if $digits == 0 then $sign + .
    else _zeros($digits + 1 - length) + . | $sign + .[:-$digits] + "." + .[-$digits:] end;
def currency_digits($code):
  {"BIF":0,"CLP":0,"DJF":0,"GNF":0,"ISK":0,"JPY":0,"KMF":0,"KRW":0,"PYG":0,"RWF":0,"UGX":0,"UYI":0,
   "VND":0,"VUV":0,"XAF":0,"XOF":0,"XPF":0,"BHD":3,"IQD":3,"JOD":3,"KWD":3,"LYD":3,"OMR":3,"TND":3,
   "CLF":4,"UYW":4,"XAG":null,"XAU":null,"XBA":null,"XBB":null,"XBC":null,"XBD":null,"XDR":null,
   "XPD":null,"XPT":null,"XSU":null,"XTS":null,"XUA":null,"XXX":null} as $exceptions
  | if ($code | type) == "string" and ($code | test("^[A-Z]{3}$")) then
      (if ($exceptions | has($code)) then $exceptions[$code] else 2 end)
    else null end
  | if . == null then error("expected a currency code of ISO 4217 with minor units, but \($code | _shown) came")
    else . end;
def _date_parts:
  . as $value
  | if type == "string" and test("^[0-9]{4}-[0-9]{2}-[0-9]{2}$") then [.[0:4], .[5:7], .[8:10]] | map(tonumber)
    else error("expected a date such as 2026-03-31, but \($value | _shown) came") end
  | . as [$year, $month, $day]
  | (if $month == 2 then
       (if ($year % 4 == 0 and $year % 100 != 0) or $year % 400 == 0 then 29 else 28 end)
     elif $month == 4 or $month == 6 or $month == 9 or $month == 11 then 30 else 31 end) as $last
  | if $month >= 1 and $month <= 12 and $day >= 1 and $day <= $last then .
    else error("expected a day of the calendar, but \($value | _shown) came") end;
def _floor_div($by): (. - ((. % $by + $by) % $by)) / $by;
def _days_of_date:
  _date_parts as [$year, $month, $day]
  | (if $month <= 2 then $year - 1 else $year end) as $y
  | ($y | _floor_div(400)) as $era
  | ($y - $era * 400) as $yoe
  | ((153 * (if $month > 2 then $month - 3 else $month + 9 end) + 2 | _floor_div(5)) + $day - 1) as $doy
  | ($yoe * 365 + ($yoe | _floor_div(4)) - ($yoe | _floor_div(100)) + $doy) as $doe
  | $era * 146097 + $doe - 719468;
def _padded($width): tostring | _zeros($width - length) + .;
def _date_of_days:
  (. + 719468) as $z
  | ($z | _floor_div(146097)) as $era
  | ($z - $era * 146097) as $doe
  | ($doe - ($doe | _floor_div(1460)) + ($doe | _floor_div(36524)) - ($doe | _floor_div(146096))
     | _floor_div(365)) as $yoe
  | ($doe - (365 * $yoe + ($yoe | _floor_div(4)) - ($yoe | _floor_div(100)))) as $doy
  | (5 * $doy + 2 | _floor_div(153)) as $mp
  | ($doy - (153 * $mp + 2 | _floor_div(5)) + 1) as $day
  | (if $mp < 10 then $mp + 3 else $mp - 9 end) as $month
  | ($yoe + $era * 400 + (if $month <= 2 then 1 else 0 end)) as $year
  | if $year < 0 or $year > 9999 then error("expected a date of the years 0000 to 9999") else . end
  | "\($year | _padded(4))-\($month | _padded(2))-\($day | _padded(2))";
def day_before: _days_of_date - 1 | _date_of_days;
def day_after: _days_of_date + 1 | _date_of_days;
def _time_parts:
  . as $value
  | (if type == "string" then
       capture("^(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})([Tt ](?<hour>[01][0-9]|2[0-3]):(?<minute>[0-5][0-9])"
         + "(:(?<second>[0-5][0-9]|60)([.][0-9]+)?)?(?<zone>[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?$")
     else empty end) // error("expected an ISO 8601 date or time, but \($value | _shown) came");
def date_only: _time_parts | .date | _date_parts as $checked | .;
def iso_to_epoch_s:
  _time_parts
  | ((.zone // "Z") | if . == "Z" or . == "z" then 0
     else (.[1:3] | tonumber) * 3600 + (.[-2:] | tonumber) * 60
       | if . == 0 then 0 else . end end) as $offset
  | (if ((.zone // "Z") | startswith("-")) then -$offset else $offset end) as $east
  | (.date | _days_of_date) * 86400 + ((.hour // "0") | tonumber) * 3600
    + ((.minute // "0") | tonumber) * 60 + ((.second // "0") | tonumber) - $east;
def epoch_ms_to_iso:
  . as $value
  | if _is_integer then . else error("expected an integer of milliseconds, but \($value | _shown) came") end
  | _floor_div(86400000) as $days
  | ($value - $days * 86400000) as $ms
  | ($ms | _floor_div(1000)) as $s
  | ($ms - $s * 1000) as $fraction
  | ($days | _date_of_days) + "T\($s | _floor_div(3600) | _padded(2)):"
    + "\($s | _floor_div(60) | . - (_floor_div(60) * 60) | _padded(2)):"
    + "\($s - ($s | _floor_div(60)) * 60 | _padded(2))"
    + (if $fraction == 0 then "" else ".\($fraction | _padded(3))" end) + "Z";
)jq";
}

}  // namespace perennial::host
