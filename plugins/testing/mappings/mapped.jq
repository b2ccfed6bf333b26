if .data.broken == "map" then error("broken on purpose") else {number: .data.number, label: (label_of(.data.number)), outcome: .data.outcome} end
