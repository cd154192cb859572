//! The forms by which the organiser fixes what interviews are drawn from.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::access::Actor;
use crate::ceremony::Gate;
use crate::ceremony::rules::{Examiner, Need, PanelPool};
use crate::http::{Answer, NoFields, PageForm, see_other};
use crate::kernel::{Fault, Id, Problem};
use crate::marking::service;
use crate::store::Store;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/draws/{id}/pool/interviews", web::post().to(interviews))
        .route("/draws/{id}/pool/panels", web::post().to(panels));
}

async fn interviews(
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(NoFields {}): PageForm<NoFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::fix_interviews(tx, &actor, &gate, id))
        .await?;
    Ok(see_other(&format!("/draws/{id}?done=pool-fixed")))
}

#[derive(Deserialize)]
struct PanelFields {
    panels: usize,
    needs: String,
    examiners: String,
}

async fn panels(
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(fields): PageForm<PanelFields>,
) -> Answer<HttpResponse> {
    let (id, pool) = (id.into_inner(), fields.pool()?);
    store
        .write(move |tx| service::fix_panels(tx, &actor, &gate, id, &pool))
        .await?;
    Ok(see_other(&format!("/draws/{id}?done=pool-fixed")))
}

impl PanelFields {
    /// Every line that is not understood is named.
    fn pool(&self) -> Result<PanelPool, Problem> {
        let (mut faults, mut needs, mut examiners) = (Vec::new(), Vec::new(), Vec::new());
        for (row, line) in lines(&self.needs) {
            match need(&line) {
                Some(need) => needs.push(need),
                None => faults.push(Fault::new("needs", "line-unreadable").with("row", row)),
            }
        }
        for (row, line) in lines(&self.examiners) {
            match examiner(&line) {
                Some(examiner) => examiners.push(examiner),
                None => faults.push(Fault::new("examiners", "line-unreadable").with("row", row)),
            }
        }
        Problem::unless_valid(faults)?;
        Ok(PanelPool {
            panels: self.panels,
            needs,
            examiners,
        })
    }
}

/// The lines on which something stands, numbered from one, with commas of both kinds alike.
fn lines(text: &str) -> impl Iterator<Item = (usize, String)> {
    let lines = (1..).zip(text.lines());
    let lines = lines.map(|(row, line)| (row, line.trim().replace('，', ",")));
    lines.filter(|(_, line)| !line.is_empty())
}

/// `chief, 1`
fn need(line: &str) -> Option<Need> {
    let (stratum, count) = line.split_once(',')?;
    Some(Need {
        stratum: stratum.trim().to_owned(),
        count: count.trim().parse().ok()?,
    })
}

/// `chief, 王某, 某市人社局`
fn examiner(line: &str) -> Option<Examiner> {
    let parts: Vec<&str> = line.split(',').map(str::trim).collect();
    let [stratum, name, unit] = parts[..] else {
        return None;
    };
    Some(Examiner {
        stratum: stratum.to_owned(),
        name: name.to_owned(),
        unit: unit.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_kinds_of_commas_are_read_and_others_are_named_by_their_row() {
        let fields = |needs: &str, examiners: &str| PanelFields {
            panels: 1,
            needs: needs.to_owned(),
            examiners: examiners.to_owned(),
        };
        let pool = fields("chief, 1\n\n外地，2", "chief，王某，某局\n")
            .pool()
            .unwrap();
        assert_eq!(
            (pool.needs[1].stratum.as_str(), pool.needs[1].count),
            ("外地", 2)
        );
        assert_eq!(
            (
                pool.examiners[0].name.as_str(),
                pool.examiners[0].unit.as_str()
            ),
            ("王某", "某局")
        );
        let refused = fields("chief", "\nonly a name").pool().unwrap_err();
        let places: Vec<_> = refused
            .faults
            .iter()
            .map(|fault| fault.place.as_str())
            .collect();
        assert_eq!(places, ["needs", "examiners"]);
    }
}
