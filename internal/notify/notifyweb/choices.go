package notifyweb

import (
	"net/http"
	"net/url"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/notify"
)

const choicesPath = "/account/notices"

type choicesData struct {
	notify.View
	Form   *web.Form
	Groups []notify.Group
	Staff  bool
	// MayHook is set for who stands for the person or company in everything.
	MayHook bool
}

// on reports whether a box is ticked: as sent, else as chosen.
func (d choicesData) on(ch notify.Channel, g notify.Group) bool {
	if d.Form != nil {
		return d.Form.Has(box(g), string(ch))
	}
	return d.Wants(ch, g)
}

// locked reports whether a channel must carry a group.
func (d choicesData) locked(ch notify.Channel, g notify.Group) bool {
	return g == notify.Statutory && ch == d.Locked()
}

// box is the name of the boxes of a group.
func box(g notify.Group) string { return "group." + string(g) }

func (p *pages) choices(w http.ResponseWriter, r *http.Request) error {
	return p.showChoices(w, r, http.StatusOK, nil)
}

func (p *pages) showChoices(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	v, err := p.s.Choices(r.Context(), p.k.Actor(r))
	if err != nil {
		return err
	}
	_, err = p.s.Hook(r.Context(), p.k.Actor(r))
	actor := p.k.Actor(r)
	d := choicesData{View: v, Form: f, Groups: notify.GroupsOf(actor), Staff: actor.Kind == auth.Staff, MayHook: fault.KindOf(err) != fault.Denied}
	return p.k.Render(w, r, status, choicesPage(p.k.View(r), d))
}

func (p *pages) choose(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, 16<<10)
	if err != nil {
		return err
	}
	c, err := readChoices(f, notify.GroupsOf(p.k.Actor(r)))
	if err == nil {
		err = p.s.Choose(r.Context(), p.k.Actor(r), c)
	}
	if err != nil && f.Fail(err) {
		return p.showChoices(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "notify.notice.chosen")
	return p.k.SeeOther(w, r, choicesPath)
}

// readChoices reads the form. A box that was not sent was not ticked.
func readChoices(f *web.Form, groups []notify.Group) (notify.Choices, error) {
	c := notify.Choices{Locale: f.Get("locale"), Quiet: f.Get("quiet") == "yes", Off: map[notify.Channel][]notify.Group{}, On: map[notify.Channel][]notify.Group{}}
	var form fault.Form
	for name, at := range map[string]*notify.Clock{"from": &c.From, "to": &c.To} {
		var err error
		if *at, err = notify.ParseClock(f.Get(name)); err != nil {
			form.Add(name, "notify.choice.clock")
		}
	}
	for _, g := range groups {
		for _, ch := range notify.Channels() {
			switch {
			case f.Has(box(g), string(ch)):
				c.On[ch] = append(c.On[ch], g)
			case f.Has("shown", string(ch)):
				c.Off[ch] = append(c.Off[ch], g)
			}
		}
	}
	return c, form.Err()
}

type hookData struct {
	notify.Hook
	Form   *web.Form
	Secret string // just made: shown once
	Failed string // class of the error of a test
	Tested bool
	Who    string
}

const hookPath = choicesPath + "/webhook"

func (p *pages) hook(w http.ResponseWriter, r *http.Request) error {
	return p.showHook(w, r, http.StatusOK, hookData{})
}

func (p *pages) showHook(w http.ResponseWriter, r *http.Request, status int, d hookData) error {
	actor := p.k.Actor(r)
	h, err := p.s.Hook(r.Context(), actor)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	d.Hook, d.Who = h, actor.For.Name
	return p.k.Render(w, r, status, hookPage(p.k.View(r), d))
}

func (p *pages) setHook(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, 16<<10)
	if err != nil {
		return err
	}
	secret, err := p.s.SetHook(r.Context(), p.k.Actor(r), f.Get("url"))
	if fault.KindOf(err) == fault.Invalid {
		f.Add("url", codeOf(err))
		return p.showHook(w, r, http.StatusUnprocessableEntity, hookData{Form: f})
	}
	if err != nil {
		return err
	}
	// Answered at once: the secret is in no address and no cookie.
	return p.showHook(w, r, http.StatusOK, hookData{Secret: secret})
}

func (p *pages) testHook(w http.ResponseWriter, r *http.Request) error {
	if ok, wait := p.tests.Allow(p.k.Actor(r).Subject()); !ok {
		return errTooMany.With("wait", wait)
	}
	class, err := p.s.TestHook(r.Context(), p.k.Actor(r))
	if err != nil {
		return err
	}
	return p.showHook(w, r, http.StatusOK, hookData{Tested: true, Failed: class})
}

func (p *pages) dropHook(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.DropHook(r.Context(), p.k.Actor(r)); err != nil {
		return err
	}
	p.k.Flash(w, "notify.notice.dropped")
	return p.k.SeeOther(w, r, choicesPath)
}

func (p *pages) failures(w http.ResponseWriter, r *http.Request) error {
	list, err := p.s.Failures(r.Context(), p.k.Actor(r))
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, failuresPage(p.k.View(r), list))
}

func (p *pages) retry(w http.ResponseWriter, r *http.Request) error {
	ch := notify.Channel(r.PathValue("channel"))
	if err := p.s.Retry(r.Context(), p.k.Actor(r), r.PathValue("message"), ch); err != nil {
		return err
	}
	p.k.Flash(w, "notify.notice.retried")
	return p.k.SeeOther(w, r, "/staff/notices")
}

func retryPath(f notify.Failed) string {
	return "/staff/notices/" + url.PathEscape(f.Message) + "/" + url.PathEscape(string(f.Channel)) + "/retry"
}
