"""Model text -> structure: what is free, what is fixed, what matrices it fills, and their derivatives."""
