package casework

import (
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/mask"
)

// ListName is how lists and public answers name an applicant: companies are
// public, persons are masked.
func ListName(p contract.Party) string {
	if p.Kind == "company" {
		return p.Name
	}
	return mask.Name(p.Name)
}

// hide masks a personal value by the kind of its field.
func hide(kind, value string) string {
	switch kind {
	case "phone":
		return mask.Phone(value)
	case "resident_id":
		return mask.Number(value)
	case "email":
		return mask.Email(value)
	case "address":
		return mask.Address(value)
	case "date":
		return mask.Year(value)
	}
	return mask.Name(value)
}
