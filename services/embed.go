// Package services holds the service packages that come with the program: one
// folder each, described in docs/service-packages.md.
package services

import "embed"

// Files are the packages.
//
//go:embed */*.yaml */scenarios/*.yaml
var Files embed.FS
