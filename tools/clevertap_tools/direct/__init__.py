"""HTTP/1.1 to one host without a proxy: the HTTP library's own way costs more than all else that a call does."""
