package formweb

import (
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/web"
)

// step is one place on the way to the submission.
type step struct {
	path    string
	section string // of the form, for pages
	done    bool
	page    *form.PageState
	mat     *form.MaterialState
	consent bool           // may sensitive data be looked up?
	commit  *form.Choosing // commit or prove?
}

// steps lists what the applicant goes through: consent to lookups, the pages of
// the form, the choice to commit, and the materials that are asked.
func steps(d form.Draft) []step {
	var list []step
	if len(d.Consents) > 0 {
		asked := !slices.ContainsFunc(d.Consents, func(c form.Consent) bool { return c.Given == "" })
		list = append(list, step{path: draftPath(d, "consent"), done: asked, consent: true})
	}
	for _, ps := range d.Result.Steps() {
		list = append(list, step{path: draftPath(d, "pages", ps.Page.ID), section: ps.Page.Section, done: ps.Done, page: &ps})
	}
	for _, k := range d.Offered() {
		list = append(list, step{path: choicePath(d, k), done: k.Given != "", commit: &k})
	}
	for _, m := range d.Result.Uploads() {
		list = append(list, step{path: draftPath(d, "materials", m.Spec.ID), done: m.Done(), mat: &m})
	}
	return list
}

// unfinished lists what keeps an application from being submitted, without the
// declarations that stand beside the button.
func unfinished(d form.Draft) []step {
	return slices.DeleteFunc(steps(d), func(s step) bool { return s.done })
}

// place tells the number of the step at path, and of how many; the last step is
// the check.
func placeOf(d form.Draft, path string) (n, of int) {
	list := steps(d)
	i := slices.IndexFunc(list, func(s step) bool { return s.path == path })
	if i < 0 {
		i = len(list)
	}
	return i + 1, len(list) + 1
}

// after is where "save and continue" leads.
func after(d form.Draft, path, from string) string {
	if from == "check" {
		return draftPath(d, "check")
	}
	list := steps(d)
	i := slices.IndexFunc(list, func(s step) bool { return s.path == path })
	switch {
	case i >= 0 && i+1 < len(list):
		return list[i+1].path
	case i < 0: // the step has gone since: on with what is left
		if left := unfinished(d); len(left) > 0 {
			return left[0].path
		}
	}
	return draftPath(d, "check")
}

// backPath is where a page leads back to.
func backPath(d form.Draft, from string) string {
	if from == "check" {
		return draftPath(d, "check")
	}
	return draftPath(d)
}

func backOf(v web.View, d form.Draft, from string) web.Link {
	if from == "check" {
		return web.Link{Href: backPath(d, from), Text: v.T("form.back.check")}
	}
	return web.Link{Href: backPath(d, from), Text: v.T("form.back.tasks")}
}

func stepName(v web.View, s step) string {
	switch {
	case s.page != nil:
		return pick(v, s.page.Page.Title)
	case s.consent:
		return v.T("form.consent.title")
	case s.commit != nil:
		return commitTitle(v, *s.commit)
	}
	return pick(v, s.mat.Spec.Name)
}

func stepHint(v web.View, s step) string {
	switch {
	case s.page != nil:
		return labels(v, s.page.Fields)
	case s.consent:
		return v.T("form.consent.hint")
	case s.commit != nil:
		if s.commit.Given != "" {
			return v.T("form.commit." + s.commit.Given)
		}
		return v.T("form.commit.hint")
	}
	if way := handedAs(v, *s.mat); way != "" && s.mat.Way != "" && s.mat.Fault == nil {
		return way
	}
	return fileNames(v, s.mat.Files)
}

// section is a heading of the task list with its steps.
type section struct {
	title string
	steps []step
}

// sections orders the steps under the headings of the form.
func sections(v web.View, d form.Draft) []section {
	list := []section{{title: v.T("form.tasks.questions")}}
	for _, s := range d.Service.Form.Sections {
		list = append(list, section{title: pick(v, s.Title)})
	}
	papers := section{title: v.T("form.tasks.materials")}
	for _, s := range steps(d) {
		if s.page == nil && !s.consent {
			papers.steps = append(papers.steps, s)
			continue
		}
		i := 1 + slices.IndexFunc(d.Service.Form.Sections, func(x contract.Section) bool { return x.ID == s.section })
		if s.consent {
			i = 0
		}
		list[i].steps = append(list[i].steps, s)
	}
	list = append(list, papers)
	return slices.DeleteFunc(list, func(s section) bool {
		return len(s.steps) == 0 && (s.title != papers.title || len(d.Result.Materials) == 0)
	})
}

// settled are the materials for which nothing has to be done.
func settled(d form.Draft) []form.MaterialState {
	return slices.DeleteFunc(slices.Clone(d.Result.Materials), func(m form.MaterialState) bool { return m.Asked })
}

// questionsLeft counts what still has to be answered.
func questionsLeft(d form.Draft) int { return len(d.Result.Faults()) }

func labels(v web.View, fields []form.FieldState) string {
	names := make([]string, 0, len(fields))
	for _, f := range fields {
		if f.Field.Kind != form.KindComputed {
			names = append(names, pick(v, f.Field.Label))
		}
	}
	return v.Join(names)
}

func fileNames(v web.View, files []contract.Material) string {
	names := make([]string, 0, len(files))
	for _, f := range files {
		names = append(names, f.Name)
	}
	return v.Join(names)
}

// ready reports whether only the declaration is missing.
func ready(d form.Draft) bool {
	return len(unfinished(d)) == 0 && len(d.Result.Ineligible) == 0 && d.State != form.StateSigning
}
