"""Other people's logs: how they are mapped and read, and who was on duty."""
