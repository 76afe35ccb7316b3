"""Extension: a recording at a higher rate than its own."""
