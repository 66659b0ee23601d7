"""Files of this machine on their way to the store that CleverTap named."""
