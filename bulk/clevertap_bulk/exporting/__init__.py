"""Out of CleverTap into files: walked page by page into a spool, then written with columns that all files share."""
