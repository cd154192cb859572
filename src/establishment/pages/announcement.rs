//! The announcement (公告) of one examination, as everybody sees it.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::access::Actor;
use crate::establishment::rules::{Education, Requirements};
use crate::establishment::service::{self, PostView};
use crate::http::{Answer, Page, html};
use crate::kernel::Id;
use crate::regulation::Phase;
use crate::regulation::pages::{Step, offer, offer_class, steps};
use crate::regulation::service::{self as regulation, Examination, Subject};
use crate::store::Store;

/// A post and what it asks for, in words.
pub(super) struct PostLine {
    pub post: PostView,
    pub requirements: Vec<String>,
}

impl PostLine {
    pub(super) fn new(page: &Page, post: PostView) -> Self {
        Self {
            requirements: in_words(page, &post.requirements),
            post,
        }
    }
}

#[derive(Template)]
#[template(path = "establishment/templates/announcement.html")]
struct AnnouncementPage {
    steps: Vec<Step>,
    offer: &'static str,
    sittings: Vec<Subject>,
    posts: Vec<PostLine>,
    places: i64,
    examination: Examination,
    page: Page,
}

impl AnnouncementPage {
    fn has_results(&self) -> bool {
        self.examination.phase >= Phase::WrittenPublished
    }
}

/// `/examinations/{id}`
pub(super) async fn show(
    page: Page,
    store: web::Data<Store>,
    actor: Option<Actor>,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let (examination, sittings, posts, now) = store
        .read(move |view| {
            let examination = regulation::visible(view, actor.as_ref(), id)?;
            let sittings = regulation::subjects(view, id)?;
            Ok((examination, sittings, service::posts(view, id)?, view.now))
        })
        .await?;
    html(&AnnouncementPage {
        steps: steps(examination.phase, examination.phase == Phase::Draft),
        offer: offer(&examination, now),
        sittings,
        places: posts.iter().map(|post| i64::from(post.quota)).sum(),
        posts: posts
            .into_iter()
            .map(|post| PostLine::new(&page, post))
            .collect(),
        examination,
        page,
    })
}

/// What a post asks of its applicants, one condition a sentence.
pub(super) fn in_words(page: &Page, asked: &Requirements) -> Vec<String> {
    let comma = page.t("list-comma");
    let listed = |key: &str, words: &[String]| {
        (!words.is_empty()).then(|| page.t1(key, "list", words.join(&comma)))
    };
    let education = (asked.education != Education::None)
        .then(|| page.word("at-least", asked.education.as_str()));
    let years = (asked.years_min > 0).then(|| page.t1("requires-years", "years", asked.years_min));
    let category = asked.category.as_ref();
    let words: Vec<_> = [
        education,
        asked.degree.then(|| page.t("requires-degree")),
        listed("requires-majors", &asked.majors),
        ages(page, asked),
        years,
        listed("requires-certificates", &asked.certificates),
        category.map(|code| {
            let word = page.word_or_code("belongs", code);
            page.t1("requires-category", "category", word)
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    if words.is_empty() {
        vec![page.t("requires-nothing")]
    } else {
        words
    }
}

fn ages(page: &Page, asked: &Requirements) -> Option<String> {
    match (asked.age_min, asked.age_max) {
        (Some(min), Some(max)) => Some(page.t2("requires-ages", "min", min, "max", max)),
        (Some(min), None) => Some(page.t1("requires-age-min", "min", min)),
        (None, Some(max)) => Some(page.t1("requires-age-max", "max", max)),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_says_in_words_what_it_asks_for() {
        let request = actix_web::test::TestRequest::default().to_http_request();
        let page = Page::of(&request);
        assert_eq!(in_words(&page, &Requirements::default()), ["无特别要求"]);
        let asked = Requirements {
            education: Education::Bachelor,
            degree: true,
            majors: vec!["法学".to_owned(), "会计学".to_owned()],
            age_max: Some(30),
            years_min: 2,
            ..Requirements::default()
        };
        assert_eq!(
            in_words(&page, &asked),
            [
                "大学本科及以上学历",
                "须取得学位",
                "专业：法学、会计学",
                "不超过 30 周岁",
                "2 年以上工作经历"
            ]
        );
    }
}
