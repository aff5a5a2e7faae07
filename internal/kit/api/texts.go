package api

import "embed"

// Texts are the sentences for the faults of the kit: of this package and of the
// packages that know no language, such as db, auth, policy and idcode.
//
//go:embed locale
var Texts embed.FS
