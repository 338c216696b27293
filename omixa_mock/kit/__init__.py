"""What people test with: validation, telling which call made an image, and drift of the documentation."""
