# A part of a join, or the event itself when it is of that type; null when there is none.
def part($type):
  if .type == "perennial.joined.v1" then .data[$type]
  elif .type == $type then .
  else null end;

# The first of these that has a value that is neither null nor empty.
def given(values): first((values | select(. != null and . != "")), null);

def without_nulls: with_entries(select(.value != null));
