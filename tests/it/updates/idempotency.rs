//! Calls with an idempotency key: answered as before, written once.
