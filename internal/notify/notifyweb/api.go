package notifyweb

import (
	"context"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/notify"
)

// API registers the operations of this area.
func API(a *api.API, s *notify.Service) {
	const tag = "notices"
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/notices", ID: "notice-list", Action: "notify.read", Tag: tag,
		Summary: "The messages of the person who asks, newest first",
	}, list(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/notice-choices", ID: "notice-choices", Action: "notify.choose", Tag: tag,
		Summary: "How the person who asks is told",
	}, func(ctx context.Context, actor auth.Principal, _ *struct{}) (*choicesOut, error) {
		v, err := s.Choices(ctx, actor)
		if err != nil {
			return nil, err
		}
		return &choicesOut{Body: choicesJSONOf(v)}, nil
	})
	api.Register(a, api.Op{
		Method: http.MethodPut, Path: "/notice-choices", ID: "notice-choose", Action: "notify.choose", Tag: tag,
		Summary: "Choose how to be told; statutory notices cannot be switched off",
	}, func(ctx context.Context, actor auth.Principal, in *choicesIn) (*choicesOut, error) {
		c, err := in.choices()
		if err != nil {
			return nil, err
		}
		if err := s.Choose(ctx, actor, c); err != nil {
			return nil, err
		}
		v, err := s.Choices(ctx, actor)
		if err != nil {
			return nil, err
		}
		return &choicesOut{Body: choicesJSONOf(v)}, nil
	})
	api.Register(a, api.Op{
		Method: http.MethodPut, Path: "/webhook", ID: "webhook-set", Action: "notify.hook", Tag: tag,
		Summary: "Register where notices are posted to; the answer has the secret, once",
	}, func(ctx context.Context, actor auth.Principal, in *hookIn) (*hookOut, error) {
		secret, err := s.SetHook(ctx, actor, in.Body.URL)
		if err != nil {
			return nil, err
		}
		out := &hookOut{}
		out.Body.Secret = secret
		return out, nil
	})
	api.Register(a, api.Op{
		Method: http.MethodDelete, Path: "/webhook", ID: "webhook-drop", Action: "notify.hook", Tag: tag,
		Summary: "Stop posting notices",
	}, func(ctx context.Context, actor auth.Principal, _ *struct{}) (*struct{}, error) {
		return nil, s.DropHook(ctx, actor)
	})
}

type listIn struct {
	Before string `query:"before" maxLength:"64" doc:"Id of the last message of the page before."`
	Locale string `header:"Accept-Language"`
}

type deliveryJSON struct {
	Channel string    `json:"channel" enum:"mail,sms,webhook"`
	State   string    `json:"state" enum:"waiting,sent,none,refused,given_up"`
	Class   string    `json:"class,omitempty" doc:"Of the last error: refused, blocked, answer, timeout, connection."`
	At      time.Time `json:"at"`
}

type notice struct {
	ID         string         `json:"id"`
	Kind       string         `json:"kind"`
	Group      string         `json:"group"`
	Case       string         `json:"case"`
	Number     string         `json:"number"`
	Title      string         `json:"title"`
	Text       string         `json:"text"`
	Due        string         `json:"due,omitempty"`
	Statutory  bool           `json:"statutory"`
	Read       bool           `json:"read"`
	Path       string         `json:"path" doc:"Page that shows more."`
	Deliveries []deliveryJSON `json:"deliveries"`
	At         time.Time      `json:"at"`
}

type messagesOut struct {
	Body struct {
		Notices []notice `json:"notices"`
		Next    string   `json:"next,omitempty"`
	}
}

func list(s *notify.Service) func(context.Context, auth.Principal, *listIn) (*messagesOut, error) {
	return func(ctx context.Context, actor auth.Principal, in *listIn) (*messagesOut, error) {
		page, err := s.Inbox(ctx, actor, in.Before)
		if err != nil {
			return nil, err
		}
		out := &messagesOut{}
		out.Body.Notices = []notice{}
		out.Body.Next = page.Next
		locale := web.Negotiate(in.Locale)
		for _, m := range page.Messages {
			n := notice{
				ID: m.ID, Kind: m.Kind, Group: string(m.Group()), Case: string(m.Case), Number: m.Number,
				Title: s.Subject(locale, m), Text: s.Body(locale, m), Due: m.Due,
				Statutory: m.Statutory, Read: m.Read, Path: m.Path(), At: m.At, Deliveries: []deliveryJSON{},
			}
			for _, d := range m.Deliveries {
				n.Deliveries = append(n.Deliveries, deliveryJSON{string(d.Channel), d.State, d.Class, d.Changed})
			}
			out.Body.Notices = append(out.Body.Notices, n)
		}
		return out, nil
	}
}

type choicesJSON struct {
	Locale string              `json:"locale" enum:",zh-CN,en" doc:"Of mail and short messages; empty is mail in both."`
	Quiet  bool                `json:"quiet" doc:"Short messages and webhooks wait from 'from' to 'to', China time."`
	From   string              `json:"from" pattern:"^[0-2][0-9]:[0-5][0-9]$" example:"22:00"`
	To     string              `json:"to" pattern:"^[0-2][0-9]:[0-5][0-9]$" example:"08:00"`
	Off    map[string][]string `json:"off" doc:"By channel (mail, sms, webhook), the groups it does not carry: statutory, progress, messages, signing, mandates, reminders."`
	On     map[string][]string `json:"on,omitempty" doc:"Of officials: by channel, the groups it carries beside the inbox: cards, objections, opinions, hands."`
}

// Choices lets choices stand in another body with their fields: what is embedded under
// a name of its own package alone is left out of the document.
type Choices = choicesJSON

type choicesView struct {
	Choices
	Locked string   `json:"locked,omitempty" doc:"The channel that carries statutory notices whatever was chosen."`
	Reach  []string `json:"reach" doc:"Channels for which there is an address."`
}

type (
	choicesIn  struct{ Body choicesJSON }
	choicesOut struct{ Body choicesView }
	hookIn     struct {
		Body struct {
			URL string `json:"url" maxLength:"500"`
		}
	}
	hookOut struct {
		Body struct {
			Secret string `json:"secret"`
		}
	}
)

func (in *choicesIn) choices() (notify.Choices, error) {
	c := notify.Choices{Locale: in.Body.Locale, Quiet: in.Body.Quiet}
	var err error
	if c.From, err = notify.ParseClock(in.Body.From); err != nil {
		return c, err
	}
	if c.To, err = notify.ParseClock(in.Body.To); err != nil {
		return c, err
	}
	c.Off, c.On = chosenOf(in.Body.Off), chosenOf(in.Body.On)
	return c, nil
}

func chosenOf(sent map[string][]string) map[notify.Channel][]notify.Group {
	out := map[notify.Channel][]notify.Group{}
	for ch, groups := range sent {
		for _, g := range groups {
			out[notify.Channel(ch)] = append(out[notify.Channel(ch)], notify.Group(g))
		}
	}
	return out
}

func choicesJSONOf(v notify.View) choicesView {
	out := choicesView{Locked: string(v.Locked()), Reach: []string{}}
	out.Locale, out.Quiet, out.From, out.To, out.Off = v.Locale, v.Quiet, v.From.String(), v.To.String(), map[string][]string{}
	for _, ch := range notify.Channels() {
		if v.Has(ch) {
			out.Reach = append(out.Reach, string(ch))
		}
		for _, g := range v.Off[ch] {
			out.Off[string(ch)] = append(out.Off[string(ch)], string(g))
		}
		for _, g := range v.On[ch] {
			if out.On == nil {
				out.On = map[string][]string{}
			}
			out.On[string(ch)] = append(out.On[string(ch)], string(g))
		}
	}
	return out
}
