package licenceweb

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"strings"

	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/licence"
)

// offline explains how to check a file without us.
func (p *pages) offline(w http.ResponseWriter, r *http.Request) error {
	root := p.s.Root()
	if root == nil {
		return licence.ErrNotFound
	}
	return p.k.Render(w, r, http.StatusOK, offlinePage(p.k.View(r), fingerprint(root)))
}

// root hands out the certificate that our signatures lead to.
func (p *pages) root(w http.ResponseWriter, r *http.Request) error {
	root := p.s.Root()
	if root == nil {
		return licence.ErrNotFound
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})
	f := web.File{Name: "tongban-root.crt", Type: "application/x-x509-ca-cert", Size: int64(len(text))}
	return p.k.SendFile(w, r, f, bytes.NewReader(text))
}

// fingerprint is the SHA-256 of a certificate, as programs show it: pairs of
// digits with colons.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = strings.ToUpper(hex.EncodeToString([]byte{b}))
	}
	return strings.Join(pairs, ":")
}
