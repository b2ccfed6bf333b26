# Records that are events already: {type, subject?, correlationid?, time?, data}. A map of this name of your own makes
# events of any others.
if type == "object" and (.type | type) == "string" then .
else error("expected a record that is an event with `type` and `data`, but \(tojson[:60]) came; give a map `records`")
end
