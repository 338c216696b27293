"""What people test with: validation, and telling which call made a picture."""
