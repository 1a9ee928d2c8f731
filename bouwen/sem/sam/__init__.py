"""Structure after measurement: measurement blocks first, the structural model on their factors after."""
