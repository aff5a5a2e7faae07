package sign

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/smallstep/pkcs7"
)

// The object identifiers of a CAdES signature with ECDSA and SHA-256.
var (
	oidData            = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningCertV2   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidSHA256          = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidECDSAWithSHA256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
)

// The structures of CMS (RFC 5652, section 5) as far as a detached signature
// of one signer needs them.
type (
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content signedData `asn1:"explicit,tag:0"`
	}
	signedData struct {
		Version      int
		Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
		Encapsulated struct{ Type asn1.ObjectIdentifier }
		Certificates asn1.RawValue
		Signers      []signerInfo `asn1:"set"`
	}
	signerInfo struct {
		Version   int
		ID        issuerAndSerial
		Digest    pkix.AlgorithmIdentifier
		Signed    asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature []byte
	}
	issuerAndSerial struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}
	attribute struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
	// signingCertificateV2 is RFC 5035; SHA-256 is the default and so left out.
	signingCertificateV2 struct{ Certs []essCertIDv2 }
	essCertIDv2          struct{ Hash []byte }
)

// detached signs content (RFC 5652). smallstep/pkcs7 builds the same but puts
// in a signing-time attribute by its own clock, which PAdES forbids (ETSI EN
// 319 142-1, 6.3): the time stands in the signature dictionary.
func detached(content []byte, cert *x509.Certificate, key crypto.Signer) ([]byte, error) {
	attrs, err := signedAttributes(content, cert)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(attrs) // over the SET OF encoding, RFC 5652 section 5.4
	signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign attributes: %w", err)
	}
	return assemble(cert, attrs, signature)
}

func signedAttributes(content []byte, cert *x509.Certificate) ([]byte, error) {
	digest := sha256.Sum256(content)
	certHash := sha256.Sum256(cert.Raw)
	values := []struct {
		oid   asn1.ObjectIdentifier
		value any
	}{
		{oidContentType, oidData},
		{oidMessageDigest, digest[:]},
		{oidSigningCertV2, signingCertificateV2{[]essCertIDv2{{certHash[:]}}}},
	}
	var encoded [][]byte
	for _, v := range values {
		der, err := asn1.Marshal(v.value)
		if err != nil {
			return nil, fmt.Errorf("marshal attribute: %w", err)
		}
		a, err := asn1.Marshal(attribute{v.oid, []asn1.RawValue{{FullBytes: der}}})
		if err != nil {
			return nil, fmt.Errorf("marshal attribute: %w", err)
		}
		encoded = append(encoded, a)
	}
	slices.SortFunc(encoded, bytes.Compare) // DER orders a SET OF
	return asn1.Marshal(asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: bytes.Join(encoded, nil)})
}

func assemble(cert *x509.Certificate, attrs, signature []byte) ([]byte, error) {
	// Inside SignerInfo the same bytes carry an implicit tag.
	signed := bytes.Clone(attrs)
	signed[0] = 0xa0
	sha := pkix.AlgorithmIdentifier{Algorithm: oidSHA256}
	var info contentInfo
	info.Type = oidSignedData
	info.Content = signedData{
		Version:      1,
		Digests:      []pkix.AlgorithmIdentifier{sha},
		Certificates: asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: cert.Raw},
		Signers: []signerInfo{{
			Version:   1,
			ID:        issuerAndSerial{asn1.RawValue{FullBytes: cert.RawIssuer}, cert.SerialNumber},
			Digest:    sha,
			Signed:    asn1.RawValue{FullBytes: signed},
			Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidECDSAWithSHA256},
			Signature: signature,
		}},
	}
	info.Content.Encapsulated.Type = oidData
	der, err := asn1.Marshal(info)
	if err != nil {
		return nil, fmt.Errorf("marshal CMS: %w", err)
	}
	return der, nil
}

// verifyDetached checks a signature that detached made and returns its signer.
//
// The cryptography is checked by smallstep/pkcs7, which did not write it. On
// top of that the encoding must be exactly the one we write, so that no byte of
// the file can change unseen, not even one that no signature covers.
func verifyDetached(der, content []byte) (*x509.Certificate, error) {
	p, err := pkcs7.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("parse CMS: %w", err)
	}
	p.Content = content
	if err := p.Verify(); err != nil {
		return nil, fmt.Errorf("verify CMS: %w", err)
	}
	cert := p.GetOnlySigner()
	if cert == nil {
		return nil, errors.New("CMS without exactly one signer")
	}
	var info contentInfo
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) > 0 || len(info.Content.Signers) != 1 {
		return nil, fmt.Errorf("CMS of another shape: %w", err)
	}
	attrs, err := signedAttributes(content, cert)
	if err != nil {
		return nil, err
	}
	want, err := assemble(cert, attrs, info.Content.Signers[0].Signature)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(want, der) {
		return nil, errors.New("CMS differs from what its signer writes")
	}
	return cert, nil
}
