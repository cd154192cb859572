//! The posts of one examination, for those who plan them.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::announcement::PostLine;
use crate::access::{Actor, Role};
use crate::establishment::rules::{Education, HeadcountKind, Requirements, takes_headcount};
use crate::establishment::service::{self, NewPost, OrganisationView};
use crate::http::{Answer, Page, PageForm, html, see_other};
use crate::kernel::Id;
use crate::regulation::Phase;
use crate::regulation::service::{self as regulation, Examination};
use crate::store::Store;

#[derive(Template)]
#[template(path = "establishment/templates/posts.html")]
struct PostsPage {
    posts: Vec<PostLine>,
    organisations: Vec<OrganisationView>,
    kinds: &'static [HeadcountKind],
    levels: &'static [Education],
    takes_headcount: bool,
    may_change: bool,
    examination: Examination,
    page: Page,
}

/// `/manage/examinations/{id}/posts`
pub(super) async fn list(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    actor.acting_as(regulation::STAFF)?;
    let id = id.into_inner();
    let (examination, posts, organisations) = store
        .read(move |view| {
            let examination = regulation::load(view, id)?;
            let organisations = service::organisations(view, None, 500)?;
            Ok((examination, service::posts(view, id)?, organisations))
        })
        .await?;
    let plans = actor.acting_as(&[Role::Hr, Role::Organiser]).is_ok();
    html(&PostsPage {
        posts: posts
            .into_iter()
            .map(|post| PostLine::new(&page, post))
            .collect(),
        organisations,
        kinds: &HeadcountKind::ALL,
        levels: &Education::ALL,
        takes_headcount: takes_headcount(examination.track),
        may_change: plans && examination.phase == Phase::Draft,
        examination,
        page,
    })
}

/// The form of a new post. Lists are written one entry a line.
#[derive(Deserialize)]
pub(super) struct NewPostFields {
    organisation: Id,
    code: String,
    title_zh: String,
    #[serde(default)]
    title_en: String,
    headcount_kind: HeadcountKind,
    quota: i32,
    education: Education,
    #[serde(default)]
    degree: bool,
    #[serde(default)]
    majors: String,
    #[serde(default)]
    certificates: String,
    age_min: Option<i16>,
    age_max: Option<i16>,
    years_min: Option<i16>,
    category: Option<String>,
}

/// The entries of a list: one a line, or between commas.
fn entries(text: &str) -> Vec<String> {
    let parts = text.split(['\n', ',', '，', '、', ';', '；']);
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

impl From<NewPostFields> for NewPost {
    fn from(form: NewPostFields) -> Self {
        let category = form.category.map(|code| code.trim().to_owned());
        Self {
            organisation: form.organisation,
            code: form.code,
            title_zh: form.title_zh,
            title_en: form.title_en,
            headcount_kind: form.headcount_kind,
            quota: form.quota,
            requirements: Requirements {
                education: form.education,
                degree: form.degree,
                majors: entries(&form.majors),
                age_min: form.age_min,
                age_max: form.age_max,
                years_min: form.years_min.unwrap_or_default(),
                certificates: entries(&form.certificates),
                category: category.filter(|code| !code.is_empty()),
            },
        }
    }
}

pub(super) async fn add(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(form): PageForm<NewPostFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let new = NewPost::from(form);
    store
        .write(move |tx| service::add_post(tx, &actor, id, &new))
        .await?;
    Ok(see_other(&format!(
        "/manage/examinations/{id}/posts?done=post-added"
    )))
}

#[derive(Deserialize)]
pub(super) struct Removal {}

pub(super) async fn remove(
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, Id)>,
    PageForm(Removal {}): PageForm<Removal>,
) -> Answer<HttpResponse> {
    let (examination, post) = path.into_inner();
    store
        .write(move |tx| service::remove_post(tx, &actor, post))
        .await?;
    Ok(see_other(&format!(
        "/manage/examinations/{examination}/posts?done=post-removed"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_by_line_or_comma_in_either_script() {
        assert_eq!(
            entries("法学、会计学\r\n 统计学 ,\n"),
            ["法学", "会计学", "统计学"]
        );
        assert_eq!(entries("  "), [""; 0]);
    }
}
