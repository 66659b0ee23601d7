"""Two tools in place of many: one finds the action that fits plain words, the other runs it."""
