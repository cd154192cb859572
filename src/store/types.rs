//! How the kernel's words are stored, alike in both databases: ids as sixteen bytes, instants and
//! scores as whole numbers, enumerations as texts.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Binary};
use sha2::Digest as _;

use crate::kernel::{Id, Instant, Score};

/// Lets a word of the kernel stand in queries, without the kernel knowing of them.
macro_rules! stored_as {
    ($type:ty, $sql:ty) => {
        const _: () = {
            #[derive(diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
            #[diesel(foreign_derive)]
            #[diesel(sql_type = $sql)]
            #[expect(dead_code, reason = "only its derived implementations are used")]
            struct Proxy($type);
        };
    };
}
pub(crate) use stored_as;

stored_as!(Id, Binary);
stored_as!(Instant, BigInt);
stored_as!(Score, BigInt);

impl<DB: Backend> ToSql<Binary, DB> for Id
where
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        ToSql::<Binary, DB>::to_sql(self.bytes().as_slice(), out)
    }
}

impl<DB: Backend> FromSql<Binary, DB> for Id
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = Vec::<u8>::from_sql(bytes)?;
        Self::from_slice(&bytes).ok_or_else(|| "an id has sixteen bytes".into())
    }
}

/// A word stored as its whole number.
macro_rules! stored_number {
    ($type:ty) => {
        impl<DB: Backend> ToSql<BigInt, DB> for $type
        where
            i64: ToSql<BigInt, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                ToSql::<BigInt, DB>::to_sql(self.micros_ref(), out)
            }
        }

        impl<DB: Backend> FromSql<BigInt, DB> for $type
        where
            i64: FromSql<BigInt, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(Self::from_micros(i64::from_sql(bytes)?))
            }
        }
    };
}
stored_number!(Instant);
stored_number!(Score);

/// Stores an enumeration by its `as_str`, and reads it back from its `ALL`.
macro_rules! text_enum {
    ($type:ty) => {
        $crate::store::stored_as!($type, diesel::sql_types::Text);

        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Text, DB>
            for $type
        where
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, DB>,
            ) -> diesel::serialize::Result {
                diesel::serialize::ToSql::<diesel::sql_types::Text, DB>::to_sql(self.as_str(), out)
            }
        }

        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, DB>
            for $type
        where
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = <String as diesel::deserialize::FromSql<_, DB>>::from_sql(bytes)?;
                $crate::store::parse_text(&Self::ALL, |word| word.as_str(), &text)
                    .ok_or_else(|| format!("`{text}` is not a {}", stringify!($type)).into())
            }
        }
    };
}
pub(crate) use text_enum;

/// Finds the word written as `text` among `all`.
pub fn parse_text<T: Copy>(all: &[T], write: impl Fn(&T) -> &'static str, text: &str) -> Option<T> {
    all.iter().find(|word| write(word) == text).copied()
}

/// SHA-256 of `data`.
pub fn sha256(data: impl AsRef<[u8]>) -> [u8; 32] {
    sha2::Sha256::digest(data.as_ref()).into()
}
