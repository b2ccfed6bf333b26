{type: "testing.happened.v1", subject: .Subject, correlationid: .Correlation, data: {number: .Number, filler: .Filler}}
