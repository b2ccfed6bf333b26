# Nothing follows. A map of this name of your own makes events of {event, payload, receipt, body: {answer, found}}.
empty
