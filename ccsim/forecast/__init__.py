"""What comes next: contacts and handle times of the days ahead as a distribution, learned from history."""
