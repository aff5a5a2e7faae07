package caseworkweb

import (
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// reviewData is what the review screen shows beside answers, materials and clock.
type reviewData struct {
	Stage    stageData
	Marked   map[string]casework.DraftMark // what was marked while reading
	Looked   bool                          // the registries were asked
	Compared []casework.Compared
}

func (p pages) loadReview(r *http.Request, d *deskData) (err error) {
	ctx, actor := r.Context(), p.k.Actor(r)
	if d.Stage, err = p.loadStage(r, d.Case); err != nil {
		return err
	}
	if mayMark(*d) {
		list, err := p.s.DraftMarks(ctx, actor, d.Case.ID)
		if err != nil && fault.KindOf(err) != fault.Denied {
			return err
		}
		d.Marked = casework.MarkNames(list)
	}
	if r.Method == http.MethodGet && r.URL.Query().Get("look") == "registry" && d.Content != nil && casework.Comparable(d.Svc) {
		if d.Compared, err = p.s.Compare(ctx, actor, d.Case.ID); err != nil {
			return err
		}
		d.Looked = true
	}
	return nil
}

// jumps are the parts of the screen that there are.
func (d deskData) jumps() []string {
	list := []string{"answers", "materials"}
	for _, x := range []struct {
		id string
		is bool
	}{
		{"stage", d.Stage.asks() && len(d.Choices) > 0},
		{"findings", len(d.Stage.Findings) > 0},
		{"registry", d.Content != nil && casework.Comparable(d.Svc)},
		{"clock", true},
		{"law", len(d.Svc.Guide.Basis) > 0},
		{"units", len(d.Units) > 0},
		{"record", true},
	} {
		if x.is {
			list = append(list, x.id)
		}
	}
	return list
}

// marked is the draft of a mark, if somebody made it.
func (d deskData) marked(kind, id string) (casework.DraftMark, bool) {
	m, ok := d.Marked[kind+":"+id]
	return m, ok
}

// ticked reports whether a mark stands on the page: as it was sent, or as it is kept.
func (d deskData) ticked(kind, id string) bool {
	if d.Form != nil {
		return d.Form.Has("mark", kind+":"+id)
	}
	_, ok := d.marked(kind, id)
	return ok
}

// saveMarks keeps what was marked so far, for whoever reads on.
func (p pages) saveMarks(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	marks := marksOf(f)
	err = p.s.SaveMarks(r.Context(), p.k.Actor(r), caseID(r), marks, droppedOf(f, marks))
	if f.Fail(err) {
		return p.deskAgain(w, r, f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.marks_saved")
	return p.k.SeeOther(w, r, "/staff/cases/"+r.PathValue("id"))
}

// droppedOf are the marks that stood on the page and are not ticked any more.
func droppedOf(f *web.Form, marks []contract.Mark) []contract.Mark {
	var list []contract.Mark
	for _, m := range marksIn(f, "marked") {
		gone := true
		for _, x := range marks {
			gone = gone && (x.Kind != m.Kind || x.ID != m.ID)
		}
		if gone {
			list = append(list, m)
		}
	}
	return list
}

func compareSum(v web.View, list []casework.Compared) string {
	same, other := 0, 0
	for _, x := range list {
		if x.Result == casework.CompareSame {
			same++
		} else {
			other++
		}
	}
	return v.T("casework.compare.sum", "same", same, "other", other)
}

func compareClass(x casework.Compared) string {
	if x.Result == casework.CompareSame {
		return "ok"
	}
	return "ask"
}

func compareIcon(x casework.Compared) string {
	if x.Result == casework.CompareSame {
		return "check"
	}
	return "alert"
}

func compareTag(x casework.Compared) string {
	switch x.Result {
	case casework.CompareSame:
		return web.Brand
	case casework.CompareDiffers:
		return web.Warn
	}
	return web.Plain
}

func cardDay(t time.Time) day.Date { return day.In(t) }

// draftReason is why somebody marked something while reading.
func draftReason(d deskData, kind, id string) string {
	m, _ := d.marked(kind, id)
	return m.Reason
}

// noticeDropped are the marks of the draft that the official left out of the notice,
// or all that stood on the page: the service compares them with what others marked
// meanwhile.
func noticeDropped(d deskData) []contract.Mark { return marksIn(d.Form, "marked") }
