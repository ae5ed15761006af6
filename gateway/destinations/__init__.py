"""Where a subscription delivers: one file a kind of destination."""
