if .event.data.broken == "result" then error("broken on purpose")
else {type: "testing.applied.v1", subject: .payload.label, data: {number: .payload.number, receipt: .receipt}} end
