"""Questions in SQL on everything that was exported, asked of a copy in which personal data is masked already."""
