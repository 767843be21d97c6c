"""From real logs to a scenario: estimates with their uncertainty."""
