package control

// private holds on Windows by where the temporary folder lies: in the user's profile.
func private(string) error { return nil }
