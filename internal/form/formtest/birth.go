package formtest

import (
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/auth"
)

// A couple with accounts, and others of the same name or nearly so.
var (
	Chen  = auth.Principal{Kind: auth.Resident, ID: "chen", Name: "陈静", Level: 2}
	Huang = auth.Principal{Kind: auth.Resident, ID: "huang", Name: "黄磊", Level: 2}
	// Namesake has Huang's name and another number, Twin his number by mistake.
	Namesake = auth.Principal{Kind: auth.Resident, ID: "huang2", Name: "黄磊", Level: 2}
	Twin     = auth.Principal{Kind: auth.Resident, ID: "twin", Name: "黄蕾", Level: 2}
)

// HuangNumber is a number of the standard's example, with its check character.
const HuangNumber = "11010519491231002X"

// Persons are the accounts with their numbers.
func Persons() map[contract.AccountID]Person {
	return map[contract.AccountID]Person{
		"huang": {"黄磊", HuangNumber}, "huang2": {"黄磊", "440524188001010014"}, "twin": {"黄蕾", HuangNumber}, "chen": {"陈静", "511602199003070021"},
	}
}

func both(zh, en string) contract.Text { return contract.Text{ZH: zh, EN: en} }

// Birth is a service with everything that two people do together: held data that
// needs consent, a signer with a page and a paper of his own, papers that come in
// many ways, a commitment, and a grant at once.
func Birth() contract.Service {
	text := func(id, zh, en string, more func(*contract.Field)) contract.Field {
		f := contract.Field{ID: id, Kind: form.KindText, Label: both(zh, en), Required: true}
		if more != nil {
			more(&f)
		}
		return f
	}
	page := func(id string, fields ...contract.Field) contract.Page {
		return contract.Page{ID: id, Title: both(id, id), Fields: fields}
	}
	upload := contract.MaterialSpec{Origin: form.OriginUpload, Required: true, Types: []string{"pdf", "png"}, MaxMB: 1, MaxFiles: 3}
	paper := func(id string, more func(*contract.MaterialSpec)) contract.MaterialSpec {
		m := upload
		m.ID, m.Name = id, both(id, id)
		more(&m)
		return m
	}
	own := page("spouse_contact", text("spouse_phone", "电话", "Phone", func(f *contract.Field) {
		f.Kind, f.Personal, f.Held = form.KindPhone, true, "person.phone"
	}), text("spouse_word", "想说的话", "A word", func(f *contract.Field) { f.Required = false }))
	own.Signer = "spouse"
	return contract.Service{
		Format: contract.Format, Item: "birth-registration", Version: 1, Name: both("生育登记", "Birth registration"),
		Form: contract.Form{Pages: []contract.Page{
			page("child", text("child", "孩子姓名", "Name of the child", nil),
				text("weight", "体重", "Weight", func(f *contract.Field) { f.Kind, f.Required = form.KindInteger, false })),
			page("phone", text("phone", "电话", "Phone", func(f *contract.Field) { f.Kind, f.Personal, f.Held = form.KindPhone, true, "person.phone" })),
			page("family",
				text("married", "有配偶", "Married", func(f *contract.Field) { f.Kind = form.KindYesNo }),
				text("spouse_name", "配偶姓名", "Name of the spouse", func(f *contract.Field) {
					f.When, f.Personal, f.Held = "a.married", true, "marriage.spouse_name"
				}),
				text("spouse_number", "配偶身份证号", "Number of the spouse", func(f *contract.Field) {
					f.Kind, f.When, f.Personal, f.Held = form.KindResidentID, "a.married", true, "marriage.spouse_number"
				})),
			own,
			page("declaration", text("declared", "属实", "True", func(f *contract.Field) { f.Kind = form.KindDeclaration })),
		}},
		Materials: []contract.MaterialSpec{
			paper("proof", func(m *contract.MaterialSpec) {
				m.Statement, m.CounterToo, m.OwedDays, m.ReuseDays, m.Element = both("情况属实。", "It is true."), true, 5, 100, "proof"
			}),
			paper("photo", func(m *contract.MaterialSpec) { m.Required = false }),
			paper("marriage", func(m *contract.MaterialSpec) { m.When, m.Held = "a.married", "marriage.certificate" }),
			paper("shop", func(m *contract.MaterialSpec) { m.Required, m.Licence = false, []string{"11100000000013338W032"} }),
			paper("spouse_card", func(m *contract.MaterialSpec) { m.When, m.Signer, m.Required = "a.married", "spouse", false }),
		},
		Signers: []contract.SignerSpec{{
			ID: "spouse", Name: both("配偶", "The spouse"), When: "a.married", NameField: "spouse_name", NumberField: "spouse_number",
			Text: both("我同意登记。", "I agree."),
		}},
		Commitment: &contract.CommitmentSpec{
			Content: []contract.Text{both("材料属实", "The papers are true")}, Liability: []contract.Text{both("不实的撤销", "Revoked if not")},
			Materials: []string{"proof"}, VerifyDays: 20,
		},
		Rules: contract.Rules{Instant: "!a.married"},
	}
}
