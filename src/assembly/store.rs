//! Queries on blueprints and papers.

use diesel::prelude::*;

use super::Seated;
use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::{
    application, assembly_report, draw, item, item_use, paper, paper_leak, recalled_paper, subject,
};
use crate::store::{AnyConn, Tx};

/// What a subject is drawn from.
#[derive(Queryable, Selectable)]
#[diesel(table_name = subject)]
pub(super) struct SetupRow {
    pub bank: String,
    /// Canonical JSON; empty until it is set.
    pub blueprint: String,
    pub seed_sealed: Option<Vec<u8>>,
    pub pool: Option<String>,
    pub papers_root: Option<Vec<u8>>,
    pub locked_at: Option<Instant>,
}

/// In how many papers of a subject an item is.
#[derive(Insertable)]
#[diesel(table_name = item_use)]
pub(super) struct UseRow {
    pub subject_id: Id,
    pub item_id: Id,
    pub version: i32,
    pub papers: i32,
}

#[derive(Insertable)]
#[diesel(table_name = paper)]
pub(super) struct PaperRow {
    pub id: Id,
    pub subject_id: Id,
    pub application_id: Id,
    pub content_sealed: Vec<u8>,
    pub hash: Vec<u8>,
    pub created_at: Instant,
}

pub(super) fn setup(db: &mut AnyConn, id: Id) -> Result<SetupRow, Problem> {
    let row = subject::table.find(id).select(SetupRow::as_select());
    Ok(row.first(db)?)
}

pub(super) fn set_blueprint(
    tx: &mut Tx<'_>,
    id: Id,
    bank: &str,
    blueprint: &str,
) -> Result<(), Problem> {
    diesel::update(subject::table.find(id))
        .set((subject::bank.eq(bank), subject::blueprint.eq(blueprint)))
        .execute(tx.db)?;
    Ok(())
}

/// Somebody with a ticket, and where they sit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ticket {
    pub number: String,
    pub application: Id,
    pub room: String,
    pub seat: i32,
}

impl Ticket {
    /// The seat, and who sits there.
    pub fn seated(&self) -> Seated<'_> {
        Seated {
            room: &self.room,
            seat: self.seat,
            code: &self.number,
        }
    }
}

/// Everybody with a ticket, by number in byte order.
pub(super) fn tickets(db: &mut AnyConn, examination: Id) -> Result<Vec<Ticket>, Problem> {
    type Row = (Option<String>, Id, Option<String>, Option<i32>);
    let rows: Vec<Row> = application::table
        .filter(application::examination_id.eq(examination))
        .filter(application::ticket_no.is_not_null())
        .select((
            application::ticket_no,
            application::id,
            application::room,
            application::seat,
        ))
        .load(db)?;
    let ticket = |(number, application, room, seat): Row| Ticket {
        number: number.unwrap_or_default(),
        application,
        room: room.unwrap_or_default(),
        seat: seat.unwrap_or_default(),
    };
    let mut tickets: Vec<Ticket> = rows.into_iter().map(ticket).collect();
    tickets.sort_by(|a, b| a.number.as_bytes().cmp(b.number.as_bytes()));
    Ok(tickets)
}

/// Banks that have approved items.
pub(super) fn banks(db: &mut AnyConn) -> Result<Vec<String>, Problem> {
    Ok(item::table
        .filter(item::state.eq("approved"))
        .select(item::bank)
        .distinct()
        .order(item::bank)
        .load(db)?)
}

/// The topics of a bank's items in use.
pub(super) fn topics(db: &mut AnyConn, bank: &str) -> Result<Vec<String>, Problem> {
    Ok(item::table
        .filter(item::bank.eq(bank))
        .filter(item::state.eq("approved"))
        .select(item::topic)
        .distinct()
        .load(db)?)
}

/// Inserts papers: on PostgreSQL a few hundred at a time, to spare the ways to the server. On
/// SQLite there are none to spare, and a batch would want a transaction of its own.
pub(super) fn insert_papers(tx: &mut Tx<'_>, rows: &[PaperRow]) -> Result<(), Problem> {
    match &mut *tx.db {
        AnyConn::Postgres(db) => {
            for part in rows.chunks(500) {
                diesel::insert_into(paper::table).values(part).execute(db)?;
            }
        }
        AnyConn::Sqlite(db) => {
            for row in rows {
                diesel::insert_into(paper::table).values(row).execute(db)?;
            }
        }
    }
    Ok(())
}

pub(super) fn paper_count(db: &mut AnyConn, subject: Id) -> Result<i64, Problem> {
    let papers = paper::table.filter(paper::subject_id.eq(subject));
    Ok(papers.count().get_result(db)?)
}

/// What the lock of a subject fixes.
#[derive(AsChangeset)]
#[diesel(table_name = subject)]
pub(super) struct LockRow<'a> {
    pub seed_sealed: &'a [u8],
    pub pool: &'a str,
    pub papers_root: &'a [u8],
    pub locked_at: Instant,
}

pub(super) fn lock(tx: &mut Tx<'_>, id: Id, row: &LockRow<'_>) -> Result<(), Problem> {
    diesel::update(subject::table.find(id))
        .set(row)
        .execute(tx.db)?;
    Ok(())
}

/// Keeps the report of a subject, JSON.
pub(super) fn insert_report(tx: &mut Tx<'_>, subject: Id, report: &str) -> Result<(), Problem> {
    diesel::insert_into(assembly_report::table)
        .values((
            assembly_report::subject_id.eq(subject),
            assembly_report::report.eq(report),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// The report of a subject, JSON.
pub(super) fn report(db: &mut AnyConn, subject: Id) -> Result<String, Problem> {
    let report = assembly_report::table.find(subject);
    Ok(report.select(assembly_report::report).first(db)?)
}

pub(super) fn insert_uses(tx: &mut Tx<'_>, rows: &[UseRow]) -> Result<(), Problem> {
    for row in rows {
        diesel::insert_into(item_use::table)
            .values(row)
            .execute(tx.db)?;
    }
    Ok(())
}

/// The decisions that an examination's papers hold a leaked item, of those that still do, in the order
/// in which they were taken.
pub(super) fn leaks_on_papers(db: &mut AnyConn, examination: Id) -> Result<Vec<Id>, Problem> {
    let on_papers = item_use::table
        .inner_join(subject::table)
        .filter(subject::examination_id.eq(examination))
        .select(item_use::item_id);
    Ok(paper_leak::table
        .filter(paper_leak::examination_id.eq(examination))
        .filter(paper_leak::item_id.eq_any(on_papers))
        .order(paper_leak::decision_id)
        .select(paper_leak::decision_id)
        .load(db)?)
}

/// What recalled papers of a subject were drawn from.
#[derive(Queryable)]
pub(super) struct RecalledRow {
    /// Name of the draw.
    pub draw: String,
    pub component: String,
    pub blueprint: String,
    pub pool: String,
}

pub(super) fn insert_recalled(
    tx: &mut Tx<'_>,
    (draw, subject): (Id, Id),
    blueprint: &str,
    pool: &str,
) -> Result<(), Problem> {
    diesel::insert_into(recalled_paper::table)
        .values((
            recalled_paper::draw_id.eq(draw),
            recalled_paper::subject_id.eq(subject),
            recalled_paper::blueprint.eq(blueprint),
            recalled_paper::pool.eq(pool),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// What recalled papers were drawn from, by number of the draw and component.
pub(super) fn recalled(db: &mut AnyConn, examination: Id) -> Result<Vec<RecalledRow>, Problem> {
    let rows: Vec<(i32, RecalledRow)> = recalled_paper::table
        .inner_join(draw::table)
        .inner_join(subject::table)
        .filter(subject::examination_id.eq(examination))
        .select((
            draw::number,
            (
                draw::code,
                subject::component,
                recalled_paper::blueprint,
                recalled_paper::pool,
            ),
        ))
        .load(db)?;
    let mut rows = rows;
    rows.sort_by(|(one, a), (other, b)| (one, &a.component).cmp(&(other, &b.component)));
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// Takes the papers of a subject away, with their report and in how many each item is.
pub(super) fn remove_papers(tx: &mut Tx<'_>, subject: Id) -> Result<(), Problem> {
    diesel::delete(paper::table.filter(paper::subject_id.eq(subject))).execute(tx.db)?;
    diesel::delete(assembly_report::table.find(subject)).execute(tx.db)?;
    let uses = item_use::table.filter(item_use::subject_id.eq(subject));
    diesel::delete(uses).execute(tx.db)?;
    Ok(())
}
