"""What the project holds: people, events, campaigns, walks and counts under way."""
