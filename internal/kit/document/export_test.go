package document

// InspectWithin is Inspect with another bound on what a file unpacks to, so that
// a test need not unpack as much.
func InspectWithin(b []byte, budget int64) (Info, error) { return inspect(b, budget) }
