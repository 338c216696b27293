"""Transports: the ASGI application of a gateway, and the uvicorn protocol and listener that serve it.

Import the modules by name. The interceptors need three of them, and must not pay for importing uvicorn.
"""
