"""What programs ask of a gateway over HTTP: to send events, and, under /api/v1, to look and operate."""
