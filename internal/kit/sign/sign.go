// Package sign puts electronic signatures on PDF files and checks them.
//
// The format is PAdES baseline B-B (ETSI EN 319 142-1): a CMS signature of
// SubFilter ETSI.CAdES.detached over the whole file but its own value, added as
// an incremental update, so that the signed bytes stay as they were. The
// Electronic Signature Law art. 13 asks that changes of content and of the
// signature can be found out; Verify does.
//
// Keys stay behind Provider. The one shipped here, CA, is software for
// demonstrations and says so in every certificate; agencies bring their own:
// SM2 seals, an HSM, a national seal service.
package sign

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/kit/fault"
)

// The faults of this package.
var (
	// ErrNotPDF means that the bytes are not a PDF file this package can sign or read.
	ErrNotPDF = fault.New(fault.Invalid, "sign.not_pdf")
	// ErrUnsigned means that the file carries no signature.
	ErrUnsigned = fault.New(fault.Invalid, "sign.unsigned")
)

// Signer signs in the name of one agency.
type Signer interface {
	// Name is the agency in whose name it signs.
	Name() string
	// CMS returns a detached CMS signature (DER) of content, with the signing
	// certificate and its chain inside.
	CMS(ctx context.Context, content []byte) ([]byte, error)
}

// Provider finds the signer of an agency.
type Provider interface {
	Signer(ctx context.Context, agency string) (Signer, error)
}

// Options describe one signature.
type Options struct {
	At       time.Time // claimed signing time (no timestamp authority stands behind it)
	Reason   string
	Location string
	Field    string // name of the signature field; "Signature1" when empty
}

// Report is what Verify found out about one file.
type Report struct {
	Signer      string    // common name of the signing certificate
	Issuer      string    // common name of its issuer
	At          time.Time // claimed signing time
	Reason      string
	Intact      bool // the signed bytes are as they were signed
	WholeFile   bool // nothing was added after signing
	Trusted     bool // the chain ends at a root we were given, valid at the signing time
	Fingerprint string
}

// Valid reports whether the file is whole, unchanged and signed by someone we trust.
func (r Report) Valid() bool { return r.Intact && r.WholeFile && r.Trusted }
