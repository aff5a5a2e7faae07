package notify

import (
	"context"
	"errors"
	"fmt"
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
	to, locale, err := s.c.Addresses.Email(ctx, m.Account)
	if err != nil {
		return "", err
	}
	if to == "" {
		return MailNone, nil
	}
	err = s.c.Mail.Send(ctx, mail.Message{
		ID: m.ID, To: to, At: m.At,
		Subject: s.Subject(locale, m), Text: s.letter(locale, m),
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
	return s.c.Text(locale, key, "due", dueDay{due})
}

// dueDay is a day on which something is due, in words with its weekday.
type dueDay struct{ day.Date }

var weekdays = [...]string{"日", "一", "二", "三", "四", "五", "六"}

// In makes dueDay an argument with words of its own in each language.
func (d dueDay) In(locale string) string {
	if locale == "en" {
		return d.Time().Format("Monday 2 January 2006")
	}
	y, m, n := d.Date.Date()
	return fmt.Sprintf("%d 年 %d 月 %d 日（星期%s）", y, int(m), n, weekdays[d.Weekday()])
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
