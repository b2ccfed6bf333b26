# The payload is what the event says. A map of your own, of this name or named in the pipeline, shapes it for the remote.
.data
