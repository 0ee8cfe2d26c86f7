package storage

// syncDirectory does nothing: Windows cannot sync a directory, and keeps names durable itself.
func syncDirectory(string) error { return nil }
