package casework

import (
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/statute"
)

// What a dry run says of a case, in both languages: lists, files, the terminal and
// other programs read the same words.

func said(code, zh, en string) MoveNote {
	return MoveNote{Code: code, Text: contract.Text{ZH: zh, EN: en}}
}

func noteKind() MoveNote {
	return said("kind", "新版本一个是一件事、一个不是，办件不能改变性质。", "One version is a bundle and the other is not; a case cannot become the other kind.")
}

func noteSilent() MoveNote {
	return said("silent", "受理期限已过，依法视为受理；先由系统登记，再重新试算。",
		"The time for acceptance is over and silence has accepted it; once that is recorded, plan again.")
}

func noteState(name statute.Text, p *statute.Procedure) MoveNote {
	return said("state", fmt.Sprintf("新版程序（第 %d 版）没有“%s”这一状态。", p.Version, name.ZH),
		fmt.Sprintf("Edition %d of the procedure has no state “%s”.", p.Version, name.EN))
}

func noteMeaning(name statute.Text, p *statute.Procedure) MoveNote {
	return said("meaning", fmt.Sprintf("“%s”在新版程序（第 %d 版）中的期限或结果含义不同。", name.ZH, p.Version),
		fmt.Sprintf("“%s” has another clock or another meaning in edition %d of the procedure.", name.EN, p.Version))
}

func noteLater(k statute.ClockKind, told, now statute.Clock) MoveNote {
	return said("later", fmt.Sprintf("%s会比已告知申请人的更长（承诺 %d 日改为 %d 日，法定 %d 日改为 %d 日，可延长 %d 日改为 %d 日），不得不利于申请人。",
		clockName(k).ZH, told.Promised, now.Promised, told.Statutory, now.Statutory, told.Extension, now.Extension),
		fmt.Sprintf("%s would be longer than the applicant was told (promised %d, now %d working days; by law %d, now %d; extension %d, now %d): never to their disadvantage.",
			clockName(k).EN, told.Promised, now.Promised, told.Statutory, now.Statutory, told.Extension, now.Extension))
}

func noteAtOnce(k statute.ClockKind, now statute.Clock) MoveNote {
	return said("at_once", fmt.Sprintf("%s缩短为 %d 日（法定 %d 日）后当即超期。", clockName(k).ZH, now.Promised, now.Statutory),
		fmt.Sprintf("%s of %d working days (by law %d) would be over at once: the agency would be late by the move alone.", clockName(k).EN, now.Promised, now.Statutory))
}

func noteShorter(k statute.ClockKind, now statute.Clock) MoveNote {
	return said("shorter", fmt.Sprintf("%s开始后按新版本计算：承诺 %d 日。", clockName(k).ZH, now.Promised),
		fmt.Sprintf("%s, when it begins, will be %d working days.", clockName(k).EN, now.Promised))
}

func noteDue(k statute.ClockKind, from, to day.Date) MoveNote {
	if from == to {
		return said("limits", fmt.Sprintf("%s按新版本计算，承诺日期 %s 不变。", clockName(k).ZH, to),
			fmt.Sprintf("%s follows the new version; the promised day stays %s.", clockName(k).EN, to))
	}
	return said("earlier", fmt.Sprintf("%s的承诺日期由 %s 提前到 %s。", clockName(k).ZH, from, to),
		fmt.Sprintf("%s: the promised day comes earlier, %s instead of %s.", clockName(k).EN, to, from))
}

func noteSpecial(what contract.Text) MoveNote {
	return said("special", fmt.Sprintf("正在进行的“%s”在新版本中不再是可以启动的特别程序；结束后再迁移。", what.ZH),
		fmt.Sprintf("“%s” goes on, and the new version does not have it among its special procedures; move the case when it has ended.", what.EN))
}

func noteResume() MoveNote {
	return said("resume", "特别程序正在进行，新版程序无法从这一状态恢复计时。", "A special procedure goes on, and the new edition could not let the clock run again.")
}

func noteReleased(u Unit) MoveNote {
	return said("released", fmt.Sprintf("不再征求%s的意见，未办的任务收回。", u.AgencyName.ZH),
		fmt.Sprintf("%s is no longer asked; its open task is recalled.", u.AgencyName.EN))
}

func noteKeptOpinion(u Unit) MoveNote {
	return said("kept", fmt.Sprintf("%s的意见留在记录中，新版本不再需要。", u.AgencyName.ZH),
		fmt.Sprintf("The opinion of %s stays on the record; the new version does not need it.", u.AgencyName.EN))
}

func noteObjectionGone(u Unit) MoveNote {
	return said("objection", fmt.Sprintf("%s提出了异议，迁移后会失去效力；先就异议作出处理。", u.AgencyName.ZH),
		fmt.Sprintf("%s objected, and a move must not do away with an objection; settle it first.", u.AgencyName.EN))
}

func noteObjectionTurns(u Unit) MoveNote {
	return said("objection_turns", fmt.Sprintf("%s的异议在新版本中的效力不同；意见须按征求时的规则理解。", u.AgencyName.ZH),
		fmt.Sprintf("The objection of %s would count otherwise than when it was made.", u.AgencyName.EN))
}

func noteCounts(u Unit) MoveNote {
	return said("counts", fmt.Sprintf("%s的意见在新版本中有效。", u.AgencyName.ZH), fmt.Sprintf("The opinion of %s counts.", u.AgencyName.EN))
}

func noteWaits(u Unit) MoveNote {
	if u.State == UnitRecalled {
		return said("waits", fmt.Sprintf("仍须%s的意见，任务已收回，待重新发送。", u.AgencyName.ZH),
			fmt.Sprintf("The opinion of %s is still needed; its task was recalled and is to be sent again.", u.AgencyName.EN))
	}
	return said("waits", fmt.Sprintf("仍等待%s的意见，截止 %s。", u.AgencyName.ZH, u.Due), fmt.Sprintf("%s is still waited for, until %s.", u.AgencyName.EN, u.Due))
}

func noteTerms(u Unit) MoveNote {
	yes := func(ok bool) (zh, en string) {
		if ok {
			return "是", "yes"
		}
		return "否", "no"
	}
	rz, re := yes(u.Required)
	bz, be := yes(u.Blocking)
	return said("terms", fmt.Sprintf("%s的意见：必须取得 %s，异议可否决 %s。", u.AgencyName.ZH, rz, bz),
		fmt.Sprintf("Opinion of %s: needed %s, its objection rules a grant out %s.", u.AgencyName.EN, re, be))
}

func noteAsked(spec contract.Unit) MoveNote {
	must, mustEN := "", ""
	if spec.Required {
		must, mustEN = "，决定须等其意见", "; the decision waits for it"
	}
	return said("asked", fmt.Sprintf("迁移时征求意见：%s（%d 个工作日%s）。", spec.Task.ZH, spec.Days, must),
		fmt.Sprintf("Asked by the move: %s (%d working days%s).", spec.Task.EN, spec.Days, mustEN))
}

func noteUnitsLater() MoveNote {
	return said("units_later", "受理时按新版本征求意见。", "At acceptance the agencies of the new version are asked.")
}

func noteCondition(spec contract.Unit) MoveNote {
	return said("condition", fmt.Sprintf("是否须征求“%s”取决于申请时没有填写的内容。", spec.Task.ZH),
		fmt.Sprintf("Whether “%s” is asked depends on what the application does not say.", spec.Task.EN))
}

func noteNoOpinions() MoveNote {
	return said("no_opinions", "新版程序在这一状态不能接收其他部门的意见。", "In this state the new edition takes no opinions of other agencies.")
}

func noteNoSecond() MoveNote {
	return said("no_second", "新版本要求两名以上工作人员审查，但其程序没有复核环节。", "The new version asks for two officials, and its procedure has no countersigning.")
}

func noteSecond(first string) MoveNote {
	return said("second", fmt.Sprintf("已由%s审查，还须另一名工作人员复核。", first), fmt.Sprintf("%s has reviewed it; a second official must countersign.", first))
}

func noteTwo() MoveNote {
	return said("two", "须由两名工作人员审查。", "Two officials review it.")
}

func noteOne() MoveNote {
	return said("one", "一名工作人员审查即可。", "One official reviews it.")
}

// noteVisit says what is missing of a visit that the new version requires.
func noteVisit(missing contract.Text) MoveNote {
	if missing.ZH == "" {
		return said("visit", "新版本要求现场核查；这件办件的现场核查已经通过。", "The new version requires a site visit; that of this case was passed.")
	}
	return said("visit", "新版本要求现场核查："+missing.ZH+"；准予之前须先核查通过。",
		"The new version requires a site visit: "+missing.EN+"; nothing is granted before it is passed.")
}

// noteHearing says what is missing of a hearing that the new version asks for.
func noteHearing(missing worded) MoveNote {
	if len(missing) == 0 {
		return said("hearing", "新版本要求听证；这件办件已经听证，或者已经依法告知听证权利。", "The new version asks for a hearing; this case had it, or its parties had their right to it.")
	}
	return said("hearing", "新版本要求听证："+missing.In("zh-CN")+"；在此之前不能作出决定。",
		"The new version asks for a hearing: "+missing.In("en")+"; nothing is decided before that.")
}

func noteHearingUnknown() MoveNote {
	return said("condition", "是否须听证取决于申请时没有填写的内容。", "Whether a hearing is needed depends on what the application does not say.")
}

func notePart() MoveNote {
	return said("part", "属于一件事，所属一件事的版本不变。", "It is part of a bundle, which stays as it is.")
}

func notePartGone(name contract.Text) MoveNote {
	return said("part_gone", fmt.Sprintf("新版本的一件事没有“%s”。", name.ZH), fmt.Sprintf("The bundle's new version has no part “%s”.", name.EN))
}

func notePartMoved(name contract.Text, version int) MoveNote {
	return said("part_moved", fmt.Sprintf("“%s”已按第 %d 版办理。", name.ZH, version), fmt.Sprintf("“%s” is handled by version %d already.", name.EN, version))
}

func noteBundleJoins() MoveNote {
	return said("bundle_joins", "各事项的进度已满足新版本的条件，迁移时一件事随即推进。", "What its parts came to is enough in the new version: the bundle goes on with the move.")
}

func noteAgency(name contract.Text) MoveNote {
	return said("agency", fmt.Sprintf("新版本由其他部门办理；本件仍由%s办完。", name.ZH), fmt.Sprintf("The new version is another agency's; this case stays with %s.", name.EN))
}

func noteJoins() MoveNote {
	return said("joins", "不再等待任何意见，迁移时随即转入决定。", "No opinion is waited for any more: it goes on to the decision with the move.")
}

func noteGoesOn(name statute.Text) MoveNote {
	return said("goes_on", fmt.Sprintf("迁移时随即进行“%s”。", name.ZH), fmt.Sprintf("“%s” follows with the move.", name.EN))
}

// clockName is what a limit is called.
func clockName(k statute.ClockKind) contract.Text {
	switch k {
	case statute.Acceptance:
		return contract.Text{ZH: "受理期限", EN: "The time for acceptance"}
	case statute.Delivery:
		return contract.Text{ZH: "送达期限", EN: "The time for delivery"}
	case statute.Forwarding, statute.Decision, statute.Correction, statute.Verification, statute.Rectification:
	}
	return contract.Text{ZH: "决定期限", EN: "The time for the decision"}
}
