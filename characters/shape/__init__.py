"""The fifth law, measured: what the shape of visible pages says of what comes later."""
