package idcode

import (
	"fmt"
	"strconv"
	"strings"
)

// licenceRoot is the object identifier under which e-licences are named.
const licenceRoot = "1.2.156.3005.2"

// LicenceIdentifier is an e-licence identifier (电子证照标识) in its parts.
type LicenceIdentifier struct {
	Type    string // 21 characters: credit code of the body that defines the type, and a serial
	Issuer  string // credit code of the issuing agency; in older identifiers a six-digit division
	Serial  string // 1 to 36 digits and capital letters, unique within type and issuer
	Version int    // 1 to 999, one more on each change or re-issue
}

// String returns the identifier with root and check character. The parts must
// be good; Check tells.
func (l LicenceIdentifier) String() string {
	v := fmt.Sprintf("%03d", l.Version)
	c := hybrid(l.Type+l.Issuer+l.Serial+v, alphabet36)
	return strings.Join([]string{licenceRoot, l.Type, l.Issuer, l.Serial, v, string(c)}, ".")
}

// Check returns a fault when a part has the wrong shape.
func (l LicenceIdentifier) Check() error {
	switch {
	case len(l.Type) != 21:
		return ErrLength.With("n", 21)
	case len(l.Issuer) != 18 && len(l.Issuer) != 6:
		return ErrLength.With("n", 18)
	case l.Serial == "" || len(l.Serial) > 36 || l.Version < 1 || l.Version > 999:
		return ErrShape
	case !only(l.Type+l.Issuer+l.Serial, alphabet36):
		return ErrCharacters
	}
	return nil
}

// ParseLicenceIdentifier reads and verifies an identifier.
//
// The check character covers type, issuer, serial and version without the dots
// and without the root, which is what real identifiers show (ISO 7064 MOD 37,36).
func ParseLicenceIdentifier(s string) (LicenceIdentifier, error) {
	rest, ok := strings.CutPrefix(clean(s), licenceRoot+".")
	parts := strings.Split(rest, ".")
	if !ok || len(parts) != 5 || len(parts[3]) != 3 || len(parts[4]) != 1 {
		return LicenceIdentifier{}, ErrShape
	}
	if !only(parts[3], digits) || !only(parts[4], alphabet36) {
		return LicenceIdentifier{}, ErrCharacters
	}
	version, err := strconv.Atoi(parts[3])
	if err != nil {
		return LicenceIdentifier{}, ErrShape.Wrap(err)
	}
	l := LicenceIdentifier{Type: parts[0], Issuer: parts[1], Serial: parts[2], Version: version}
	if err := l.Check(); err != nil {
		return LicenceIdentifier{}, err
	}
	if hybrid(parts[0]+parts[1]+parts[2]+parts[3], alphabet36) != parts[4][0] {
		return LicenceIdentifier{}, ErrCheck
	}
	return l, nil
}
