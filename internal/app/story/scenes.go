package story

// scene is what happens to one case on the working day that is back days before today.
type scene struct {
	back  int
	of    string
	steps []step
}

const (
	hairdresser = "public-place-hygiene-new/scenarios/hairdresser.yaml"
	disability  = "disability-certificate/scenarios/person.yaml"
	birth       = "birth-registration/scenarios/parents.yaml"
	restaurant  = "open-restaurant/scenarios/restaurant.yaml"
	allowance   = "subsistence-allowance/scenarios/household.yaml"
	sign        = "shop-sign/scenarios/sign.yaml"
	filing      = "prepackaged-food-filing/scenarios/filing.yaml"
	nurse       = "nurse-registration-new/scenarios/usual.yaml"
	fire        = "fire-inspection/scenarios/place.yaml"
)

// scenes are the story: cases that ended and cases that wait, for the applicant, for an
// official, for a special procedure, for another agency, and one that nobody looked at.
func scenes() []scene {
	return []scene{
		{14, "the salon", []step{applies("lin", hairdresser)}},
		{13, "the salon", []step{acts("clerk", "accept", nil)}},
		{11, "the salon", []step{acts("reviewer1", "review", nil)}},
		{10, "the salon", []step{visits("reviewer1", "reviewer2", "林晓梅")}},
		{9, "the salon", []step{acts("reviewer2", "countersign", nil)}},
		{8, "the salon", []step{acts("approver", "approve", nil)}},
		{6, "the salon", []step{sends("lin", "/rating", more{"satisfaction": 1, "text": "一次办好，谢谢。"})}},

		{12, "the appraisal", []step{applies("zhou", disability)}},
		{11, "the appraisal", []step{acts("disabled", "accept", nil)}},
		{9, "the appraisal", []step{acts("disabled", "pause", more{"special": "appraisal", "days": 15, "reasons": []string{"到指定医院做残疾评定"}})}},

		{9, "the birth", []step{applies("chen", birth), signs("chen", "huang", "黄磊")}},

		{9, "the restaurant", []step{applies("he", restaurant)}},
		{8, "the restaurant", []step{within("he", "fire", acts("fire", "accept", nil))}},
		{7, "the restaurant", []step{within("he", "sign", acts("city", "accept", nil))}},

		{7, "the allowance", []step{applies("zhou", allowance), signs("zhou", "zhao", "赵志远")}},
		{6, "the allowance", []step{acts("civil", "accept", nil)}},
		{4, "the allowance", []step{sends("social", "/units/insurance", more{"opinion": "agree", "note": "参保情况与申报一致。"})}},

		{5, "the sign", []step{applies("he", sign)}},
		{4, "the sign", []step{acts("city", "correct", more{"marks": []more{{"kind": "field", "id": "height", "reason": "与效果图上标注的高度不一致，请改正。"}}})}},

		{4, "the filing", []step{applies("lin", filing)}},

		{4, "the branch", []step{applies("lin", hairdresser)}},
		{3, "the branch", []step{sends("lin", "/messages", more{"text": "请问现场核查大概在哪一天？", "thread": "applicant"})}},

		{3, "the nurse", []step{applies("sun", nurse)}},
		{2, "the nurse", []step{acts("clerk", "accept", nil)}},

		{2, "the mall", []step{applies("he", fire)}},
		{1, "the second salon", []step{applies("lin", hairdresser)}},
	}
}
