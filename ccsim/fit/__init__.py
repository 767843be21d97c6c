"""From real logs to a scenario: readers, estimates with their uncertainty, and the back-test of what comes of them."""
