#include "runtime/host/jq_prelude.hpp"

namespace perennial::host {

namespace {

// Amounts are moved as texts and digits; the only arithmetic is on integers, which is exact up to
// 2^53. Minor units as of ISO 4217:2015, table A.1 "Current currency & funds code list"
// (www.six-group.com, "Data Standards"): every code not named here has two. mktime is not used,
// because in jq 1.6 it depends on the time zone of the process; 134774 is the number of days from
// 1601-01-01, where the calendar's cycle of 400 years begins, to 1970-01-01.
constexpr std::string_view text = R"jq(
def _shown: tojson | if length > 60 then .[:60] + "..." else . end;
def _is_integer:
  type == "number" and floor == . and . <= 9007199254740991 and . >= -9007199254740991;
def _digits_or_fail:
  if . == 2 or . == 0 or (_is_integer and . >= 0 and . <= 9) then .
  else error("expected a number of minor digits from 0 to 9, but \(_shown) came") end;
def _decimal_text:
  if type == "string" then .
  elif _is_integer then tostring
  elif type == "number" then error("expected a decimal as text or an integer, but \(_shown) came; "
    + "binary floating point does not keep amounts exactly")
  else error("expected a decimal as text or an integer, but \(_shown) came") end;
def _zeros($count): if $count > 0 then "000000000000000000000000"[:$count] else "" end;
def to_minor($digits):
  ($digits | _digits_or_fail) as $places
  | _decimal_text as $text
  | if $text | test("\\A-?[0-9]{1,16}([.][0-9]{1,40})?\\z") then .
    else error("expected a decimal such as 12.50, but \($text | _shown) came") end
  | ($text | split(".")) as $parts
  | ($parts[1] // "") as $fraction
  | if ($fraction | length) <= $places or ($fraction[$places:] | test("\\A0*\\z")) then .
    else error("expected at most \($places) decimal digits, but \($text | _shown) has more; "
      + "round it where it is made") end
  | ($parts[0] + (if ($fraction | length) == $places then $fraction
                   else $fraction[:$places] + _zeros($places - ($fraction | length)) end)
     | tonumber)
  | if . > 9007199254740991 or . < -9007199254740991
    then error("expected an amount below 2^53 minor units, but \($text | _shown) came")
    elif . == 0 then 0 else . end;
def from_minor($digits):
  ($digits | _digits_or_fail) as $places
  | if _is_integer then .
    else error("expected an integer of minor units, but \(_shown) came") end
  | if $places == 0 then tostring
    else
      (if . < 0 then "-" else "" end) as $sign
      | (if . < 0 then -. else . end | tostring)
      | _zeros($places + 1 - length) + .
      | $sign + .[:-$places] + "." + .[-$places:]
    end;
def currency_digits($code):
  (if ($code | type) == "string" then
     ({"BIF":0,"CLP":0,"DJF":0,"GNF":0,"ISK":0,"JPY":0,"KMF":0,"KRW":0,"PYG":0,"RWF":0,"UGX":0,
       "UYI":0,"VND":0,"VUV":0,"XAF":0,"XOF":0,"XPF":0,"BHD":3,"IQD":3,"JOD":3,"KWD":3,"LYD":3,
       "OMR":3,"TND":3,"CLF":4,"UYW":4,"XAG":9,"XAU":9,"XBA":9,"XBB":9,"XBC":9,"XBD":9,"XDR":9,
       "XPD":9,"XPT":9,"XSU":9,"XTS":9,"XUA":9,"XXX":9}[$code]
      // if $code | test("\\A[A-Z]{3}\\z") then 2 else 9 end)
   else 9 end)
  | if . < 9 then .
    else
      error("expected a currency code of ISO 4217 with minor units, but \($code | _shown) came")
    end;
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
def day_before: _date_seconds - 86400 | strftime("%Y-%m-%d");
def day_after: _date_seconds + 86400 | strftime("%Y-%m-%d");
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

std::string_view jq_prelude() {
  return text;
}

}  // namespace perennial::host
