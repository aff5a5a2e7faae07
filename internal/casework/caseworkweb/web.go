// Package caseworkweb shows cases: to applicants where they stand and until
// when, to officials what is to be done, to supervisors what runs late.
package caseworkweb

import (
	"embed"
	"net/http"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/web"
)

// Texts are the words of these pages.
//
//go:embed locale
var Texts embed.FS

// maxForm bounds a form of an official: every mark with its reason.
const maxForm = 256 << 10

// pages is what the handlers share.
type pages struct {
	k      *web.Kit
	s      *casework.Service
	unsent Unsent
	panels Panels
}

// Routes lists every URL of this area. Unsent may be nil. Panels are those of
// other areas that stand on the pages of a case.
func Routes(k *web.Kit, s *casework.Service, unsent Unsent, panels Panels) {
	p := pages{k, s, unsent, panels}
	p.panels.Staff = append([]Panel{p.taken(true)}, panels.Staff...)
	p.panels.Resident = append([]Panel{p.taken(false)}, panels.Resident...)
	p.panels.Staff = append([]Panel{p.handsPanel}, p.panels.Staff...)
	p.panels.Resident = append(p.panels.Resident, p.recusalPanel)
	p.panels.Staff = append(p.panels.Staff, p.wayPanel(true))
	p.panels.Resident = append(p.panels.Resident, p.wayPanel(false))
	counterRoutes(k, p)
	transitRoutes(k, p)
	workRoutes(k, p)
	listRoutes(k, p)
	moveRoutes(k, p)
	// Applicants.
	k.Page("GET /cases", "casework.mine", p.mine)
	k.Page("GET /cases/bars", "casework.mine", p.myBars)
	k.Page("GET /cases/{id}", "casework.mine", p.own(p.show))
	k.Page("GET /cases/{id}/why", "casework.mine", p.own(p.why))
	k.Page("GET /cases/{id}/receipt", "casework.mine", p.own(p.receipt))
	k.Page("GET /cases/{id}/answers", "casework.mine", p.own(p.answers))
	k.Page("GET /cases/{id}/materials/{file}", "casework.mine", p.own(p.material))
	k.Page("GET /cases/{id}/documents/{doc}", "casework.mine", p.own(p.document))
	k.Page("GET /cases/{id}/withdraw", "casework.mine", p.own(p.askWithdraw))
	k.Page("POST /cases/{id}/withdraw", "casework.mine", p.own(p.withdraw))
	k.Page("GET /cases/{id}/receipt.pdf", "casework.mine", p.own(p.receiptPDF))
	k.Page("GET /cases/{id}/messages", "casework.mine", p.own(p.messages))
	k.Page("POST /cases/{id}/messages", "casework.mine", p.own(p.write))
	k.Page("GET /cases/{id}/messages/{file}", "casework.mine", p.own(p.messageFile))
	k.Page("GET /cases/{id}/supplement", "casework.mine", p.own(p.askSupplement))
	k.Page("POST /cases/{id}/supplement", "casework.mine", p.own(p.supplement))
	k.Page("GET /cases/{id}/objection", "casework.mine", p.own(p.askObjection))
	k.Page("POST /cases/{id}/objection", "casework.mine", p.own(p.object))
	k.Page("GET /progress", "casework.progress", p.askProgress)
	k.Page("POST /progress", "casework.progress", p.progress)
	// Officials.
	k.Page("GET /staff/tasks", "casework.tasks", p.tasks)
	k.Page("GET /staff/cases/{id}", "casework.desk", p.desk)
	k.Page("GET /staff/cases/{id}/why", "casework.desk", p.deskWhy)
	k.Page("GET /staff/cases/{id}/materials/{file}", "casework.desk", p.material)
	k.Page("GET /staff/cases/{id}/documents/{doc}", "casework.desk", p.document)
	k.Page("GET /staff/cases/{id}/units/{unit}", "casework.unit", p.unit)
	k.Page("POST /staff/cases/{id}/units/{unit}", "casework.opine", p.opine)
	k.Page("GET /staff/cases/{id}/units/{unit}/materials/{file}", "casework.unit", p.unitMaterial)
	k.Page("POST /staff/cases/{id}/checks/{no}", "casework.settle", p.settle)
	k.Page("GET /staff/cases/{id}/next", "casework.tasks", p.next)
	k.Page("POST /staff/cases/{id}/marks", "casework.mark", p.saveMarks)
	k.Page("GET /staff/inbox", "casework.inbox", p.inbox)
	k.Page("GET /staff/cards/{card}", "casework.card", p.card)
	k.Page("POST /staff/cards/{card}/explanation", "casework.explain", p.explainCard)
	k.Page("POST /staff/cards/{card}/ruling", "casework.rule_card", p.ruleCard)
	k.Page("GET /staff/cases/{id}/earlier", "casework.desk", p.earlier)
	k.Page("GET /staff/cases/{id}/commitment", "casework.desk", p.commitment)
	k.Page("GET /staff/bars", "casework.bars", p.bars)
	k.Page("POST /staff/bars/{id}", "casework.lift", p.lift)
	k.Page("GET /staff/phrases", "casework.phrases", p.phrases)
	k.Page("POST /staff/phrases", "casework.phrase_edit", p.savePhrase)
	k.Page("GET /staff/phrases/{phrase}", "casework.phrase_edit", p.phrases)
	k.Page("POST /staff/phrases/{phrase}", "casework.phrase_edit", p.savePhrase)
	k.Page("POST /staff/phrases/{phrase}/drop", "casework.phrase_edit", p.dropPhrase)
	k.Page("GET /staff/cases/{id}/{action}", "casework.desk", p.askAct)
	k.Page("POST /staff/cases/{id}/unmask", "casework.desk", p.unmask)
	k.Page("POST /staff/cases/{id}/{action}", "casework.desk", p.act)
	k.Page("GET /staff/cases/{id}/messages", "casework.desk", p.messages)
	k.Page("POST /staff/cases/{id}/messages", "casework.desk", p.write)
	k.Page("GET /staff/cases/{id}/messages/{file}", "casework.desk", p.messageFile)
	k.Page("GET /staff/cases/{id}/materials/{file}/verified", "casework.desk", p.askVerify)
	k.Page("POST /staff/cases/{id}/materials/{file}/verified", "casework.desk", p.verify)
	k.Page("GET /staff/objections", "casework.objections", p.objections)
	k.Page("GET /staff/objections/{objection}", "casework.objections", p.askAnswer)
	k.Page("POST /staff/objections/{objection}", "casework.objections", p.answer)
	k.Page("GET /staff/supervision", "casework.oversee", p.supervision)
}

func caseID(r *http.Request) contract.CaseID { return contract.CaseID(r.PathValue("id")) }
