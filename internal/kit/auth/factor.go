package auth

import (
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"time"

	"github.com/pquerna/otp/totp"
)

// step is the period of a TOTP code (RFC 6238 5.2).
const step = 30 * time.Second

// NewFactor returns the secret of a new second factor: 160 bits (RFC 4226 4),
// in base 32 as authenticator apps take it.
func NewFactor() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random(20))
}

// FactorURL is what an authenticator app reads from a QR code.
func FactorURL(issuer, account, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {issuer}}
	return fmt.Sprintf("otpauth://totp/%s:%s?%s", url.PathEscape(issuer), url.PathEscape(account), q.Encode())
}

// FactorCode returns the code at t. Only a demonstration and tests show it.
func FactorCode(secret string, t time.Time) (string, error) {
	return totp.GenerateCode(secret, t)
}

// stepOf returns the time step whose code this is: the present one, the one
// before and the one after, for clocks that differ (RFC 6238 6). All three are
// always compared, so that time does not tell which.
func stepOf(secret, code string, at time.Time) (n int64, ok bool, err error) {
	for d := -1; d <= 1; d++ {
		t := at.Add(time.Duration(d) * step)
		want, err := totp.GenerateCode(secret, t)
		if err != nil {
			return 0, false, fmt.Errorf("second factor: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			n, ok = t.Unix()/int64(step/time.Second), true
		}
	}
	return n, ok, nil
}
