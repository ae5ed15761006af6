"""What the gateway tells of itself while it works: counts for /metrics, traces, logs."""
