"""One module per area of the API: functions of (project, asked) that answer."""
