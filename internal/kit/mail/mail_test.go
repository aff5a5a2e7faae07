package mail_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/mail"
)

var message = mail.Message{
	ID: "0193-a", To: "周淑芬 <zhou@example.org>", Subject: "您的申请已受理：公共场所卫生许可新办审批（县级）",
	Text: "周淑芬：\n\n您好！\n.\n一行只有一个点。\n", At: time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC),
}

// server is a mail server that answers RCPT with reply and keeps one message.
func server(t *testing.T, reply string) (port int, got <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	kept := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		talk(c, reply, kept)
	}()
	return l.Addr().(*net.TCPAddr).Port, kept
}

func talk(c net.Conn, reply string, kept chan<- string) {
	in := bufio.NewReader(c)
	say := func(s string) { _, _ = fmt.Fprint(c, s+"\r\n") }
	say("220 test")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.ToUpper(verb) {
		case "EHLO":
			say("250-test\r\n250-8BITMIME\r\n250 SMTPUTF8")
		case "RCPT":
			say(reply)
		case "DATA":
			say("354 go on")
			kept <- readData(in)
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func readData(in *bufio.Reader) string {
	var b strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return b.String()
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}

func check(t *testing.T, text string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != message.Subject {
		t.Errorf("subject %q %v", subject, err)
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != "周淑芬" || to[0].Address != "zhou@example.org" {
		t.Errorf("to %v %v", to, err)
	}
	for name, want := range map[string]string{
		"Message-ID": "<0193-a@gov.example>", "Auto-Submitted": "auto-generated",
		"Date": "Tue, 24 Nov 2026 04:00:00 +0000", "Content-Transfer-Encoding": "quoted-printable",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if body, err := io.ReadAll(m.Body); err != nil || !strings.Contains(string(body), "=E5=91=A8") {
		t.Errorf("%s %v", body, err)
	}
}

func client(t *testing.T, port int) *mail.SMTP {
	t.Helper()
	s, err := mail.NewSMTP(mail.Server{Host: "127.0.0.1", Port: port, From: "通办 <noreply@gov.example>", TLS: mail.NoTLS})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestServerGetsTheMessage(t *testing.T) {
	t.Parallel()
	port, got := server(t, "250 ok")
	if err := client(t, port).Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	check(t, <-got)
}

func TestFinalRefusalIsToldFromABadDay(t *testing.T) {
	t.Parallel()
	for reply, final := range map[string]bool{
		"550 5.1.1 no such person": true, "450 4.2.0 come back later": false, "421 4.3.2 closing": false,
	} {
		port, _ := server(t, reply)
		err := client(t, port).Send(t.Context(), message)
		if err == nil || errors.Is(err, mail.ErrRefused) != final {
			t.Errorf("%s: %v", reply, err)
		}
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := client(t, closed.Addr().(*net.TCPAddr).Port).Send(t.Context(), message); err == nil || errors.Is(err, mail.ErrRefused) {
		t.Error("nobody there:", err)
	}
}

func TestServerWithoutTLSIsNotTrusted(t *testing.T) {
	t.Parallel()
	port, _ := server(t, "250 ok")
	s, err := mail.NewSMTP(mail.Server{Host: "127.0.0.1", Port: port, From: "noreply@gov.example"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), message); err == nil {
		t.Error("sent in the clear")
	}
}

func TestDropWritesOneFilePerMessage(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mail")
	d, err := mail.NewDrop(dir, "通办 <noreply@gov.example>")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
	}
	all, err := os.ReadDir(dir)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "0193-a.eml"))
	if err != nil {
		t.Fatal(err)
	}
	check(t, string(text))
}

func TestMalformedIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	d, err := mail.NewDrop(t.TempDir(), "noreply@gov.example")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*mail.Message){
		"address":   func(m *mail.Message) { m.To = "nobody" },
		"injection": func(m *mail.Message) { m.To = "a@b.c\r\nBcc: x@y.z" },
		"id":        func(m *mail.Message) { m.ID = "../x" },
		"no id":     func(m *mail.Message) { m.ID = "" },
	} {
		m := message
		change(&m)
		if err := d.Send(t.Context(), m); !errors.Is(err, mail.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), m.To) {
			t.Errorf("%s: the log would show the address", name)
		}
	}
	for name, s := range map[string]mail.Server{
		"tls": {Host: "h", Port: 25, From: "a@b.c", TLS: "yes"}, "host": {Port: 25, From: "a@b.c"}, "from": {Host: "h", Port: 25, From: "x"},
	} {
		if _, err := mail.NewSMTP(s); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
