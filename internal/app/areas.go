package app

import (
	"context"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/calendar"
	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/directory"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/document"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/rule"
	"github.com/tongban/tongban/internal/kit/webhook"
	"github.com/tongban/tongban/internal/licence"
	"github.com/tongban/tongban/internal/notify"
	"github.com/tongban/tongban/internal/operation"
	"github.com/tongban/tongban/internal/rating"
	"github.com/tongban/tongban/internal/registry"
	"github.com/tongban/tongban/services"
)

// areas is every area of the product, put together.
type areas struct {
	sessions  *auth.Sessions
	directory *directory.Service
	identity  *identity.Service
	calendar  *calendar.Service
	catalog   *catalog.Service
	form      *form.Service
	casework  *casework.Service
	licence   *licence.Service
	rating    *rating.Service
	notify    *notify.Service
	operation *operation.Service
	registry  *registry.Service
	inquiry   *inquiry.Service
	counter   *counter.Service
}

// schema lists the tables of every area, in no particular order: no area
// refers to the tables of another.
func schema() []db.Area {
	return []db.Area{
		job.Area(), event.Area(), auth.Area(),
		{Name: "directory", Files: directory.Migrations},
		{Name: "identity", Files: identity.Migrations},
		{Name: "registry", Files: registry.Migrations},
		{Name: "calendar", Files: calendar.Migrations},
		{Name: "catalog", Files: catalog.Migrations},
		{Name: "form", Files: form.Migrations},
		{Name: "casework", Files: casework.Migrations},
		{Name: "inquiry", Files: inquiry.Migrations},
		{Name: "licence", Files: licence.Migrations},
		{Name: "rating", Files: rating.Migrations},
		{Name: "notify", Files: notify.Migrations},
		{Name: "counter", Files: counter.Migrations},
	}
}

// policies are the permissions, each area its own.
func policies() map[string]string {
	return map[string]string{
		"directory": directory.Policies,
		"identity":  identity.Policies,
		"registry":  registry.Policies,
		"calendar":  calendar.Policies,
		"catalog":   catalog.Policies,
		"form":      form.Policies,
		"casework":  casework.Policies,
		"inquiry":   inquiry.Policies,
		"licence":   licence.Policies,
		"rating":    rating.Policies,
		"notify":    notify.Policies,
		"operation": operation.Policies,
		"counter":   counter.Policies,
	}
}

// build puts the areas together and registers what they do by themselves.
// An area gets others only behind the interfaces that it declares.
func build(ctx context.Context, t *tools) (*areas, error) {
	a := &areas{directory: directory.New(t.db)}
	keys := auth.NewKeys(t.db, t.now, t.newID)
	a.sessions = auth.NewSessions(auth.SessionConfig{
		DB: t.db, Keys: keys, Now: t.now, NewID: t.newID, Secure: t.secure(),
		Residents: auth.Lifetime{
			Idle:     time.Duration(t.config.Session.IdleHours) * time.Hour,
			Absolute: time.Duration(t.config.Session.Hours) * time.Hour,
		},
	})
	a.identity = identity.New(identity.Config{
		DB: t.db, Events: t.events, Policy: t.policy, Seal: t.seal, Agencies: a.directory,
		Sessions: a.sessions, Keys: keys, Hasher: t.hasher,
		Services: offered{a}, Relations: relations{a}, Windows: windows{a}, MandateDays: t.config.Mandates.Days,
		Now: t.now, NewID: t.newID, Log: t.log, Demo: t.config.Demo,
	})
	a.calendar = calendar.New(calendar.Config{
		DB: t.db, Events: t.events, Policy: t.policy, Now: t.now, Log: t.log, Root: t.config.Site.Division,
	})
	if err := a.calendar.Load(ctx); err != nil {
		return nil, err
	}
	rules, err := rule.New()
	if err != nil {
		return nil, err
	}
	a.catalog, err = catalog.New(catalog.Config{
		DB: t.db, Events: t.events, Policy: t.policy, Now: t.now, NewID: t.newID, Examiner: examiner{rules}, Trial: t.trial,
	})
	if err != nil {
		return nil, err
	}
	a.counter = counter.New(counter.Config{
		DB: t.db, Jobs: t.jobs, Events: t.events, Policy: t.policy, Seal: t.seal, Keys: keys, People: a.identity, Agencies: a.directory,
		Logins: a.sessions, Services: names{a.catalog}, Now: t.now, NewID: t.newID, Demo: t.config.Demo, Back: a.back(t),
	})
	if err := a.buildCases(t, rules); err != nil {
		return nil, err
	}
	if err := a.casework.CheckEditions(ctx); err != nil {
		return nil, err
	}
	a.operation = operation.New(t.db, t.jobs, t.events, t.policy, t.now)
	a.casework.Jobs(t.jobs, t.events)
	a.licence.Jobs(t.jobs, t.events)
	a.rating.Jobs(t.jobs, t.events)
	a.inquiry.Jobs(t.jobs, t.events)
	a.notify.Jobs(t.jobs, t.events)
	a.form.Jobs(t.jobs)
	a.counter.Jobs(t.jobs)
	a.identity.Jobs(t.jobs)
	if err := a.identity.Plan(ctx); err != nil {
		return nil, err
	}
	return a, a.form.Plan(ctx)
}

// buildCases puts together what a case goes through, from the last to the
// first: a form hands in to casework, a decision issues a licence.
func (a *areas) buildCases(t *tools, rules *rule.Engine) error {
	a.licence = licence.New(licence.Config{
		DB: t.db, Queue: t.jobs, Events: t.events, Blobs: t.blobs, Press: t.press,
		Signers: t.ca, Roots: t.ca.Roots(), Policy: t.policy, Sealer: t.seal,
		Now: t.now, NewID: t.newID, NewCode: verificationCode,
		BaseURL: t.config.BaseURL, Demo: t.config.Demo,
	})
	procedures, err := loadProcedures(t.config)
	if err != nil {
		return err
	}
	stamp := document.NewStamper(t.press)
	press := casework.Press{Printer: t.press, Seals: t.ca, Site: t.config.BaseURL}
	if t.config.Demo {
		press.Mark = "样章"
	}
	a.casework, err = casework.New(casework.Config{
		DB: t.db, Jobs: t.jobs, Events: t.events, Policy: t.policy, Seal: t.seal, Blobs: t.blobs,
		Services: published{a.catalog}, Agencies: a.directory, Calendars: a.calendar, FreshCalendars: a.calendar.Refresh, Procedures: procedures,
		Licences: a.licence, Faces: faces{rules, a.licence, divisions(a.directory)}, Conditions: conditions{rules}, Forms: findings{rules}, Registries: looks{a}, Papers: press, Intake: intake{a}, Stamp: stamp, Inquiries: inquiries{a},
		Words: answerWords{divisions(a.directory), a.licence}, Colleagues: a.identity, Counters: atWindows{a}, Drawn: form.Drawn,
		Now: t.now, NewID: t.newID, Code: id.Code, Log: t.log, ForwardDays: t.config.Counter.ForwardDays,
		RecusalDays: t.config.Recusal.Days, RecusalWaits: t.config.Recusal.Waits,
	})
	if err != nil {
		return err
	}
	a.buildInquiries(t, press)
	far, err := remotes(t.config)
	if err != nil {
		return err
	}
	a.registry = registry.New(registry.Config{
		DB: t.db, Events: t.events, Policy: t.policy, Seal: t.seal, People: a.identity, Cases: a.casework,
		Now: t.now, Log: t.log, Demo: t.config.Demo, Remote: far,
	})
	a.form, err = form.New(form.Config{
		DB: t.db, Catalog: a.catalog, Cases: a.casework, People: a.identity, Blobs: t.blobs, Parts: t.blobs.Parts(), Seal: t.seal,
		Policy: t.policy, Jobs: t.jobs, Events: t.events, Now: t.now, NewID: t.newID,
		Registries: a.registry, Licences: a.licence, Copies: a.casework, Barred: a.casework, Keepers: []form.Keeper{a.casework, a.licence, a.inquiry},
		Scanner: t.scanner, Stamp: stamp, Counters: atWindows{a}, Press: t.press,
		Calendars: a.calendar, Region: t.config.Site.Division, Divisions: divisions(a.directory),
		MaxUploadMB: int(t.config.Upload.File >> 20),
	})
	if err != nil {
		return err
	}
	a.rating, err = rating.New(rating.Config{
		DB: t.db, Jobs: t.jobs, Events: t.events, Policy: t.policy, Cases: a.casework, Now: t.now, NewID: t.newID,
	})
	if err != nil {
		return err
	}
	a.notify = notify.New(notify.Config{
		DB: t.db, Jobs: t.jobs, Policy: t.policy, Items: names{a.catalog}, Addresses: a.identity, Recipients: a.identity, Cases: a.casework, Duties: a.casework, Codes: backCases{a},
		Mail: t.mail, SMS: t.sms, Hooks: webhook.New(t.config.Webhook.Allow), Seal: t.seal, Text: t.text, BaseURL: t.config.BaseURL, Now: t.now, NewID: t.newID,
	})
	return nil
}

// seed fills an empty installation; on a filled one it changes nothing that
// somebody has changed since.
func (a *areas) seed(ctx context.Context, t *tools) error {
	if err := a.directory.Seed(ctx); err != nil {
		return fmt.Errorf("seed directory: %w", err)
	}
	if err := a.catalog.Seed(ctx); err != nil {
		return fmt.Errorf("seed catalogue: %w", err)
	}
	if err := a.catalog.PublishPackages(ctx, auth.SystemPrincipal("start"), services.Files); err != nil {
		return err
	}
	if !t.config.Demo {
		return nil
	}
	if err := a.directory.SeedDemo(ctx); err != nil {
		return fmt.Errorf("seed demonstration agencies: %w", err)
	}
	if err := a.counter.SeedDemo(ctx); err != nil {
		return fmt.Errorf("seed demonstration halls: %w", err)
	}
	if err := a.identity.SeedDemo(ctx); err != nil {
		return fmt.Errorf("seed demonstration accounts: %w", err)
	}
	if err := a.registry.SeedDemo(ctx); err != nil {
		return fmt.Errorf("seed demonstration registries: %w", err)
	}
	return nil
}
