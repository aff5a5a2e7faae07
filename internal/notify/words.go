package notify

import (
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
)

// Subject is the one line that says what happened.
func (s *Service) Subject(locale string, m Message) string {
	return s.c.Text(locale, "notify.subject."+m.Kind, "item", pick(locale, m.Item))
}

// Body is the sentence that says what it means and what comes next.
func (s *Service) Body(locale string, m Message) string {
	by := pick(locale, m.Facts.By)
	if by == "" {
		by = s.c.Text(locale, "notify.no_agency")
	}
	args := []any{"n", m.Facts.Left, "name", pick(locale, m.Facts.Name), "by", by, "code", s.code(locale, m)}
	due, err := day.Parse(m.Due)
	if err != nil { // no date is due: say it without one
		return s.c.Text(locale, "notify.body."+m.Kind, append(args, "due", s.c.Text(locale, "notify.no_due"))...)
	}
	return s.c.Text(locale, "notify.body."+m.Kind, append(args, "due", due)...)
}

// Letter is subject and text of the mail: in the language of the person or,
// where we were not told, in both.
func (s *Service) Letter(locale string, m Message) (subject, text string) {
	if locale != "" {
		return s.Subject(locale, m), s.letter(locale, m)
	}
	return s.Subject("zh-CN", m), s.letter("zh-CN", m) + "\n----\n\n" + s.letter("en", m)
}

// letter names the service and the last digits of the case, nothing of a person.
func (s *Service) letter(locale string, m Message) string {
	out := s.Body(locale, m) + "\n\n"
	if m.Item.ZH != "" {
		out += s.c.Text(locale, "notify.letter.item", "item", pick(locale, m.Item)) + "\n"
	}
	if m.Number != "" {
		out += s.c.Text(locale, "notify.letter.number", "tail", tail(m.Number)) + "\n"
	}
	return out + s.c.Text(locale, "notify.letter.end", "link", s.c.BaseURL+m.Path()) + "\n"
}

// Bounds of a short message: one part is 70 characters of Chinese (3GPP TS
// 23.040: UCS-2) or 160 of English.
const (
	shortItemZH = 14
	shortItemEN = 40
)

// Short is the text of the short message.
func (s *Service) Short(locale string, m Message) string {
	if locale == "" {
		locale = "zh-CN"
	}
	text := s.c.Text(locale, "notify.sms."+m.Kind, "due", s.shortDay(locale, m.Due), "n", m.Facts.Left, "code", s.code(locale, m))
	switch {
	case m.Number != "":
		return s.c.Text(locale, "notify.sms_frame", "item", s.short(locale, m), "tail", tail(m.Number), "text", text)
	case m.Item.ZH != "":
		return s.c.Text(locale, "notify.sms_frame_item", "item", s.short(locale, m), "text", text)
	}
	return s.c.Text(locale, "notify.sms_frame_plain", "text", text)
}

// code is the one by which a result is fetched, or where it stands.
func (s *Service) code(locale string, m Message) string {
	if m.code != "" {
		return m.code
	}
	return s.c.Text(locale, "notify.no_code")
}

// short is the name of the service, cut for a short message.
func (s *Service) short(locale string, m Message) string {
	name, most := []rune(pick(locale, m.Item)), shortItemZH
	if locale == "en" {
		most = shortItemEN
	}
	if len(name) <= most {
		return string(name)
	}
	return string(name[:most-1]) + "…"
}

// shortDay writes 11月30日, or 30 Nov.
func (s *Service) shortDay(locale, due string) string {
	d, err := day.Parse(due)
	if err != nil {
		return s.c.Text(locale, "notify.no_due")
	}
	if locale == "en" {
		return d.Time().In(day.CST).Format("2 Jan")
	}
	_, m, dd := d.Date()
	return fmt.Sprintf("%d月%d日", int(m), dd)
}

// tail is the end of a case number: enough to tell one's own cases apart.
func tail(number string) string {
	return number[max(0, len(number)-4):]
}

func pick(locale string, t contract.Text) string {
	if locale == "en" && t.EN != "" {
		return t.EN
	}
	return t.ZH
}
