package caseworkweb

import (
	"net/url"
	"strconv"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
)

// owns reports whether a turn is of the reader's own agency.
func (d messagesData) owns(v web.View, t casework.Turn) bool {
	if t.Change == casework.UnitAnswered {
		return v.Actor.Agency == string(t.Unit.Agency)
	}
	return t.Actor.Kind == string(auth.Staff) && v.Actor.Agency == string(d.Case.Agency)
}

// turnBy names who took a turn; what came by itself has no name.
func turnBy(v web.View, t casework.Turn) string {
	switch {
	case t.Actor.Kind == string(auth.System):
		return v.T("casework.turn.by_itself")
	case t.Actor.Kind != string(auth.Staff):
		return v.T("casework.message.applicant")
	case t.Actor.Name == "":
		return pick(v, t.Agency)
	}
	return v.T("casework.message.staff", "agency", pick(v, t.Agency), "post", t.Actor.Name)
}

func turnKind(v web.View, t casework.Turn) string { return v.T("casework.turn.kind." + t.Change) }

// turnTag is the colour of a turn's tag; the words say the same.
func turnTag(t casework.Turn) string {
	switch {
	case t.Change == casework.UnitLate, t.Change == casework.UnitAnswered && t.Unit.Opinion == casework.OpinionObject:
		return web.Warn
	case t.Change == casework.UnitAnswered:
		return web.Brand
	}
	return web.Plain
}

// turnText says in a sentence what happened.
func turnText(v web.View, t casework.Turn) string {
	agency := pick(v, t.Unit.AgencyName)
	switch {
	case t.Change == casework.UnitAnswered:
		return v.T("casework.unit.opinion." + t.Unit.Opinion)
	case t.Change == casework.UnitLate:
		return v.T("casework.turn.late", "agency", agency, "date", t.Unit.Due)
	case t.Change == casework.UnitSent && t.Before.ZH != "":
		return v.T("casework.turn.elsewhere", "agency", agency, "before", pick(v, t.Before))
	case t.Change == casework.UnitSent && t.Unit.Round > 1:
		return v.T("casework.turn.again", "agency", agency, "n", t.Unit.Round)
	}
	return v.T("casework.turn."+t.Change, "agency", agency)
}

func turnID(t casework.Turn) string {
	return t.Change + "-" + t.Unit.ID + "-" + strconv.Itoa(t.Unit.Round)
}

// turnFilePath is where the reader opens a file of a turn, below the path of the case.
func turnFilePath(path string, t casework.Turn, f casework.TurnFile) string {
	switch {
	case t.Change == casework.UnitAnswered:
		return path + "/messages/" + f.File
	case f.Task != "":
		return path + "/units/" + url.PathEscape(f.Task) + "/materials/" + f.File
	}
	return path + "/materials/" + f.File
}

func turnFileName(v web.View, f casework.TurnFile) string {
	if f.Title.ZH == "" {
		return f.Name
	}
	return pick(v, f.Title)
}

// threadBack leads out of a thread: to the case for who may see it, to the task for
// an agency that is asked, else to the work list.
func (p pages) threadBack(v web.View, t casework.Thread) web.Link {
	switch {
	case p.s.MayTalk(v.Actor, t.Case):
		return web.Link{Href: "/staff" + casePath(t.Case), Text: v.T("casework.back.case")}
	case t.Task(v.Actor.Agency) != "":
		return web.Link{Href: "/staff" + casePath(t.Case) + "/units/" + url.PathEscape(t.Task(v.Actor.Agency)), Text: v.T("casework.turn.back")}
	}
	return web.Link{Href: "/staff/tasks", Text: v.T("casework.back.tasks")}
}

// attachmentsOf are the files of a turn for a program, with where it fetches them.
func attachmentsOf(c casework.Case, t casework.Turn) (list []attachmentBody) {
	for _, f := range t.Files {
		b := attachmentBody{File: f.File, Name: f.Name, Type: f.Type, Size: f.Size, Path: turnFilePath(casePath(c), t, f)}
		if f.Title.ZH != "" {
			title := f.Title
			b.Title = &title
		}
		list = append(list, b)
	}
	return list
}

// opinionBody is what one agency asked another, or answered.
type opinionBody struct {
	Unit    string         `json:"unit" doc:"the task in the service"`
	Round   int            `json:"round" doc:"1, and one more for each time it is asked again"`
	Asked   contract.Text  `json:"asked" doc:"agency that is asked"`
	Before  *contract.Text `json:"before,omitempty" doc:"agency that was asked before, where it went to another"`
	Task    contract.Text  `json:"task"`
	Due     string         `json:"due" format:"date" doc:"day by which the opinion is due"`
	Opinion string         `json:"opinion,omitempty" enum:"agree,object,not_needed" doc:"of an answer"`
	Note    string         `json:"note,omitempty" doc:"of an answer"`
	Reasons []string       `json:"reasons,omitempty" doc:"of an objection"`
	Why     string         `json:"why,omitempty" doc:"it is asked again, or recalled"`
}

// turnBody is a turn as an entry of a thread.
func turnBody(c casework.Case, t casework.Turn) messageBody {
	u := t.Unit
	o := &opinionBody{Unit: u.ID, Round: u.Round, Asked: u.AgencyName, Task: u.Task, Due: u.Due.String(), Why: t.Why}
	if t.Before.ZH != "" {
		o.Before = &t.Before
	}
	if t.Change == casework.UnitAnswered {
		o.Opinion, o.Note, o.Reasons = u.Opinion, u.Note, u.Reasons
	}
	b := messageBody{
		Kind: t.Change, ID: turnID(t), Side: "staff", Post: t.Actor.Name, Agency: t.Agency, At: t.At.UTC(),
		Opinion: o, Files: attachmentsOf(c, t),
	}
	switch t.Actor.Kind {
	case string(auth.System):
		b.Side = "system"
	case string(auth.Resident):
		b.Side = "applicant"
	}
	return b
}

// unitFilesOf are the files that an agency attached to an opinion.
func unitFilesOf(u casework.Unit) (list []attachmentBody) {
	for _, f := range u.Files {
		list = append(list, attachmentBody{
			File: f.File, Name: f.Name, Type: f.Type, Size: f.Size, Path: "/cases/" + string(u.Case) + "/messages/" + f.File,
		})
	}
	return list
}

// withFiles lets a body carry files.
func withFiles(op api.Op) api.Op {
	op.MaxBytes = maxSent
	return op
}
