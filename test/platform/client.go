package platform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"time"
)

// Hygiene is the service that most tests apply for: a licence with two
// materials that need not be handed in and four to upload.
const Hygiene = "511A0015500009-511602000000-000-115113016823646795-1-00"

// Client is one signed-in person or program.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// ProblemError is an answer that is not a success (RFC 9457).
type ProblemError struct {
	Status int
	Body   string
}

func (p *ProblemError) Error() string { return fmt.Sprintf("status %d: %s", p.Status, p.Body) }

// SignIn signs a demonstration account in.
func (p *Process) SignIn(ctx context.Context, username string) (*Client, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 128, IdleConnTimeout: time.Minute}
	c := &Client{base: p.URL, http: &http.Client{Transport: transport, Timeout: 5 * time.Minute}}
	var accounts []struct {
		Username string `json:"username"`
		Password string `json:"password"`
		Code     string `json:"code"`
	}
	if err := c.Call(ctx, http.MethodGet, "/demo/accounts", nil, &accounts); err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if a.Username != username {
			continue
		}
		var session struct {
			Token string `json:"token"`
		}
		in := map[string]string{"username": a.Username, "password": a.Password}
		if a.Code != "" {
			in["code"] = a.Code
		}
		if err := c.Call(ctx, http.MethodPost, "/session", in, &session); err != nil {
			return nil, err
		}
		c.token = session.Token
		return c, nil
	}
	return nil, fmt.Errorf("no demonstration account %q", username)
}

// Call sends in as JSON to a path of /api/v1 and reads the answer into out.
func (c *Client) Call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	return c.send(ctx, method, path, "application/json", body, out)
}

func (c *Client) send(ctx context.Context, method, path, kind string, body io.Reader, out any) error {
	r, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, body)
	if err != nil {
		return err
	}
	if body != nil {
		r.Header.Set("Content-Type", kind)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	w, err := c.http.Do(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(w.Body)
	if err := errors.Join(err, w.Body.Close()); err != nil {
		return err
	}
	if w.StatusCode >= 300 {
		return &ProblemError{w.StatusCode, string(text)}
	}
	if out == nil || len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, out)
}

// Raw sends a body to a path, or asks for the path where there is no body, in a
// language, and returns the answer whatever its status.
func (c *Client) Raw(ctx context.Context, path, kind string, body []byte, locale string) (status int, answer string, err error) {
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Accept-Language", locale)
	r.Header.Set("Authorization", "Bearer "+c.token)
	w, err := c.http.Do(r)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(w.Body)
	return w.StatusCode, string(text), errors.Join(err, w.Body.Close())
}

// Receipt is the answer to a submission.
type Receipt struct {
	Case      string `json:"case"`
	Number    string `json:"number"`
	QueryCode string `json:"query_code"`
}

// Draft is what the client needs to know of a draft.
type Draft struct {
	ID       string `json:"id"`
	Complete bool   `json:"complete"`
	Pages    []struct {
		Fields []struct {
			ID     string    `json:"id"`
			Source *struct{} `json:"source"` // the government holds it; it is not asked
		} `json:"fields"`
	} `json:"pages"`
	Materials []struct {
		ID       string     `json:"id"`
		Origin   string     `json:"origin"`
		Required bool       `json:"required"`
		Files    []struct{} `json:"files"`
	} `json:"materials"`
}

// HygieneAnswers are answers to every question that is asked.
func HygieneAnswers() map[string]any {
	return map[string]any{
		"name": "广安区清和美发店", "address": "四川省广安市广安区洪州大道东段 128 号附 6 号",
		"place_kind": "hair", "area": 86.5, "seats": 6, "water": "mains", "water_tank": false,
		"disinfection": true, "disinfection_ways": []string{"heat", "ultraviolet"}, "toilet": true, "central_air": false,
		"staff": 4, "certified": 4, "phone": "13000000002", "manager_self": true, "paper": "electronic", "declared": true,
	}
}

// Ready makes a draft of an application for the hygiene licence that can be
// submitted: answers given, files uploaded.
func (c *Client) Ready(ctx context.Context) (string, error) {
	var d Draft
	if err := c.Call(ctx, http.MethodPost, "/drafts", map[string]string{"service": Hygiene}, &d); err != nil {
		return "", fmt.Errorf("start: %w", err)
	}
	answers := HygieneAnswers()
	for _, p := range d.Pages {
		for _, f := range p.Fields {
			if f.Source != nil {
				delete(answers, f.ID)
			}
		}
	}
	if err := c.Call(ctx, http.MethodPut, "/drafts/"+d.ID+"/answers", map[string]any{"answers": answers}, &d); err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	for _, m := range d.Materials {
		if m.Origin != "upload" || !m.Required || len(m.Files) > 0 {
			continue
		}
		path := "/drafts/" + d.ID + "/materials/" + m.ID + "?name=" + m.ID + ".png"
		if err := c.send(ctx, http.MethodPost, path, "image/png", bytes.NewReader(Picture(m.ID)), nil); err != nil {
			return "", fmt.Errorf("attach %s: %w", m.ID, err)
		}
	}
	if err := c.Call(ctx, http.MethodGet, "/drafts/"+d.ID, nil, &d); err != nil {
		return "", err
	}
	if !d.Complete {
		var all any
		_ = c.Call(ctx, http.MethodGet, "/drafts/"+d.ID, nil, &all)
		text, _ := json.Marshal(all) //nolint:errchkjson // for a message
		return "", fmt.Errorf("the draft is not complete: %s", text)
	}
	return d.ID, nil
}

// Submit hands a draft in.
func (c *Client) Submit(ctx context.Context, draft string) (Receipt, error) {
	var r Receipt
	err := c.Call(ctx, http.MethodPost, "/drafts/"+draft+"/submission", nil, &r)
	return r, err
}

// Picture is a small image, another one for each seed.
func Picture(seed string) []byte {
	m := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range m.Pix {
		m.Pix[i] = seed[i%len(seed)] ^ byte(i)
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m) // a buffer takes everything
	return b.Bytes()
}
