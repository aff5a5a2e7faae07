// Package statute is the law as pure code: working days, clocks and procedures.
// It reads nothing and stores nothing; whoever uses it passes dates and gets
// dates, with the reasons.
//
// The rules are those of the Administrative Licensing Law (行政许可法, "XK"):
// periods are working days without statutory holidays (art. 82), five of them
// to say whether papers are complete (art. 32), twenty to decide and ten more
// by leave of the head (art. 42), ten to deliver (art. 44), and none are
// counted during a hearing, an inspection and the like (art. 45).
package statute

import "github.com/tongban/tongban/internal/kit/fault"

// Text is one text in both languages.
type Text struct {
	ZH string `yaml:"zh"`
	EN string `yaml:"en"`
}

// What can be wrong with a history of a clock or a step of a procedure.
var (
	// ErrOrder means that the entries of a clock are not in the order of their dates.
	ErrOrder = fault.New(fault.Invalid, "statute.order")
	// ErrPhase means that an entry does not fit the clock: resuming what runs, stopping what never started.
	ErrPhase = fault.New(fault.Conflict, "statute.phase")
	// ErrSpecial means that the law does not let this procedure stop the clock.
	ErrSpecial = fault.New(fault.Invalid, "statute.special")
	// ErrExtension means that the law does not let the limit grow by so much.
	ErrExtension = fault.New(fault.Invalid, "statute.extension")
	// ErrTooLate means that the limit had run out before it was extended.
	ErrTooLate = fault.New(fault.Conflict, "statute.too_late")
	// ErrReason means that a pause or an extension gives no reason for its notice.
	ErrReason = fault.New(fault.Invalid, "statute.reason")
	// ErrLimit means that a clock has no limit, or promises more time than the law gives.
	ErrLimit = fault.New(fault.Invalid, "statute.limit")
	// ErrTransition means that the procedure has no such action in that state.
	ErrTransition = fault.New(fault.Conflict, "statute.transition")
	// ErrProcedure means that no procedure has that id.
	ErrProcedure = fault.New(fault.NotFound, "statute.procedure")
	// ErrEdition means that the procedure has no such edition here.
	ErrEdition = fault.New(fault.NotFound, "statute.edition")
	// ErrLonger means that a limit would grow that the applicant was told.
	ErrLonger = fault.New(fault.Conflict, "statute.longer")
	// ErrAtOnce means that a shorter limit would have run out already.
	ErrAtOnce = fault.New(fault.Conflict, "statute.at_once")
)
