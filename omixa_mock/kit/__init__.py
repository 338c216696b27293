"""What people test with: validation, telling which call made a picture, and drift of the documentation."""
