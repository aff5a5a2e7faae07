package sign

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Sealer keeps keys unreadable at rest; seal.Sealer is one.
type Sealer interface {
	Seal(field string, plaintext string) ([]byte, error)
	Open(field string, sealed []byte) (string, error)
}

// demoOrganisation stands in every certificate that CA issues.
const demoOrganisation = "Tongban DEMO NOT LEGAL 演示 无法律效力"

// demoMark ends every common name, which is what PDF readers show.
const demoMark = "（演示 DEMO）"

// oidDocumentSigning is the key purpose of RFC 9336.
var oidDocumentSigning = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36}

// CA is a certificate authority in software, for demonstrations. It makes its
// own key and one for each agency when they are first needed, and keeps them in
// a folder. Several processes may share the folder.
type CA struct {
	dir    string
	sealer Sealer
	now    func() time.Time
	root   *identity

	mu      sync.Mutex
	signers map[string]*identity
}

// identity is a certificate with its key. It signs.
type identity struct {
	name string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// OpenCA opens the authority in dir, or makes it.
func OpenCA(dir string, sealer Sealer, now func() time.Time) (*CA, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open demo CA: %w", err)
	}
	c := &CA{dir: dir, sealer: sealer, now: now, signers: map[string]*identity{}}
	root, err := c.load("ca", "通办演示根证书 Tongban demo root", nil)
	if err != nil {
		return nil, err
	}
	c.root = root
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.cert.Raw})
	if err := os.WriteFile(filepath.Join(dir, "ca.crt"), block, 0o600); err != nil {
		return nil, fmt.Errorf("write CA certificate: %w", err)
	}
	return c, nil
}

// Roots is the pool that trusts this authority and no other.
func (c *CA) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.root.cert)
	return pool
}

// Certificate is the root certificate in DER, for those who check offline.
func (c *CA) Certificate() []byte { return c.root.cert.Raw }

// Signer returns the signer of an agency, with a new key if it has none yet.
func (c *CA) Signer(_ context.Context, agency string) (Signer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.signers[agency]; ok {
		return s, nil
	}
	sum := sha256.Sum256([]byte(agency))
	s, err := c.load("agency-"+hex.EncodeToString(sum[:8]), agency, c.root)
	if err != nil {
		return nil, err
	}
	c.signers[agency] = s
	return s, nil
}

// load reads an identity, or makes one. Two processes may make one at once:
// then both read the one that came first.
func (c *CA) load(file, name string, issuer *identity) (*identity, error) {
	path := filepath.Join(c.dir, file+".sealed")
	sealed, err := os.ReadFile(path) //nolint:gosec // a name of ours in a folder of ours
	if errors.Is(err, fs.ErrNotExist) {
		if err := c.make(path, file, name, issuer); err != nil {
			return nil, fmt.Errorf("make identity %s: %w", file, err)
		}
		sealed, err = os.ReadFile(path) //nolint:gosec // as above
	}
	if err != nil {
		return nil, fmt.Errorf("read identity: %w", err)
	}
	text, err := c.sealer.Open("sign."+file, sealed)
	if err != nil {
		return nil, fmt.Errorf("open identity %s: %w", file, err)
	}
	return readIdentity(name, []byte(text))
}

func (c *CA) make(path, file, name string, issuer *identity) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("generate key: %w", err)
	}
	template, err := c.template(name, issuer == nil)
	if err != nil {
		return err
	}
	parent, signing := template, key
	if issuer != nil {
		parent, signing = issuer.cert, issuer.key
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signing)
	if err != nil {
		return fmt.Errorf("create certificate: %w", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("marshal key: %w", err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	sealed, err := c.sealer.Seal("sign."+file, text)
	if err != nil {
		return fmt.Errorf("seal key: %w", err)
	}
	return writeOnce(path, sealed)
}

// template is the certificate of name. Its subject says that it is a demo.
func (c *CA) template(name string, root bool) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("draw serial: %w", err)
	}
	now := c.now().UTC()
	t := &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject(name),
		NotBefore:    now.AddDate(0, 0, -1),
		NotAfter:     now.AddDate(10, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		// Readers that know no document signing take e-mail for it.
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
		UnknownExtKeyUsage:    []asn1.ObjectIdentifier{oidDocumentSigning},
		BasicConstraintsValid: true,
	}
	if root {
		t.IsCA, t.MaxPathLenZero = true, true
		t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
		t.ExtKeyUsage, t.UnknownExtKeyUsage = nil, nil
		t.NotAfter = now.AddDate(20, 0, 0)
	}
	return t, nil
}

// subject names the holder of a certificate.
func subject(name string) pkix.Name {
	return pkix.Name{
		Country:      []string{"CN"},
		Organization: []string{demoOrganisation}, //nolint:misspell // a field of the standard library
		CommonName:   name + demoMark,
	}
}

// writeOnce makes path appear whole or not at all, and leaves it alone if
// somebody else was first.
func writeOnce(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // the link below keeps the content
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("write key: %w", err)
	}
	return nil
}

func readIdentity(name string, text []byte) (*identity, error) {
	block, rest := pem.Decode(text)
	keyBlock, _ := pem.Decode(rest)
	if block == nil || keyBlock == nil {
		return nil, errors.New("read identity: no certificate and key")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read key: %T", key)
	}
	return &identity{name: name, cert: cert, key: private}, nil
}

// Name is the agency.
func (i *identity) Name() string { return i.name }

// CMS signs content.
func (i *identity) CMS(_ context.Context, content []byte) ([]byte, error) {
	return detached(content, i.cert, i.key)
}
