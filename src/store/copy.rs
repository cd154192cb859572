//! All rows of one database in another: how a backup of PostgreSQL becomes a file like that of an
//! embedded database, and how such a file comes into PostgreSQL.
//!
//! Columns are copied by the names in [`schema`]; a test holds them to the migrated databases.

use std::path::Path;

use diesel::connection::{DefaultLoadingMode, SimpleConnection as _};
use diesel::dsl::{Eq, exists, sql};
use diesel::expression::{AsExpression, Expression};
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{
    BigInt, Binary, Bool, Integer, Nullable, SingleValue, SqlType, Text, is_nullable,
};

use super::conn::{AnyConn, PATIENT, Target, connect, utf8};
use super::{Vault, View, migrate, schema};
use crate::kernel::{Instant, Problem};

/// Rows in one insert: bounds the memory, and the number of bound values, which databases limit.
const BATCH: usize = 100;

/// The Rust type in which a column travels.
trait Travels: SqlType + SingleValue + Sized {
    type Value: AsExpression<Self>;
}

impl Travels for Binary {
    type Value = Vec<u8>;
}
impl Travels for Text {
    type Value = String;
}
impl Travels for Bool {
    type Value = bool;
}
impl Travels for Integer {
    type Value = i32;
}
impl Travels for BigInt {
    type Value = i64;
}
impl<T> Travels for Nullable<T>
where
    T: Travels + SqlType<IsNull = is_nullable::NotNull>,
    Option<T::Value>: AsExpression<Self>,
{
    type Value = Option<T::Value>;
}

/// The value of a column.
type ValueOf<C> = <<C as Expression>::SqlType as Travels>::Value;

/// All columns of a table: what a row of it is, and how it is inserted.
trait Columns {
    type Row;
    type Insert;
    fn insert(self, row: Self::Row) -> Self::Insert;
    #[cfg(test)]
    fn names(self) -> Vec<&'static str>;
}

macro_rules! columns {
    ($($column:ident $at:tt)+) => {
        impl<$($column),+> Columns for ($($column,)+)
        where
            $($column: Column + ExpressionMethods, $column::SqlType: Travels,)+
        {
            type Row = ($(ValueOf<$column>,)+);
            type Insert = ($(Eq<$column, ValueOf<$column>>,)+);
            fn insert(self, row: Self::Row) -> Self::Insert {
                ($(self.$at.eq(row.$at),)+)
            }
            #[cfg(test)]
            fn names(self) -> Vec<&'static str> {
                vec![$($column::NAME),+]
            }
        }
    };
}

macro_rules! columns_up_to {
    (($($done:tt)*)) => {};
    (($($done:tt)*) $column:ident $at:tt $($rest:tt)*) => {
        columns! { $($done)* $column $at }
        columns_up_to! { ($($done)* $column $at) $($rest)* }
    };
}
columns_up_to! {
    () A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15 Q 16 R 17 S 18 T 19
}

/// Inserts `rows` in batches.
fn in_batches<C: Columns + Copy>(
    columns: C,
    rows: impl Iterator<Item = QueryResult<C::Row>>,
    mut insert: impl FnMut(Vec<C::Insert>) -> QueryResult<usize>,
) -> QueryResult<()> {
    // SQLite begins again when it is asked for a row behind the last.
    let mut rows = rows.fuse();
    loop {
        let batch = rows.by_ref().take(BATCH);
        let batch: Vec<_> = batch
            .map(|row| row.map(|row| columns.insert(row)))
            .collect::<Result<_, _>>()?;
        if batch.is_empty() {
            return Ok(());
        }
        insert(batch)?;
    }
}

/// The functions over all tables. A table that refers to another stands after it; where the order
/// of rows matters it is given, for PostgreSQL and for SQLite.
macro_rules! tables {
    ($($table:ident $(by $postgres:literal or $sqlite:literal)?,)+) => {
        /// Every table that is copied, and its columns.
        #[cfg(test)]
        fn tables() -> Vec<(&'static str, Vec<&'static str>)> {
            vec![$((
                stringify!($table),
                schema::$table::all_columns.names(),
            )),+]
        }

        fn into_sqlite(pg: &mut PgConnection, sqlite: &mut SqliteConnection) -> Result<(), Problem> {
            $({
                use schema::$table::{all_columns, table};
                let rows = table.select(all_columns)$(.order(sql::<Bool>($postgres)))?;
                let rows = rows.load_iter::<_, PgRowByRowLoadingMode>(pg)?;
                in_batches(all_columns, rows, |batch| {
                    diesel::insert_into(table).values(batch).execute(sqlite)
                })
                .map_err(|error| in_table(stringify!($table), &error))?;
            })+
            Ok(())
        }

        fn into_postgres(
            sqlite: &mut SqliteConnection,
            pg: &mut PgConnection,
        ) -> Result<(), Problem> {
            $({
                use schema::$table::{all_columns, table};
                let rows = table.select(all_columns)$(.order(sql::<Bool>($sqlite)))?;
                let rows = rows.load_iter::<_, DefaultLoadingMode>(sqlite)?;
                in_batches(all_columns, rows, |batch| {
                    diesel::insert_into(table).values(batch).execute(pg)
                })
                .map_err(|error| in_table(stringify!($table), &error))?;
            })+
            Ok(())
        }

        /// Refuses a database in which there is anything.
        fn must_be_empty(pg: &mut PgConnection) -> Result<(), Problem> {
            $(
                let rows = schema::$table::table.select(schema::$table::all_columns);
                if diesel::select(exists(rows)).get_result::<bool>(pg)? {
                    let why = concat!(
                        "the database is not empty: it has rows in `", stringify!($table), "`"
                    );
                    return Err(Problem::internal(why));
                }
            )+
            Ok(())
        }
    };
}

tables! {
    account,
    account_role,
    session,
    refresh_token,
    sign_up,
    password_reset,
    sign_in_guard,
    installation,
    working_calendar,
    mail,
    idempotency_key,
    organisation,
    headcount,
    examination,
    subject,
    post,
    candidate,
    photo,
    application,
    stimulus,
    picture,
    bank_picture,
    item,
    item_version,
    paper,
    attempt,
    response,
    objective_mark,
    script,
    script_mark,
    panel_mark,
    component_mark,
    ranking,
    // In the order of the log, so that PostgreSQL's sequencer goes on behind its end.
    decision
        by "(SELECT idx FROM ledger WHERE decision_id = decision.id) NULLS LAST, xid, seq"
        or "(SELECT idx FROM ledger WHERE decision_id = decision.id) NULLS LAST, rowid",
    ledger by "year, idx" or "year, idx",
    checkpoint by "year, size" or "year, size",
    log,
    cosignature,
    draw,
    draw_custodian,
    draw_member,
    assembly_report,
    item_use,
    paper_leak,
    recalled_paper,
    objection,
    bank_access,
    key_view,
    item_comment,
    item_figure,
}

/// Copies an embedded database as it is at one moment.
pub(super) fn vacuum_into(source: &Target, file: &Path) -> Result<(), Problem> {
    diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(utf8(file).map_err(Problem::internal)?)
        .execute(&mut connect(source)?)?;
    Ok(())
}

/// Writes every row that `db`, a snapshot of PostgreSQL, has into a new SQLite database at `file`.
///
/// There a decision has its place from the start; those that still wait for the sequencer get
/// theirs in the order in which it would give them.
pub(super) fn into_file(db: &mut AnyConn, file: &Path) -> Result<(), Problem> {
    let target = Target::Sqlite(file.to_owned());
    migrate::run(&target)?;
    let (AnyConn::Postgres(pg), AnyConn::Sqlite(mut sqlite)) = (db, connect(&target)?) else {
        return Err(Problem::internal("only PostgreSQL is copied row by row"));
    };
    sqlite.transaction(|sqlite| {
        into_sqlite(pg, sqlite)?;
        sqlite.batch_execute(
            "INSERT INTO ledger (year, idx, decision_id, leaf_hash) \
             SELECT d.year, (SELECT COALESCE(MAX(idx), -1) FROM ledger WHERE year = d.year) \
                    + row_number() OVER (PARTITION BY d.year ORDER BY d.rowid), d.id, d.leaf_hash \
             FROM decision d \
             WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE decision_id = d.id) ORDER BY d.rowid",
        )?;
        Ok::<(), Problem>(())
    })?;
    // One file that is whole by itself.
    Ok(sqlite.batch_execute("PRAGMA journal_mode=DELETE")?)
}

/// Fills the empty PostgreSQL database `target` with the rows of the SQLite database `file`, which
/// is brought up to date first. What `check` refuses leaves the database empty.
pub fn fill(
    target: &Target,
    file: &Path,
    now: Instant,
    vault: &Vault,
    check: impl FnOnce(&mut View<'_>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let source = Target::Sqlite(file.to_owned());
    migrate::run(target)?;
    migrate::run(&source)?;
    let AnyConn::Sqlite(mut sqlite) = connect(&source)? else {
        return Err(Problem::internal("a file is an SQLite database"));
    };
    connect(target)?.transaction(|db| {
        let AnyConn::Postgres(pg) = &mut *db else {
            return Err(Problem::internal("only PostgreSQL is filled row by row"));
        };
        pg.batch_execute(PATIENT)?;
        // A server that starts meanwhile waits for the migrations' lock.
        migrate::lock(pg)?;
        pg.batch_execute("SET LOCAL ROLE keju_app")?;
        must_be_empty(pg)?;
        into_postgres(&mut sqlite, pg)?;
        check(&mut View { db, now, vault })
    })
}

fn in_table(table: &str, error: &diesel::result::Error) -> Problem {
    Problem::internal(format!("table `{table}`: {error}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(QueryableByName)]
    struct ColumnName {
        #[diesel(sql_type = Text)]
        of: String,
        #[diesel(sql_type = Text)]
        name: String,
    }

    /// The columns that the migrations make, by table, without those of the migrations themselves.
    fn migrated() -> BTreeMap<String, Vec<String>> {
        let dir = std::env::temp_dir().join(format!("keju-copy-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let target = Target::Sqlite(dir.join("keju.db"));
        migrate::run(&target).unwrap();
        let rows: Vec<ColumnName> = diesel::sql_query(
            "SELECT t.name AS of, c.name AS name \
             FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'",
        )
        .load(&mut connect(&target).unwrap())
        .unwrap();
        let _ = std::fs::remove_dir_all(&dir);
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in rows {
            tables.entry(row.of).or_default().push(row.name);
        }
        tables.values_mut().for_each(|names| names.sort());
        tables
    }

    /// Triggers write it anew where rows are copied to.
    const NOT_COPIED: &str = "item_change";

    #[test]
    fn every_column_of_every_table_is_copied() {
        let copied = tables().into_iter().map(|(table, columns)| {
            let mut columns: Vec<_> = columns.into_iter().map(str::to_owned).collect();
            columns.sort();
            (table.to_owned(), columns)
        });
        let mut expected = migrated();
        assert!(expected.remove(NOT_COPIED).is_some());
        assert_eq!(copied.collect::<BTreeMap<_, _>>(), expected);
    }
}
