"""In-process doors: a client library's calls to Omixa's hosts, answered without a socket.

One module a library; each performs the gateway's steps by that library's own
means, and raises that library's own exceptions.
"""
