"""What a model reads of a result: `render` bounds it, `framing` keeps apart what others wrote."""
