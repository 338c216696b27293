"""Files of requests and responses: which ones a path names, what documents they hold, and where each value lies."""
