//! The rules of one examination in words, in either language.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::access::Actor;
use crate::http::{Answer, Page, html};
use crate::kernel::{Id, Problem, Rounding, Score, Weight};
use crate::regulation::service::{self, Examination};
use crate::regulation::{
    Bilingual, Bonus, Comparator, Component, ComponentKind, ComponentRole, FULL_MARKS, Profile,
    Threshold, VoteBase, VoteRule,
};
use crate::store::Store;

/// A heading and the sentences under it.
struct Part {
    heading: String,
    sentences: Vec<String>,
}

/// A component as a row of the table.
struct Row {
    title: String,
    kind: String,
    max: String,
    weight: String,
    pass: String,
}

#[derive(Template)]
#[template(path = "regulation/templates/rules.html")]
struct RulesPage {
    disclosures: Vec<Part>,
    rows: Vec<Row>,
    formulas: Vec<String>,
    ties: Vec<String>,
    parts: Vec<Part>,
    hash: String,
    frozen: bool,
    examination: Examination,
    page: Page,
}

/// `/examinations/{id}/rules`
pub(super) async fn show(
    page: Page,
    store: web::Data<Store>,
    actor: Option<Actor>,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let examination = store
        .read(move |view| service::visible(view, actor.as_ref(), id))
        .await?;
    let words = Words {
        page: &page,
        rules: &examination.profile,
    };
    let (disclosures, rows, formulas) = (words.disclosures(), words.rows()?, words.formulas()?);
    let (ties, parts) = (words.ties(), words.parts()?);
    let hash = hex::encode(examination.profile.hash()?);
    html(&RulesPage {
        disclosures,
        rows,
        formulas,
        ties,
        parts,
        hash,
        frozen: examination.profile_hash.is_some(),
        examination,
        page,
    })
}

/// A share as a percentage, exactly.
fn percent(share: Weight) -> Result<String, Problem> {
    let hundred = Score::weighted_sum(&[(share, FULL_MARKS)], 2, Rounding::None);
    Ok(format!("{}%", hundred.map_err(Problem::internal)?))
}

/// Puts the rules into the words of one language.
struct Words<'a> {
    page: &'a Page,
    rules: &'a Profile,
}

impl Words<'_> {
    fn t(&self, key: &str) -> String {
        self.page.t(key)
    }

    fn pick(&self, text: &Bilingual) -> String {
        self.page.pick(&text.zh, &text.en).to_owned()
    }

    /// Words of the catalogue, joined as a list.
    fn list<'w>(&self, prefix: &str, words: impl Iterator<Item = &'w str>) -> String {
        let words: Vec<_> = words.map(|word| self.page.word(prefix, word)).collect();
        words.join(&self.t("list-comma"))
    }

    fn disclosures(&self) -> Vec<Part> {
        let six = &self.rules.disclosures;
        let one = |text: &Bilingual| vec![self.pick(text)];
        [
            ("disclosure-authority", one(&six.authority)),
            (
                "disclosure-legal-basis",
                six.legal_basis.iter().map(|law| self.pick(law)).collect(),
            ),
            ("disclosure-procedure", one(&six.procedure)),
            ("disclosure-standards", one(&six.standards)),
            ("disclosure-results", one(&six.results)),
            ("disclosure-discipline", one(&six.discipline)),
        ]
        .map(|(key, sentences)| Part {
            heading: self.t(key),
            sentences,
        })
        .into()
    }

    fn rows(&self) -> Result<Vec<Row>, Problem> {
        self.rules.components.iter().map(|c| self.row(c)).collect()
    }

    fn row(&self, component: &Component) -> Result<Row, Problem> {
        let vote = component.vote.as_ref();
        let floor = component.floor.as_ref();
        let pass = vote
            .map(|vote| self.vote(vote))
            .or_else(|| floor.map(|floor| self.page.t1("rules-floor", "floor", floor)));
        Ok(Row {
            title: self.pick(&component.title),
            kind: self.page.word("component-kind", component.kind.as_str()),
            max: match component.kind {
                ComponentKind::Vote => self.t("rules-vote-mark"),
                _ => component.max.to_string(),
            },
            weight: match component.role {
                ComponentRole::Gate => self.t("component-role-gate"),
                ComponentRole::Score => percent(component.weight)?,
            },
            pass: pass.unwrap_or_else(|| self.t("rules-no-floor")),
        })
    }

    /// When a vote passes, in one sentence.
    fn vote(&self, vote: &VoteRule) -> String {
        let of = match vote.of {
            VoteBase::Attending => self.t("vote-of-attending"),
            VoteBase::Members => self.t("vote-of-members"),
        };
        let key = match vote.threshold {
            Threshold::AtLeast => "vote-at-least",
            Threshold::MoreThan => "vote-more-than",
        };
        let passes = self.page.t2(key, "of", of, "share", vote.pass);
        let quorum = vote
            .quorum
            .map(|share| self.page.t1("vote-quorum", "share", share));
        passes + &quorum.unwrap_or_default()
    }

    /// `title × 30%`, first brought to a scale of one hundred where its maximum is another.
    fn addend(&self, component: &Component) -> Result<String, Problem> {
        let title = self.pick(&component.title);
        let weight = percent(component.weight)?;
        Ok(if component.max == FULL_MARKS {
            format!("{title} × {weight}")
        } else {
            format!("{title} × 100 ÷ {} × {weight}", component.max)
        })
    }

    /// The scoring components, the written ones or the others.
    fn scores(&self, written: bool) -> impl Iterator<Item = &Component> {
        let scores = |c: &&Component| c.role == ComponentRole::Score;
        let all = self.rules.components.iter().filter(scores);
        all.filter(move |c| (c.kind == ComponentKind::Written) == written)
    }

    /// How the written composite and the composite are computed.
    fn formulas(&self) -> Result<Vec<String>, Problem> {
        let mut written: Vec<String> = self
            .scores(true)
            .map(|c| self.addend(c))
            .collect::<Result<_, _>>()?;
        let bonus = self.t("rules-bonus");
        match self.rules.written.bonus {
            Bonus::None => {}
            Bonus::AfterWeight => written.push(bonus),
            Bonus::BeforeWeight => {
                let weight = percent(self.scores(true).map(|c| c.weight).sum())?;
                written.push(format!("{bonus} × {weight}"));
            }
        }
        let others = self.scores(false).map(|c| self.addend(c));
        let mut whole = vec![self.t("rules-written-composite")];
        whole.extend(others.collect::<Result<Vec<_>, _>>()?);
        Ok(vec![
            format!(
                "{} = {}",
                self.t("rules-written-composite"),
                written.join(" + ")
            ),
            format!("{} = {}", self.t("rules-total"), whole.join(" + ")),
        ])
    }

    fn rounding(&self, places: u8, rounding: Rounding) -> String {
        let key = match rounding {
            Rounding::HalfUp => "rounding-half-up",
            Rounding::Truncate => "rounding-truncate",
            Rounding::None => return self.t("rounding-none"),
        };
        self.page.t1(key, "places", places)
    }

    fn ties(&self) -> Vec<String> {
        let tie = |comparator: &Comparator| match comparator {
            Comparator::Total => self.t("tie-total"),
            Comparator::Written => self.t("tie-written"),
            Comparator::Component(code) => {
                let component = self.rules.component(code);
                let title = component.map_or_else(|| code.clone(), |c| self.pick(&c.title));
                self.page.t1("tie-component", "component", title)
            }
            Comparator::Category(code) => {
                let word = self.page.word_or_code("belongs", code);
                self.page.t1("tie-category", "category", word)
            }
            Comparator::ExtraTest => self.t("tie-extra-test"),
            Comparator::AdmitAll => self.t("tie-admit-all"),
        };
        self.rules.ties.iter().map(tie).collect()
    }

    /// The other parts of the rules; a part that the track does not have is left out.
    fn parts(&self) -> Result<Vec<Part>, Problem> {
        let parts = [
            ("rules-rounding", self.composites()),
            ("rules-registration", self.registration()),
            ("rules-competition", self.competition()),
            ("rules-shortlist", self.shortlist()),
            ("rules-marking", self.marking()?),
            ("rules-interview", self.interview()),
            ("rules-queries", self.queries()),
            ("rules-after", self.after()),
            ("rules-publicity", self.publicity()),
        ];
        let filled = parts.into_iter().filter(|(_, lines)| !lines.is_empty());
        Ok(filled
            .map(|(key, sentences)| Part {
                heading: self.t(key),
                sentences,
            })
            .collect())
    }

    fn composites(&self) -> Vec<String> {
        let (written, composite) = (self.rules.written, self.rules.composite);
        let rounding = self.rounding(written.places, written.rounding);
        let line = |floor| self.page.t1("rules-written-floor", "floor", floor);
        let scaled = self.rules.components.iter().any(|c| c.max != FULL_MARKS);
        let mut lines = vec![
            self.page.t1("rules-written-rounding", "rounding", rounding),
            self.page.t1(
                "rules-composite-rounding",
                "rounding",
                self.rounding(composite.places, composite.rounding),
            ),
        ];
        lines.extend(scaled.then(|| self.t("rules-scaled")));
        lines.extend(written.floor.map(line));
        lines
    }

    fn registration(&self) -> Vec<String> {
        let rules = &self.rules.registration;
        let mut lines = vec![
            self.page
                .t1("rules-posts-each", "posts", rules.posts_per_candidate),
            self.page
                .word("rules-change-post", rules.change_post.as_str()),
            self.page.word("rules-withdraw", rules.withdraw.as_str()),
            self.page.t1("rules-review-days", "days", rules.review_days),
        ];
        lines.extend(
            rules
                .age_min
                .map(|age| self.page.t1("rules-age-min", "age", age)),
        );
        lines.extend(
            rules
                .age_max
                .map(|age| self.page.t1("rules-age-max", "age", age)),
        );
        lines.extend(rules.fee.map(|fee| {
            let (written, interview) = (fee.written_per_subject, fee.interview);
            self.page
                .t2("rules-fee", "written", written, "interview", interview)
        }));
        lines
    }

    fn competition(&self) -> Vec<String> {
        let Some(least) = &self.rules.min_applicants else {
            return Vec::new();
        };
        let basis = self.page.word("rules-basis", least.basis.as_str());
        let acts = self.list("shortfall", least.on_fail.iter().map(|act| act.as_str()));
        vec![
            self.page
                .t2("rules-least", "ratio", least.ratio, "basis", basis),
            self.page.t1("rules-on-fail", "acts", acts),
        ]
    }

    fn shortlist(&self) -> Vec<String> {
        let Some(shortlist) = self.rules.shortlist else {
            return Vec::new();
        };
        vec![
            self.page
                .t1("rules-shortlist-ratio", "ratio", shortlist.ratio),
            self.page.word("tie-at-cut", shortlist.tie_at_cut.as_str()),
        ]
    }

    fn marking(&self) -> Result<Vec<String>, Problem> {
        let rules = &self.rules.marking;
        let tolerance = percent(rules.tolerance)?;
        let mut lines = vec![
            self.t("rules-objective"),
            self.page.word("rules-multiple", rules.multiple.as_str()),
            self.page.t1("rules-markers", "markers", rules.markers),
            self.page.t1("rules-tolerance", "tolerance", tolerance),
            self.page.word("resolution", rules.resolution.as_str()),
            self.rounding(rules.places, rules.rounding),
        ];
        if rules.spot_check > Weight::default() {
            let share = percent(rules.spot_check)?;
            lines.push(self.page.t1("rules-spot-check", "share", share));
        }
        if rules.self_remark > Weight::default() {
            let share = percent(rules.self_remark)?;
            lines.push(self.page.t1("rules-self-remark", "share", share));
        }
        Ok(lines)
    }

    fn interview(&self) -> Vec<String> {
        let Some(rules) = self.rules.interview else {
            return Vec::new();
        };
        let (high, low) = (rules.trim_high, rules.trim_low);
        let mut lines = vec![
            self.page.t1("rules-panel", "panel", rules.panel),
            self.page.t2("rules-trim", "high", high, "low", low),
            self.rounding(rules.places, rules.rounding),
        ];
        let vote = rules.uncontested_vote.map(|vote| self.vote(&vote));
        lines.extend(vote.map(|vote| self.page.t1("rules-uncontested", "vote", vote)));
        lines
    }

    fn queries(&self) -> Vec<String> {
        let recheck = self.rules.recheck_score.iter().flat_map(|rules| {
            let scope = self.list("recheck", rules.scope.iter().map(|scope| scope.as_str()));
            let (ask, answer) = (rules.window_days, rules.answer_workdays);
            [
                self.page.t1("rules-recheck-scope", "scope", scope),
                self.page
                    .t2("rules-recheck-days", "ask", ask, "answer", answer),
            ]
        });
        let resit = self.rules.resit.iter().map(|rules| {
            let (times, months) = (rules.times, rules.within_months);
            self.page
                .t2("rules-resit", "times", times, "months", months)
        });
        let appeals = self.rules.appeals.iter().map(|rules| {
            let (ask, answer) = (rules.review_request_days, rules.review_answer_days);
            self.page.t2("rules-appeals", "ask", ask, "answer", answer)
        });
        recheck.chain(resit).chain(appeals).collect()
    }

    fn after(&self) -> Vec<String> {
        let medical = self.rules.medical.map(|rules| {
            let (ratio, days) = (rules.ratio, rules.recheck_request_days);
            self.page.t2("rules-medical", "ratio", ratio, "days", days)
        });
        let inspection = self.rules.inspection.map(|rules| {
            let (ratio, team) = (rules.ratio, rules.team_min);
            self.page
                .t2("rules-inspection", "ratio", ratio, "team", team)
        });
        let meeting = self.rules.meeting.map(|vote| {
            let vote = self.vote(&vote);
            self.page.t1("rules-meeting", "vote", vote)
        });
        let substitution = self.rules.substitution.as_ref().map(|rules| {
            let order = self.page.word("rules-substitution", rules.order.as_str());
            let approver = self.pick(&rules.approver);
            self.page
                .t2("rules-substitutes", "order", order, "approver", approver)
        });
        let committee = self.rules.committee.map(|rules| {
            let (series, specialty) = (rules.series_min, rules.specialty_min);
            self.page
                .t2("rules-committee", "series", series, "specialty", specialty)
        });
        let all = [medical, inspection, meeting, substitution, committee];
        all.into_iter().flatten().collect()
    }

    fn publicity(&self) -> Vec<String> {
        let approval = &self.rules.approval;
        let authority = self.pick(&approval.by);
        let act = match approval.kind {
            crate::regulation::ApprovalKind::Approval => "rules-approved-by",
            crate::regulation::ApprovalKind::Record => "rules-recorded-by",
        };
        let months = self.rules.probation_months;
        let contract = self.rules.contract_years_min;
        let certificate = self.rules.certificate;
        let mut lines = vec![
            self.page.t1(
                "rules-publicity-days",
                "days",
                self.rules.publicity.workdays,
            ),
            self.page
                .word("rules-openness", self.rules.openness.marks.as_str()),
            self.page.t1(act, "authority", authority),
        ];
        lines.extend(months.map(|months| self.page.t1("rules-probation", "months", months)));
        lines.extend(contract.map(|years| self.page.t1("rules-contract", "years", years)));
        let valid = |rules: crate::regulation::Certificate| {
            self.page
                .t1("rules-certificate", "years", rules.valid_years)
        };
        lines.extend(certificate.map(valid));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Lang;
    use crate::regulation::Track;

    fn in_words<T>(track: Track, lang: Lang, read: impl FnOnce(&Words<'_>) -> T) -> T {
        let request = actix_web::test::TestRequest::default()
            .insert_header(("accept-language", lang.tag()))
            .to_http_request();
        let (page, rules) = (Page::of(&request), Profile::shipped(track).unwrap());
        read(&Words {
            page: &page,
            rules: &rules,
        })
    }

    #[test]
    fn formulas_read_like_those_of_the_announcements() {
        let formulas = in_words(Track::CivilService, Lang::Zh, |words| words.formulas());
        assert_eq!(
            formulas.unwrap(),
            [
                "笔试折合成绩 = 行政职业能力测验 × 30% + 申论 × 30% + 加分",
                "总成绩 = 笔试折合成绩 + 面试 × 40%"
            ]
        );
        let formulas = in_words(Track::Institution, Lang::En, |words| words.formulas());
        assert_eq!(
            formulas.unwrap()[0],
            "Written composite = Comprehensive knowledge × 50% + Bonus × 50%"
        );
    }

    /// Every rule of every track has its words in both languages.
    #[test]
    fn no_rule_is_without_words() {
        for track in Track::ALL {
            for lang in [Lang::Zh, Lang::En] {
                let texts = in_words(*track, lang, |words| {
                    let parts = words
                        .disclosures()
                        .into_iter()
                        .chain(words.parts().unwrap());
                    let rows = words.rows().unwrap().into_iter();
                    let rows = rows.flat_map(|r| [r.title, r.kind, r.max, r.weight, r.pass]);
                    parts
                        .flat_map(|part| [vec![part.heading], part.sentences].concat())
                        .chain(rows)
                        .chain(words.ties())
                        .collect::<Vec<_>>()
                });
                let missing: Vec<_> = texts.iter().filter(|text| text.contains('‹')).collect();
                assert!(missing.is_empty(), "{track} {lang:?}: {missing:?}");
            }
        }
    }
}
