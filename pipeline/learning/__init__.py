"""Learn from the records that people have filled: collect, judge, learn, and move the steps."""
