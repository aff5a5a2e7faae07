package notify

import (
	"context"
	"errors"
	"strings"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/mail"
)

// mailJob sends the mail of one message.
type mailJob struct {
	Message string `json:"message"`
}

// Kind is the job's name.
func (mailJob) Kind() string { return "notify.mail" }

// send may run twice; the message's id goes along, so that the receiving side
// can tell a repetition.
func (s *Service) send(ctx context.Context, j mailJob) (state string, err error) {
	m, err := find(ctx, s.c.DB, j.Message)
	if err != nil {
		return "", err
	}
	to, err := s.c.Addresses.Email(ctx, m.Account)
	if err != nil {
		return "", err
	}
	if to == "" {
		return MailNone, nil
	}
	err = s.c.Mail.Send(ctx, mail.Message{
		ID: m.ID, To: to, At: m.At,
		// In both languages: nobody has told us which one the person reads.
		Subject: s.Subject("zh-CN", m), Text: s.letter("zh-CN", m) + "\n----\n\n" + s.letter("en", m),
	})
	if errors.Is(err, mail.ErrRefused) {
		return MailRefused, nil
	}
	return MailSent, err
}

func (s *Service) sent(ctx context.Context, tx db.Tx, j mailJob, state string) error {
	return setMail(ctx, tx, j.Message, state, s.c.Now())
}

// Subject is the one line that says what happened.
func (s *Service) Subject(locale string, m Message) string {
	return s.c.Text(locale, "notify.subject."+m.Kind, "item", pick(locale, m))
}

// Body is the sentence that says what it means and what comes next.
func (s *Service) Body(locale string, m Message) string {
	key := "notify.body." + m.Kind
	due, err := day.Parse(m.Due)
	if err != nil { // no date is due: say it without one
		return s.c.Text(locale, key, "due", s.c.Text(locale, "notify.no_due"))
	}
	return s.c.Text(locale, key, "due", due)
}

// Path is the page that shows more.
func (m Message) Path() string {
	if strings.HasPrefix(m.Kind, kindLicence) {
		return "/licences"
	}
	return "/cases/" + string(m.Case)
}

func (s *Service) letter(locale string, m Message) string {
	return s.c.Text(locale, "notify.letter",
		"body", s.Body(locale, m), "item", pick(locale, m), "number", m.Number, "link", s.c.BaseURL+m.Path())
}

func pick(locale string, m Message) string {
	if locale == "en" && m.Item.EN != "" {
		return m.Item.EN
	}
	return m.Item.ZH
}
