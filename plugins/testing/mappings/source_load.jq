{type: "testing.happened.v1", id: .Id, data: .}
