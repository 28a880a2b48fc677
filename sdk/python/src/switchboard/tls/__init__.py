"""Python's `_ssl` over Switchboard's TLS engine, so that the standard library's `ssl.py` works as it is."""
