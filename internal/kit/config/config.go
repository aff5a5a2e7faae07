// Package config reads the settings: flags before environment before file before
// default. Without any setting the product starts on this machine with a
// database in the folder "data".
//
// Every key has one meaning and a default that works; an unknown key is an
// error, for a misspelt setting that is silently ignored is worse than a start
// that fails.
package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"
)

// Config is every setting. Load fills it completely: no path is left empty.
type Config struct {
	Listen   string
	Data     string
	Database string // path of a SQLite file, or postgres://...
	Demo     bool
	// DemoCases fills a demonstration with cases when it is started first.
	DemoCases bool
	BaseURL   string // without a slash at the end
	Proxies   []netip.Prefix
	KeyFile   string
	MailDrop  string // folder; "" when mail is sent by SMTP or not at all
	Site      Site
	SMTP      SMTP
	SMSDrop   string // folder; "" when short messages are sent by a gateway or not at all
	SMS       SMS
	Webhook   Webhook
	Log       Log
	Session   Session
	Upload    Upload
	Scan      Scan
	// Procedures is the folder with editions of procedures that the installation
	// brings; "" is that of the data folder, if there is one.
	Procedures string
	// Registries are the connections to registries, by id; those without a URL
	// are not connected.
	Registries map[string]*Registry
	// Mandates bounds the rights that persons give each other.
	Mandates Mandates
	// Counter has the days of what lies behind the windows of halls.
	Counter Counter
	// Recusal says how requests that an official withdraws are answered.
	Recusal Recusal
	// Args is what stood between the flags: file names and the like.
	Args []string
}

// Site is whose platform this is.
type Site struct {
	NameZH, NameEN string
	Division       string // GB/T 2260 code
}

// SMTP is the mail server; Host is "" when there is none.
type SMTP struct {
	Host           string
	Port           int
	User, Password string
	From           string
	TLS            string // starttls, tls, none
}

// SMS is the gateway of short messages; URL is "" when there is none.
type SMS struct {
	URL, Key  string
	Templates map[string]string // the provider's id by our name of the text
}

// Webhook bounds where people may have messages posted to.
type Webhook struct {
	Allow []netip.Prefix // networks that are not public and allowed all the same
}

// Log is what is written about requests and faults.
type Log struct{ Level, Format string }

// Session is how long a person stays signed in.
type Session struct {
	Hours     int // at most, whatever they do
	IdleHours int // without a request
}

// Registry is the connection to a registry of another authority.
type Registry struct {
	URL, Key string
	Seconds  int // to wait for an answer
}

// Mandates bounds the rights that persons give each other.
type Mandates struct {
	Days int // a mandate is good for at most
}

// Recusal says how an agency answers who asks that an official withdraws (回避).
type Recusal struct {
	Days  int  // working days for the answer
	Waits bool // the official's decision waits for it
}

// Counter has the days of what lies behind the windows of halls, and the carriers.
type Counter struct {
	ForwardDays int // working days to send papers on to the place that handles a case
	RemindDays  int // on the shelf, until the applicant is reminded
	ReturnDays  int // on the shelf, until a result goes back
	StuckDays   int // working days for the answer to what could not be got done
	Carriers    map[string]string
	Couriers    []string // to whom parcels may be given besides
}

// registryIDs are the registries that can be connected.
var registryIDs = []string{
	"marriage", "birth", "household", "guardianship", "estate", "insurance", "employment", "disability", "nurse", "project",
}

// Scan is who looks at uploads for malware; Address is "" when nobody does.
type Scan struct{ Address string }

// Upload bounds what a person may send.
type Upload struct {
	File Size // one file
}

// RingFile is where the wrapped data keys stand.
func (c Config) RingFile() string { return filepath.Join(filepath.Dir(c.KeyFile), "ring.json") }

// BlobDir is the folder of stored files.
func (c Config) BlobDir() string { return filepath.Join(c.Data, "files") }

// settings binds every key to its field. This list is the documentation: see
// Describe.
func (c *Config) settings() []setting {
	all := []setting{
		{"listen", "127.0.0.1:8080", "Address and port to listen on. 0.0.0.0:8080 is every network card; put a TLS proxy before it then.", (*text)(&c.Listen), false},
		{"data", "data", "Folder of everything this machine keeps: database, files, keys.", (*text)(&c.Data), false},
		{"database", "", "postgres://user@host/name, or the path of a SQLite file. Empty: tongban.db in the data folder.", (*text)(&c.Database), true},
		{"demo", "false", "Start a demonstration county with accounts whose passwords are public. Never where real people apply.", (*boolean)(&c.Demo), false},
		{"demo_cases", "false", "With demo, on an empty data folder: let invented people apply and officials act for some weeks first, so that desks have work.", (*boolean)(&c.DemoCases), false},
		{"base_url", "", "Address that people use, for links in mail and in QR codes. Empty: http:// and the listen address.", (*text)(&c.BaseURL), false},
		{"proxies", "", "Addresses of the proxies before this server, as 127.0.0.1/32,10.1.0.0/16: they are believed when they tell a client's address in X-Forwarded-For. Empty: nobody is.", (*prefixes)(&c.Proxies), false},
		{"key_file", "", "Master key of the encrypted fields, made at the first start; back it up apart from the database. Empty: keys/master.key in the data folder.", (*text)(&c.KeyFile), false},
		{"mail_drop", "", "Folder that mail is written to instead of being sent. Empty: mail in the data folder in demo mode, else none.", (*text)(&c.MailDrop), false},
		{"sms_drop", "", "Folder that short messages are written to instead of being sent. Empty: sms in the data folder in demo mode, else none.", (*text)(&c.SMSDrop), false},
		{"procedures", "", "Folder with editions of procedures that this installation brings, as licensing.yaml with version: 100. Empty: procedures in the data folder, if it is there.", (*text)(&c.Procedures), false},
		{"site.name_zh", "广安区政务服务", "Name of the platform in Chinese.", (*text)(&c.Site.NameZH), false},
		{"site.name_en", "Guang'an District Government Services", "Name of the platform in English.", (*text)(&c.Site.NameEN), false},
		{"site.division", "511602", "Division code (GB/T 2260) of the government that runs it.", (*text)(&c.Site.Division), false},
		{"smtp.host", "", "Mail server. Empty: no mail is sent.", (*text)(&c.SMTP.Host), false},
		{"smtp.port", "587", "Port of the mail server.", (*number)(&c.SMTP.Port), false},
		{"smtp.user", "", "Account at the mail server. Empty: none needed.", (*text)(&c.SMTP.User), false},
		{"smtp.password", "", "Password of that account.", (*text)(&c.SMTP.Password), true},
		{"smtp.from", "noreply@localhost", "Sender of the mail.", (*text)(&c.SMTP.From), false},
		{"smtp.tls", "starttls", "starttls, tls (port 465), or none (only for a server on this machine).", (*text)(&c.SMTP.TLS), false},
		{"sms.url", "", "Address of the gateway of short messages, to which each is posted as JSON. Empty: none are sent.", (*text)(&c.SMS.URL), false},
		{"sms.key", "", "Key at the gateway, sent as bearer token.", (*text)(&c.SMS.Key), true},
		{"sms.templates", "", "Ids of the templates that the provider approved, by kind of message, as accept=SMS_1,correct=SMS_2. Empty: the text alone is sent.", (*pairs)(&c.SMS.Templates), false},
		{"webhook.allow", "", "Private networks that webhooks may reach, as 10.1.0.0/16; there http is allowed too. Empty: the public Internet by https alone.", (*prefixes)(&c.Webhook.Allow), false},
		{"log.level", "info", "debug, info, warn or error.", (*text)(&c.Log.Level), false},
		{"log.format", "text", "text for people, json for collectors.", (*text)(&c.Log.Format), false},
		{"session.hours", "12", "Hours after which a person signs in again, whatever they do; officials after 12 at most.", (*number)(&c.Session.Hours), false},
		{"session.idle_hours", "2", "Hours without a request after which a person signs in again; officials after half an hour at most.", (*number)(&c.Session.IdleHours), false},
		{"upload.file", "20MB", "Largest file a person may send.", &c.Upload.File, false},
		{"scan.address", "", "ClamAV daemon that looks at uploads for malware: host:port, or unix:/path of its socket. Empty: only type and structure are checked.", (*text)(&c.Scan.Address), false},
		{"mandates.days", "366", "Days that a mandate between two persons is good for at most.", (*number)(&c.Mandates.Days), false},
	}
	all = append(all,
		setting{"counter.forward_days", "3", "Working days in which a hall sends papers on to the place that handles a case (cross-region service).", (*number)(&c.Counter.ForwardDays), false},
		setting{"counter.remind_days", "7", "Days on the issue shelf after which the applicant is reminded.", (*number)(&c.Counter.RemindDays), false},
		setting{"counter.return_days", "30", "Days on the issue shelf after which a result goes back to who made it.", (*number)(&c.Counter.ReturnDays), false},
		setting{"counter.stuck_days", "5", "Working days for the answer to what somebody could not get done.", (*number)(&c.Counter.StuckDays), false},
		setting{"counter.carriers", "", "Carriers that tell what becomes of parcels, each with the secret of its signature, as EMS=secret,SF=secret. Empty: staff enter it.", (*pairs)(&c.Counter.Carriers), true},
		setting{"counter.couriers", "EMS", "Carriers that halls give parcels to besides those, as EMS,SF. Staff choose one; what becomes of its parcels they enter.", (*names)(&c.Counter.Couriers), false},
		setting{"recusal.days", "3", "Working days for the answer to who asks that an official withdraws.", (*number)(&c.Recusal.Days), false},
		setting{"recusal.waits", "false", "Whether a decision of that official waits for the answer.", (*boolean)(&c.Recusal.Waits), false},
	)
	if c.Registries == nil {
		c.Registries = map[string]*Registry{}
	}
	for _, id := range registryIDs {
		r := c.Registries[id]
		if r == nil {
			r = &Registry{}
			c.Registries[id] = r
		}
		all = append(all,
			setting{"registries." + id + ".url", "", "Address that the registry \"" + id + "\" is asked at. Empty: not connected; a demonstration has one built in.", (*text)(&r.URL), false},
			setting{"registries." + id + ".key", "", "Key for that address.", (*text)(&r.Key), true},
			setting{"registries." + id + ".seconds", "5", "Seconds to wait for its answer.", (*number)(&r.Seconds), false},
		)
	}
	return all
}

// setting is one key, its default, its meaning and its field.
type setting struct {
	key, standard, meaning string
	value                  flag.Value
	secret                 bool // never shown; may come from a file named by the environment
}

func (s setting) env() string {
	return "TONGBAN_" + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

func (s setting) flag() string {
	return strings.NewReplacer(".", "-", "_", "-").Replace(s.key)
}

// Load reads the settings. The file is named by --config or TONGBAN_CONFIG. A
// secret may also stand in a file that TONGBAN_<KEY>_FILE names. For --help it
// returns flag.ErrHelp.
func Load(args []string, getenv func(string) string) (Config, error) {
	var c Config
	all := c.settings()
	given, rest, err := parseFlags(all, args)
	if err != nil {
		return c, err
	}
	file := given["config"]
	if file == "" {
		file = getenv("TONGBAN_CONFIG")
	}
	fromFile, err := readFile(file, all)
	if err != nil {
		return c, err
	}
	for _, s := range all {
		v, source, err := s.find(given, getenv, fromFile)
		if err != nil {
			return c, err
		}
		if err := s.value.Set(v); err != nil {
			return c, fmt.Errorf("setting %s (from %s): %w", s.key, source, err)
		}
	}
	c.Args = rest
	c.complete()
	return c, c.check()
}

// find returns the strongest value of a setting and where it came from.
func (s setting) find(given map[string]string, getenv func(string) string, fromFile map[string]string) (value, source string, err error) {
	if v, ok := given[s.flag()]; ok {
		return v, "--" + s.flag(), nil
	}
	if v := getenv(s.env()); v != "" {
		return v, s.env(), nil
	}
	if path := getenv(s.env() + "_FILE"); s.secret && path != "" {
		b, err := os.ReadFile(path) //nolint:gosec // the operator names it
		if err != nil {
			return "", "", fmt.Errorf("setting %s: %w", s.key, err)
		}
		return strings.TrimRight(string(b), "\r\n"), s.env() + "_FILE", nil
	}
	if v, ok := fromFile[s.key]; ok {
		return v, "the file", nil
	}
	return s.standard, "the default", nil
}

// parseFlags returns the flags given and the arguments between them. Values are
// kept as text here, for a flag is stronger than what is read later.
func parseFlags(all []setting, args []string) (given map[string]string, rest []string, err error) {
	fs := flag.NewFlagSet("tongban", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	given = map[string]string{}
	keep := func(name string) func(string) error {
		return func(v string) error { given[name] = v; return nil }
	}
	fs.Func("config", "", keep("config"))
	for _, s := range all {
		if b, ok := s.value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
			fs.BoolFunc(s.flag(), "", keep(s.flag()))
		} else {
			fs.Func(s.flag(), "", keep(s.flag()))
		}
	}
	for {
		if err := fs.Parse(args); err != nil {
			return nil, nil, err
		}
		if fs.NArg() == 0 {
			return given, rest, nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

func readFile(path string, all []setting) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	var tree map[string]any
	if _, err := toml.DecodeFile(path, &tree); err != nil {
		return nil, fmt.Errorf("settings file %s: %w", path, err)
	}
	flat := map[string]string{}
	if err := flatten(flat, "", tree); err != nil {
		return nil, fmt.Errorf("settings file %s: %w", path, err)
	}
	known := map[string]bool{}
	for _, s := range all {
		known[s.key] = true
	}
	var unknown []error
	for k := range flat {
		if !known[k] {
			unknown = append(unknown, fmt.Errorf("settings file %s: unknown key %s", path, k))
		}
	}
	return flat, errors.Join(unknown...)
}

func flatten(into map[string]string, prefix string, tree map[string]any) error {
	for k, v := range tree {
		switch v := v.(type) {
		case map[string]any:
			if err := flatten(into, prefix+k+".", v); err != nil {
				return err
			}
		case string, bool, int64:
			into[prefix+k] = fmt.Sprint(v)
		default:
			return fmt.Errorf("key %s%s: a text, a number or true/false is needed", prefix, k)
		}
	}
	return nil
}

// At returns the settings with the address that listening on port 0 gave.
func (c Config) At(addr string) Config {
	if c.BaseURL == urlOf(c.Listen) {
		c.BaseURL = urlOf(addr)
	}
	c.Listen = addr
	return c
}

// urlOf is the address that people on this machine reach a listener by.
func urlOf(listen string) string {
	host, port, _ := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// complete fills what depends on other settings.
func (c *Config) complete() {
	if c.Database == "" {
		c.Database = filepath.Join(c.Data, "tongban.db")
	}
	if c.KeyFile == "" {
		c.KeyFile = filepath.Join(c.Data, "keys", "master.key")
	}
	if c.MailDrop == "" && c.Demo && c.SMTP.Host == "" {
		c.MailDrop = filepath.Join(c.Data, "mail")
	}
	if c.SMSDrop == "" && c.Demo && c.SMS.URL == "" {
		c.SMSDrop = filepath.Join(c.Data, "sms")
	}
	if c.BaseURL == "" {
		c.BaseURL = urlOf(c.Listen)
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
}

// check refuses what would fail later, with the key to change.
func (c *Config) check() error {
	var faults []error
	must := func(ok bool, key, what string) {
		if !ok {
			faults = append(faults, fmt.Errorf("setting %s: %s", key, what))
		}
	}
	_, _, err := net.SplitHostPort(c.Listen)
	must(err == nil, "listen", "host:port is needed, as 127.0.0.1:8080")
	must(c.Data != "", "data", "a folder is needed")
	// The story of the demonstration begins weeks ago: no other installation may.
	must(!c.DemoCases || c.Demo, "demo_cases", "only with demo")
	u, err := url.Parse(c.BaseURL)
	must(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.Path == "" && u.RawQuery == "",
		"base_url", "http(s)://host is needed, without a path")
	must(len(c.Site.Division) >= 6 && len(c.Site.Division) <= 12 && strings.Trim(c.Site.Division, "0123456789") == "",
		"site.division", "6 to 12 digits are needed")
	must(c.Site.NameZH != "" && c.Site.NameEN != "", "site.name_zh, site.name_en", "both are needed")
	must(upTo(c.SMTP.Port, 65535), "smtp.port", "1 to 65535")
	must(oneOf(c.SMTP.TLS, "starttls", "tls", "none"), "smtp.tls", "starttls, tls or none")
	must(c.SMTP.Host == "" || c.MailDrop == "", "mail_drop", "either mail_drop or smtp.host, not both")
	must(c.SMS.URL == "" || c.SMSDrop == "", "sms_drop", "either sms_drop or sms.url, not both")
	must(oneOf(c.Log.Level, "debug", "info", "warn", "error"), "log.level", "debug, info, warn or error")
	must(oneOf(c.Log.Format, "text", "json"), "log.format", "text or json")
	must(upTo(c.Session.Hours, 720), "session.hours", "1 to 720")
	must(upTo(c.Session.IdleHours, c.Session.Hours), "session.idle_hours", "1 to session.hours")
	for key, days := range map[string]int{"forward": c.Counter.ForwardDays, "remind": c.Counter.RemindDays, "return": c.Counter.ReturnDays, "stuck": c.Counter.StuckDays} {
		must(upTo(days, 366), "counter."+key+"_days", "1 to 366")
	}
	must(c.Counter.RemindDays < c.Counter.ReturnDays, "counter.remind_days", "less than counter.return_days")
	must(upTo(c.Recusal.Days, 366), "recusal.days", "1 to 366")
	must(upTo(c.Mandates.Days, 3660), "mandates.days", "1 to 3660")
	for id, r := range c.Registries {
		u, err := url.Parse(r.URL)
		must(r.URL == "" || err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http"), "registries."+id+".url", "https://host/path is needed")
		must(upTo(r.Seconds, 30), "registries."+id+".seconds", "1 to 30")
	}
	must(c.Upload.File >= 1024, "upload.file", "at least 1KB")
	return errors.Join(faults...)
}

// upTo reports whether n is 1 to most.
func upTo(n, most int) bool { return 1 <= n && n <= most }

func oneOf(s string, these ...string) bool {
	for _, t := range these {
		if s == t {
			return true
		}
	}
	return false
}
