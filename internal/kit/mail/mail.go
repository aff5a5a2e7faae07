// Package mail sends plain-text messages: by SMTP, or into a folder where
// somebody trying the product can read them.
package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/tongban/tongban/internal/kit/fault"
)

// ErrRefused means that this message will never be taken: a malformed address,
// or a server's final no (RFC 5321 section 4.2.1, replies 5yz). Sending it again
// is useless; any other error is worth a retry.
var ErrRefused = fault.New(fault.Invalid, "mail.refused")

// Message is one message to one person.
type Message struct {
	// ID is the same for every attempt to send this message, so that the
	// receiving side can tell a repetition: letters, digits and hyphens.
	ID      string
	To      string // address, possibly with a name: "周淑芬 <zhou@example.org>"
	Subject string
	Text    string
	At      time.Time
}

// Sender sends messages.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// TLS says how the connection to the mail server is protected.
type TLS string

// The ways to protect a connection. The zero TLS is StartTLS.
const (
	StartTLS    TLS = "starttls" // begins in the clear, must be upgraded
	ImplicitTLS TLS = "tls"      // encrypted from the first byte, port 465
	NoTLS       TLS = "none"     // only for a server on the same machine
)

// Server is where and as whom to send.
type Server struct {
	Host           string
	Port           int
	User, Password string
	From           string
	TLS            TLS
}

// SMTP sends through a mail server.
type SMTP struct {
	from    string
	domain  string
	options []gomail.Option
	host    string
}

// NewSMTP checks the settings; it does not connect.
func NewSMTP(s Server) (*SMTP, error) {
	o := []gomail.Option{gomail.WithPort(s.Port), gomail.WithTimeout(30 * time.Second)}
	switch s.TLS {
	case StartTLS, "":
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case ImplicitTLS:
		o = append(o, gomail.WithSSL())
	case NoTLS:
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("mail server: unknown tls %q", s.TLS)
	}
	if s.User != "" {
		auth := gomail.SMTPAuthAutoDiscover
		if s.TLS == NoTLS {
			auth = gomail.SMTPAuthPlainNoEnc
		}
		o = append(o, gomail.WithSMTPAuth(auth), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	if _, err := gomail.NewClient(s.Host, o...); err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	if err := gomail.NewMsg().From(s.From); err != nil {
		return nil, fmt.Errorf("mail sender %q: %w", s.From, err)
	}
	return &SMTP{from: s.From, domain: domainOf(s.From), options: o, host: s.Host}, nil
}

// Send implements Sender. It returns nil once the server has taken the message.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg, err := compose(m, s.from, s.domain)
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil {
		return nil
	}
	if final(err) {
		return ErrRefused.Wrap(err)
	}
	return fmt.Errorf("send mail: %w", err)
}

// final reports whether the server said no for good.
func final(err error) bool {
	if e, ok := errors.AsType[*gomail.SendError](err); ok {
		return e.ErrorCode() >= 500 && !e.IsTemp()
	}
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return e.Code >= 550 && e.Code != 552 // refused before: no relay, no such person; 552 is a full mailbox
	}
	return false
}

// Drop writes each message to a folder as "<id>.eml". The demo uses it, and so
// do tests.
type Drop struct{ dir, from, domain string }

// NewDrop returns a Drop into dir, which is made if need be.
func NewDrop(dir, from string) (*Drop, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("mail folder: %w", err)
	}
	return &Drop{dir: dir, from: from, domain: domainOf(from)}, nil
}

// Send implements Sender. A repetition replaces the file.
func (d *Drop) Send(_ context.Context, m Message) error {
	msg, err := compose(m, d.from, d.domain)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	place := filepath.Join(d.dir, m.ID+".eml")
	if err := os.WriteFile(place+".tmp", b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	if err := os.Rename(place+".tmp", place); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	return nil
}

func compose(m Message, from, domain string) (*gomail.Msg, error) {
	if m.ID == "" || strings.Trim(m.ID, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return nil, ErrRefused.Wrap(fmt.Errorf("message id %q", m.ID))
	}
	msg := gomail.NewMsg()
	if err := msg.From(from); err != nil {
		return nil, fmt.Errorf("mail sender: %w", err)
	}
	if err := msg.To(m.To); err != nil {
		return nil, ErrRefused.Wrap(errors.New("malformed address")) // not the address: it would reach the log
	}
	msg.Subject(strings.NewReplacer("\r", " ", "\n", " ").Replace(m.Subject))
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetDateWithValue(m.At)
	// RFC 3834: nobody's holiday answer shall come back.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	return msg, nil
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(address), ">"), "@")
	if domain == "" || net.ParseIP(domain) != nil {
		return "localhost"
	}
	return domain
}
