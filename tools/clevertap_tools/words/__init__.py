"""What calls would do, in plain words, for the person who has to say yes."""
