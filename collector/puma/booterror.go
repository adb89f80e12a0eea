package puma

// BootError is why an application does not boot, in its own words rather than Puma's.
type BootError struct {
	// Message is the exception's first line; empty in Puma 5.1 to 5.6 and 6.0 where the log does not have it.
	Message string
	// Class is the exception's class where the log has it.
	Class string
	// Where is the first frame that is the application's own, "config.ru:2"; empty where there is none.
	Where string
}

// FindBootError returns the last one.
func FindBootError(lines []string) (BootError, bool) { return BootError{}, false }
