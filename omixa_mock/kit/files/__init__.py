"""Files of requests and replies: which ones a path names, what documents they hold, and where each value lies."""
